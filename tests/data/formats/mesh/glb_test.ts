/** What programs write into `.glb` files: instances, scenes or none, chunks as they come, extensions, and exports. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Document, WebIO } from "@gltf-transform/core";
import { EXTMeshGPUInstancing } from "@gltf-transform/extensions";
import { UserError } from "../../../../base/errors.ts";
import { PAPER_CLASSES } from "../../../../data/classes.ts";
import type { Grid } from "../../../../data/grid.ts";
import { decodeMesh, DEFAULT_MESH_OPTIONS, type MeshOptions } from "../../../../data/formats/mesh/mod.ts";
import { openScenes } from "../../../../data/scenes/open.ts";
import { encodeVolume } from "../../../../viz/export/volume.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";
import { boxCorners, glbBytes, labelsOf, PLAIN, withJson } from "./shapes.ts";

const CHAIR = 5;
const CUBE = boxCorners([0, 0, 0], [2, 2, 2]);
const GLB = await glbBytes({ chair: CUBE });

const decode = (bytes: Uint8Array, options: Partial<MeshOptions> = {}) =>
  decodeMesh(bytes, "a.glb", PAPER_CLASSES, { ...PLAIN, ...options });

/** A chair, 4 x 1 x 1, at every place that an instance has; the attributes as many as given. */
async function instanced(
  translations: readonly number[],
  rotations: readonly number[] = [],
  scales: readonly number[] = [],
): Promise<Uint8Array> {
  const document = new Document(), buffer = document.createBuffer();
  const accessor = (type: "VEC3" | "VEC4", numbers: readonly number[]) =>
    document.createAccessor().setType(type).setArray(Float32Array.from(numbers)).setBuffer(buffer);
  const primitive = document.createPrimitive()
    .setAttribute("POSITION", accessor("VEC3", boxCorners([0, 0, 0], [4, 1, 1])));
  const instances = document.createExtension(EXTMeshGPUInstancing).createInstancedMesh()
    .setAttribute("TRANSLATION", accessor("VEC3", translations));
  if (rotations.length > 0) instances.setAttribute("ROTATION", accessor("VEC4", rotations));
  if (scales.length > 0) instances.setAttribute("SCALE", accessor("VEC3", scales));
  const node = document.createNode("chair").setMesh(document.createMesh().addPrimitive(primitive))
    .setExtension("EXT_mesh_gpu_instancing", instances).setTranslation([1, 0, 0]);
  document.createScene().addChild(node);
  return await new WebIO().registerExtensions([EXTMeshGPUInstancing]).writeBinary(document);
}

Deno.test("decodeMesh: EXT_mesh_gpu_instancing puts a mesh where every instance is, within its node", async () => {
  const half = Math.SQRT1_2;
  const glb = await instanced([0, 0, 0, 10, 2, 8, 0, 5, 0], [0, 0, 0, 1, 0, half, 0, half, 0, 0, 0, 1], [
    ...[1, 1, 1, 1, 1, 1],
    ...[2, 3, 1],
  ]);
  // A quarter turn about y takes x to −z.
  const boxes = [...boxCorners([1, 0, 0], [5, 1, 1]), ...boxCorners([11, 2, 4], [12, 3, 8])];
  const expected = await labelsOf({ chair: [...boxes, ...boxCorners([1, 5, 0], [9, 8, 1])] });
  const { labels, notes } = await decode(glb);
  assertEquals(labels, expected);
  assert(!notes!.join().includes("not read"), "what is read is not listed as unread");
  const required = withJson(glb, (json) => json.extensionsRequired = ["EXT_mesh_gpu_instancing"]);
  assertEquals((await decode(required)).labels, expected);
});

Deno.test("decodeMesh: instances that differ in number, or make too many triangles, are refused", async () => {
  await assertRejects(
    () => instanced([0, 0, 0, 1, 1, 1], [0, 0, 0, 1]).then(decode),
    UserError,
    "differ in their number",
  );
  const many = await instanced(new Array(3 * 500_000).fill(0));
  await assertRejects(() => decode(many), UserError, "more than 5000000 triangles");
});

Deno.test("decodeMesh: what a file uses and is not read is named in one line, looks are not", async () => {
  const glb = withJson(GLB, (json) => {
    json.extensionsUsed = ["KHR_draco_mesh_compression", "KHR_materials_unlit", "EXT_meshopt_compression"];
    json.skins = [{ joints: [0] }];
    json.animations = [{ channels: [], samplers: [] }];
    json.meshes[0].primitives[0].targets = [{}];
  });
  const { notes, labels } = await decode(glb);
  assertEquals(
    notes!.at(-1),
    "not read: KHR_draco_mesh_compression, EXT_meshopt_compression, skins, morph targets, animations",
  );
  assertEquals(labels, await labelsOf({ chair: CUBE }));
  const looks = withJson(GLB, (json) => json.extensionsRequired = json.extensionsUsed = ["KHR_texture_transform"]);
  assertEquals((await decode(looks)).labels, labels);
});

