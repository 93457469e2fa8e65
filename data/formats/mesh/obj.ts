/** Wavefront `.obj` files: triangles by object, group and material. */
import { FormatError } from "../../../base/byte_reader.ts";
import { type MeshPart, MOST_TRIANGLES, type PartName, tooManyTriangles } from "./mesh_part.ts";

/**
 * Reads the faces of a file; faces of more than three corners become fans, so they should be convex. Curves, lines,
 * points, normals, textures and the material library are passed over: materials count by their names.
 *
 * Written here since the readers at hand lose faces: three.js's drops those of an object that has a line in it and reads
 * numbers that are none without a word.
 *
 * Format: Wavefront, "Advanced Visualizer" manual, appendix B1.
 *
 * @throws {FormatError} naming the line of a corner that is none.
 */
export function readObj(text: string): MeshPart[] {
  const vertices: number[] = [], parts = new Map<string, { names: PartName[]; corners: number[] }>();
  let object = "", groups = "", material = "", lineNumber = 0, triangles = 0, continued = "";
  let current: number[] | null = null;
  for (const line of text.split(/\r?\n/)) {
    lineNumber++;
    if (line.endsWith("\\")) {
      continued += line.slice(0, -1) + " ";
      continue;
    }
    const words = (continued + line).trim().split(/\s+/), [keyword] = words;
    const name = words.slice(1).join(" ");
    continued = "";
    if (keyword === "v") vertices.push(...coordinates(words, lineNumber));
    else if (keyword === "o") object = name;
    else if (keyword === "g") groups = name;
    else if (keyword === "usemtl") material = name;
    else if (keyword === "f") {
      current ??= partOf(parts, object, groups, material);
      addFace(current, words, vertices, lineNumber);
      triangles += words.length - 3;
      if (triangles > MOST_TRIANGLES) throw tooManyTriangles();
      continue;
    } else continue;
    if (keyword !== "v") current = null;
  }
  return [...parts.values()].map(({ names, corners }) => ({ names, corners: Float64Array.from(corners) }));
}

function partOf(
  parts: Map<string, { names: PartName[]; corners: number[] }>,
  object: string,
  groups: string,
  material: string,
): number[] {
  const key = [object, groups, material].join("\n"), known = parts.get(key);
  if (known) return known.corners;
  // A face may be in several groups at once: `g seat wooden`.
  const names: PartName[] = [...groups.split(" "), object].map((text) => ({ kind: "object", text }));
  names.push({ kind: "material", text: material });
  const part = { names: names.filter(({ text }) => text !== ""), corners: [] };
  parts.set(key, part);
  return part.corners;
}

function coordinates(words: readonly string[], line: number): number[] {
  const numbers = words.slice(1, 4).map(Number);
  if (numbers.length === 3 && numbers.every(Number.isFinite)) return numbers;
  throw new FormatError(`line ${line}: expected a vertex of three numbers, found "${shorten(words)}"`);
}

function addFace(corners: number[], words: readonly string[], vertices: readonly number[], line: number): void {
  const count = vertices.length / 3;
  const indices = words.slice(1).map((word) => {
    const index = Number(word.split("/")[0]), at = index < 0 ? count + index : index - 1;
    if (Number.isInteger(index) && at >= 0 && at < count) return at;
    throw new FormatError(`line ${line}: the face names vertex ${word.slice(0, 40)}, there are ${count} so far`);
  });
  if (indices.length < 3) {
    throw new FormatError(`line ${line}: a face of ${indices.length} corners, expected 3 or more`);
  }
  for (let i = 2; i < indices.length; i++) {
    for (const at of [indices[0], indices[i - 1], indices[i]]) {
      corners.push(vertices[3 * at], vertices[3 * at + 1], vertices[3 * at + 2]);
    }
  }
}

function shorten(words: readonly string[]): string {
  return words.join(" ").slice(0, 60);
}
