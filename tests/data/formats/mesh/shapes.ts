/** Meshes for tests. */
import { Document, WebIO } from "@gltf-transform/core";
import { decodeMesh, DEFAULT_MESH_OPTIONS, type MeshOptions } from "../../../../data/formats/mesh/mod.ts";
import { PAPER_CLASSES } from "../../../../data/classes.ts";
import type { Grid } from "../../../../data/grid.ts";

/** x, y, z. */
export type Point = readonly [number, number, number];

/** Corners of the twelve triangles of a box, fronts outside; with `inwards` they face inside. */
export function boxCorners(low: Point, high: Point, inwards = false): number[] {
  const corner = (bits: number): Point => [
    bits & 1 ? high[0] : low[0],
    bits & 2 ? high[1] : low[1],
    bits & 4 ? high[2] : low[2],
  ];
  // Four corners of each side, counter-clockwise seen from outside.
  const sides = [[0, 4, 6, 2], [1, 3, 7, 5], [0, 1, 5, 4], [2, 6, 7, 3], [0, 2, 3, 1], [4, 5, 7, 6]];
  return sides.flatMap(([a, b, c, d]) => (inwards ? [a, c, b, a, d, c] : [a, b, c, a, c, d]).flatMap(corner));
}

/** An `.obj` with one object per name. */
export function objText(objects: Readonly<Record<string, readonly number[]>>): string {
  let count = 0;
  return Object.entries(objects).map(([name, corners]) => {
    const lines = [`o ${name}`];
    for (let at = 0; at < corners.length; at += 9) {
      for (let corner = 0; corner < 3; corner++) {
        lines.push(`v ${corners.slice(at + 3 * corner, at + 3 * corner + 3).join(" ")}`);
      }
      lines.push(`f ${count + 1} ${count + 2} ${count + 3}`);
      count += 3;
    }
    return lines.join("\n") + "\n";
  }).join("");
}

/** A `.glb` with one node per name. */
export async function glbBytes(nodes: Readonly<Record<string, readonly number[]>>): Promise<Uint8Array> {
  const document = new Document(), buffer = document.createBuffer(), scene = document.createScene();
  for (const [name, corners] of Object.entries(nodes)) {
    const positions = document.createAccessor().setType("VEC3").setArray(Float32Array.from(corners)).setBuffer(buffer);
    const primitive = document.createPrimitive().setAttribute("POSITION", positions);
    const mesh = document.createMesh(name && `${name} mesh`).addPrimitive(primitive);
    scene.addChild(document.createNode(name).setMesh(mesh));
  }
  return await new WebIO().writeBinary(document);
}

/** One voxel per unit, as the file has it, in a grid of 16³. */
export const PLAIN = {
  ...DEFAULT_MESH_OPTIONS,
  grid: [16, 16, 16],
  voxelMetres: 1,
  align: "origin",
} as const satisfies MeshOptions;

/** Labels of an `.obj`. */
export async function labelsOf(
  objects: Readonly<Record<string, readonly number[]>>,
  options: Partial<MeshOptions> = {},
): Promise<Uint8Array> {
  return (await decodeMesh(encode(objText(objects)), "a.obj", PAPER_CLASSES, { ...PLAIN, ...options })).labels;
}

/** UTF-8. */
export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Voxels `[x, y, z]` for which `holds`. */
export function voxelsWhere(grid: Grid, holds: (x: number, y: number, z: number) => boolean): Uint8Array {
  const marks = new Uint8Array(grid[0] * grid[1] * grid[2]);
  for (let x = 0, i = 0; x < grid[0]; x++) {
    for (let y = 0; y < grid[1]; y++) for (let z = 0; z < grid[2]; z++, i++) marks[i] = holds(x, y, z) ? 1 : 0;
  }
  return marks;
}

/** A `.glb` whose JSON is changed; the chunk ends as `pad` says, with blanks up to a multiple of four unless given. */
export function withJson(
  glb: Uint8Array,
  // deno-lint-ignore no-explicit-any -- a glTF's JSON, changed at will
  change: (json: any) => void,
  pad: (text: Uint8Array) => number[] = (text) => Array(3 - (text.length + 3) % 4).fill(32),
): Uint8Array {
  const length = new DataView(glb.buffer, glb.byteOffset).getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(glb.subarray(20, 20 + length)));
  change(json);
  const text = encode(JSON.stringify(json)), chunk = [...text, ...pad(text)];
  const out = new Uint8Array([...glb.subarray(0, 20), ...chunk, ...glb.subarray(20 + length)]);
  new DataView(out.buffer).setUint32(8, out.length, true);
  new DataView(out.buffer).setUint32(12, chunk.length, true);
  return out;
}