Deno.test("decodeMesh: a .glb without a scene has its root nodes; JSON chunks may end without padding or with zeros", async () => {
  const expected = (await decode(GLB)).labels;
  const withoutScene = withJson(GLB, (json) => {
    delete json.scenes;
    delete json.scene;
    json.nodes.push({ children: [0], translation: [3, 0, 0] });
  });
  assertEquals((await decode(withoutScene)).labels, await labelsOf({ chair: boxCorners([3, 0, 0], [5, 2, 2]) }));
  for (let blanks = 0; blanks < 4; blanks++) {
    const odd = withJson(GLB, (json) => json.asset.generator = "x".repeat(blanks), () => []);
    assertEquals((await decode(odd)).labels, expected, `${blanks} more`);
    // The length without the padding, the padding there all the same.
    const length = new DataView(odd.buffer).getUint32(12, true), padding = 3 - (length + 3) % 4;
    const padded = Uint8Array.of(
      ...odd.subarray(0, 20 + length),
      ...Array(padding).fill(32),
      ...odd.subarray(20 + length),
    );
    assertEquals((await decode(padded)).labels, expected, `${blanks} more, padded`);
  }
  assertEquals((await decode(withJson(GLB, () => {}, (text) => Array(8 - text.length % 4).fill(0)))).labels, expected);
});

Deno.test("decodeMesh, openScenes: an export comes back as it was, in its own grid, unless other places are asked for", async () => {
  await using folder = await TemporaryFolder.make();
  const grid: Grid = [32, 16, 32], labels = new Uint8Array(32 * 16 * 32);
  labels.fill(CHAIR, 5000, 5400);
  for (const watertight of [false, true]) {
    const glb = await encodeVolume(labels, grid, "glb", 0.1, PAPER_CLASSES, watertight);
    const back = await decodeMesh(glb, "a.glb", PAPER_CLASSES);
    assertEquals([back.grid, back.labels], [grid, labels]);
    const small = await decodeMesh(glb, "a.glb", PAPER_CLASSES, { ...DEFAULT_MESH_OPTIONS, grid: [16, 16, 16] });
    assertEquals(small.grid, [16, 16, 16]);
    const moved = await decodeMesh(glb, "a.glb", PAPER_CLASSES, { ...DEFAULT_MESH_OPTIONS, align: "floor" });
    assertEquals([moved.grid, moved.labels[15 * 512] === 0], [grid, true]);
    assert(moved.labels.some((label, i) => label !== labels[i]), "the place that was asked for holds");
    await folder.write("rooms/a.glb", glb);
    using source = await openScenes(folder.join("rooms"));
    assertEquals([source.grid, await source.read(0)], [grid, labels]);
  }
  const odd: Grid = [5, 7, 3], voxels = Uint8Array.from({ length: 105 }, (_, i) => i % 12);
  const back = await decodeMesh(await encodeVolume(voxels, odd, "glb"), "a.glb", PAPER_CLASSES);
  assertEquals([back.grid, back.labels], [odd, voxels]);
});

Deno.test("decodeMesh: an empty export comes back empty; extras of others, or of enormous grids, are not taken", async () => {
  const empty = await encodeVolume(new Uint8Array(512), [8, 8, 8], "glb");
  const { grid, labels } = await decodeMesh(empty, "a.glb", PAPER_CLASSES);
  assertEquals([grid, labels], [[8, 8, 8], new Uint8Array(512)]);
  const wrong = [
    { grid: [1024, 1024, 1024], voxelMetres: 1 },
    { grid: [0, 8, 8], voxelMetres: 1 },
    { grid: [8, 8], voxelMetres: 1 },
    { grid: "8x8x8", voxelMetres: 1 },
    { grid: [8, 8, 8], voxelMetres: 0 },
    { grid: [8, 8, 8] },
  ];
  for (const extras of wrong) {
    const glb = withJson(GLB, (json) => json.scenes[0].extras = extras);
    assertEquals((await decodeMesh(glb, "a.glb", PAPER_CLASSES)).grid, [80, 48, 80], JSON.stringify(extras));
  }
  const without = withJson(empty, (json) => delete json.scenes[0].extras);
  const error = await assertRejects(() => decode(without), UserError);
  assertStringIncludes(error.message, "has no triangles");
});
