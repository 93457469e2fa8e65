import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Document, WebIO } from "@gltf-transform/core";
import fc from "fast-check";
import { UserError } from "../../../../base/errors.ts";
import { CLASS_NAMES, PAPER_CLASSES } from "../../../../data/classes.ts";
import type { Grid } from "../../../../data/grid.ts";
import {
  type ClassMap,
  decodeMesh,
  DEFAULT_MESH_OPTIONS,
  type MeshOptions,
} from "../../../../data/formats/mesh/mod.ts";
import { inspectFile, openScenes } from "../../../../data/scenes/open.ts";
import { makeRoom } from "../../../../data/rooms/mod.ts";
import { encodeVolume } from "../../../../viz/export/volume.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";
import { boxCorners, encode, glbBytes, labelsOf, objText, PLAIN, withJson } from "./shapes.ts";

const CUBE = boxCorners([0, 0, 0], [2, 2, 2]);

const labelOf = (name: string) => CLASS_NAMES.findIndex((each) => each === name);
const decode = (bytes: Uint8Array, name: string, options: Partial<MeshOptions> = {}) =>
  decodeMesh(bytes, name, PAPER_CLASSES, { ...PLAIN, ...options });

/** Voxels of a box of labels: least and greatest corner, and how many. */
function extent(
  labels: Uint8Array,
  [, sizeY, sizeZ]: Grid = PLAIN.grid,
): { low: number[]; high: number[]; count: number } {
  const low = [Infinity, Infinity, Infinity], high = [-1, -1, -1];
  let count = 0;
  labels.forEach((label, voxel) => {
    if (label === 0) return;
    count++;
    [Math.floor(voxel / sizeY / sizeZ), Math.floor(voxel / sizeZ) % sizeY, voxel % sizeZ].forEach((v, axis) => {
      low[axis] = Math.min(low[axis], v);
      high[axis] = Math.max(high[axis], v);
    });
  });
  return { low, high, count };
}

Deno.test("decodeMesh: gives back the labels of an exported .glb, of rooms and of noise", async () => {
  const room = makeRoom([80, 48, 80], 3, 1);
  const glb = await encodeVolume(room, [80, 48, 80], "glb");
  const { labels } = await decodeMesh(glb, "a.glb", PAPER_CLASSES, DEFAULT_MESH_OPTIONS);
  assertEquals(labels.findIndex((label, voxel) => label !== room[voxel]), -1);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 4096, maxLength: 4096, max: 11 }), async (noise) => {
      noise[0] = 1;
      const file = await encodeVolume(noise, [16, 16, 16], "glb", 0.3);
      const { labels } = await decode(file, "a.glb", { ...DEFAULT_MESH_OPTIONS });
      assertEquals(labels.findIndex((label, voxel) => label !== noise[voxel]), -1);
    }),
    { numRuns: 5 },
  );
});

Deno.test("decodeMesh: .obj and .glb of the same triangles are the same, by objects, groups and materials", async () => {
  const objects = { Chair: boxCorners([1, 2, 3], [4, 6, 8]), "table.001": boxCorners([6, 2, 3], [9, 6, 8]) };
  const expected = await labelsOf(objects);
  assertEquals((await decode(await glbBytes(objects), "a.glb")).labels, expected);
  const [vertices, faces] = ["v", "f"].map((word) => (text: string) =>
    text.split("\n").filter((l) => l.startsWith(word))
  );
  const chair = objText({ a: objects.Chair }), count = vertices(chair).length;
  const both = [
    ...vertices(chair),
    "g seat chair",
    "l 1 2", // a line in a group takes nothing from its faces
    ...faces(chair).map((line) => line.replaceAll(/(\d+)/g, "$1//7")),
    "g \\",
    "  wooden",
    "usemtl TABLE",
    ...vertices(objText({ a: objects["table.001"] })),
    ...faces(chair).map((line) => line.replaceAll(/\d+/g, (index) => String(Number(index) - count - 1))),
  ];
  assertEquals((await decode(encode(both.join("\r\n")), "A.OBJ")).labels, expected);
});

Deno.test("decodeMesh: strips, fans, indices, groups of nodes, mirrored scales", async () => {
  const document = new Document(), buffer = document.createBuffer();
  const accessor = (array: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>, type: "VEC3" | "SCALAR") =>
    document.createAccessor().setType(type).setArray(array).setBuffer(buffer);
  const square = accessor(Float32Array.of(0, 0, 0, 4, 0, 0, 4, 0, 4, 0, 0, 4), "VEC3");
  const mesh = document.createMesh("floor");
  for (const [mode, indices] of [[5, [0, 3, 1, 2]], [6, [0, 3, 2, 1]], [4, [0, 3, 2, 0, 2, 1]]] as const) {
    mesh.addPrimitive(
      document.createPrimitive().setMode(mode).setAttribute("POSITION", square)
        .setIndices(accessor(Uint16Array.from(indices), "SCALAR")),
    );
  }
  const child = document.createNode().setMesh(mesh).setTranslation([0, 1, 0]);
  // The square looks up, so the voxels below it are marked; turned upside down by the mirror, still those towards −y.
  const parent = document.createNode("set").addChild(child).setScale([-1, 1, 1]).setTranslation([10, 2, 5]);
  document.createScene().addChild(parent);
  const { labels, notes } = await decode(await new WebIO().writeBinary(document), "a.glb");
  assertEquals(extent(labels), { low: [6, 2, 5], high: [9, 2, 8], count: 16 });
  assertStringIncludes(notes![0], "6 triangles in 3 parts");
});

Deno.test("decodeMesh: up axis, units, fit and alignment", async () => {
  const slab = boxCorners([10, 20, 30], [12, 24, 33]); // 2 x 4 x 3
  const at = async (options: Partial<MeshOptions>) =>
    extent(await labelsOf({ chair: slab }, { align: "floor", ...options }));
  assertEquals(await at({}), { low: [7, 0, 6], high: [8, 3, 9], count: 2 * 4 * 4 }, "3 voxels centred in 16 touch 4");
  assertEquals(await at({ align: "centre" }), { low: [7, 6, 6], high: [8, 9, 9], count: 2 * 4 * 4 });
  assertEquals(await at({ up: "z" }), { low: [7, 0, 6], high: [8, 2, 9], count: 2 * 3 * 4 });
  assertEquals(await at({ up: "x" }), { low: [6, 0, 6], high: [9, 1, 9], count: 4 * 2 * 4 });
  assertEquals(await at({ unitMetres: 0.02, voxelMetres: 0.01 }), {
    low: [6, 0, 5],
    high: [9, 7, 10],
    count: 4 * 8 * 6,
  });
  assertEquals(await at({ fit: true }), { low: [4, 0, 2], high: [11, 15, 13], count: 8 * 16 * 12 });
  // z up is a rotation: what is left stays left. A step at +y comes to −z.
  const step = [...boxCorners([0, 0, 0], [4, 4, 1]), ...boxCorners([0, 3, 1], [4, 4, 2])];
  const upright = extent(await labelsOf({ chair: step }, { align: "floor", up: "z" }));
  const top = await labelsOf({ chair: step }, { align: "floor", up: "z" });
  assertEquals(upright, { low: [6, 0, 6], high: [9, 1, 9], count: 16 + 4 });
  assertEquals([top[(6 * 16 + 1) * 16 + 6], top[(6 * 16 + 1) * 16 + 9]], [labelOf("chair"), 0]);
});

Deno.test("decodeMesh: a class map finds names by patterns, in its order, and leaves parts out", async () => {
  const shift = (x: number) => boxCorners([x, 0, 0], [x + 2, 2, 2]);
  const glb = await glbBytes({ Ikea_Stool_1: shift(0), "Ikea shelf": shift(2), lamp: shift(4), camera: shift(6) });
  const found = async (names: ClassMap["names"]) => {
    const { labels } = await decode(glb, "a.glb", { classMap: { names } });
    return [0, 2, 4, 6].map((x) => labels[x * 256]);
  };
  const [chair, furn, objs] = ["chair", "furn", "objs"].map(labelOf);
  assertEquals(
    await found({ "*stool*": "chair", "node:ikea*": "furn", camera: null, "*": "objs" }),
    [chair, furn, objs, 0],
  );
  assertEquals(await found({ "material:*": "bed", "mesh:*shelf mesh": "furn", "*": null }), [0, furn, 0, 0]);
  await assertRejects(() => found({ "*stool*": "stool" }), UserError, 'there is no class "stool"');
  await assertRejects(() => found({ "*": "empty" }), UserError, "null leaves parts out");
  await assertRejects(() => found({ "*": null }), UserError, "leaves out every part");
  await assertRejects(() => found({ "*stool*": "chair" }), UserError, "a.glb: no class for node Ikea shelf");
  await assertRejects(() => found({ lamp: null }), UserError, "node camera");
  await assertRejects(() => decode(glb, "a.glb"), UserError, "map names with --class-map");
});

Deno.test("decodeMesh: a general pattern of a class map fits parts without a name, one for a kind of names does not", async () => {
  const nameless = { "": CUBE, chair: boxCorners([4, 0, 0], [6, 2, 2]) };
  for (const [bytes, name] of [[await glbBytes(nameless), "a.glb"], [encode(objText(nameless)), "a.obj"]] as const) {
    const found = async (names: ClassMap["names"]) => {
      const { labels } = await decode(bytes, name, { classMap: { names } });
      return [labels[0], labels[4 * 256]];
    };
    assertEquals(await found({ chair: "chair", "*": "objs" }), [labelOf("objs"), labelOf("chair")]);
    assertEquals(await found({ chair: "chair", "*": null }), [0, labelOf("chair")]);
    await assertRejects(() => found({ chair: "chair", "node:*": null, "object:*": null }), UserError, "without a name");
    await assertRejects(() => decode(bytes, name), UserError, '"*" fits those without a name too');
  }
});

Deno.test("decodeMesh: says what is wrong with a file", async () => {
  const glb = await glbBytes({ chair: CUBE });
  const refuses = (bytes: Uint8Array | string, name: string, text: string) =>
    assertRejects(() => decode(typeof bytes === "string" ? encode(bytes) : bytes, name), UserError, text);
  await refuses("", "a.obj", "a.obj has no triangles");
  await refuses("v 0 0 0\nf 1 1 2\n", "a.obj", "a.obj: line 2: the face names vertex 2, there are 1 so far");
  await refuses("v 0 zero 0\n", "a.obj", 'line 1: expected a vertex of three numbers, found "v 0 zero 0"');
  await refuses("v 0 0 0\nf 1 1\n", "a.obj", "line 2: a face of 2 corners");
  await refuses("o chair\nv 1 1 1\nf 1 1 1\n", "a.obj", "all its triangles are one point");
  await refuses("o chair\nv 1 1 1\nv 2 2 2\nf 1 2 1\n", "a.obj", "all its 1 triangles have no area");
  await refuses("o chair\nv 1 1 1e999\nf 1 1 1\n", "a.obj", "expected a vertex of three numbers");
  await refuses(objText({ chair: boxCorners([50, 0, 0], [60, 2, 2]) }), "a.obj", "nothing of the mesh lies inside");
  await refuses("glTF", "a.glb", "does not start with");
  await refuses(glb.subarray(0, 100), "a.glb", "not a whole JSON chunk");
  await refuses(
    withJson(glb, (json) => json.buffers = [{ byteLength: 9, uri: "a.bin" }]),
    "a.glb",
    "in another file, a.bin",
  );
  await refuses(withoutBinary(glb), "a.glb", "its buffer is missing");
  await refuses(
    withJson(glb, (json) => json.extensionsRequired = ["KHR_draco_mesh_compression"]),
    "a.glb",
    "KHR_draco",
  );
  await refuses(
    withJson(glb, (json) => json.accessors = [{ count: 1e9, type: "VEC3", componentType: 5126 }]),
    "a.glb",
    "1000000000 elements",
  );
  await refuses(
    withJson(glb, (json) => json.nodes = [{ children: [1] }, { children: [0] }]),
    "a.glb",
    "run in circles",
  );
  await refuses(withJson(glb, (json) => json.meshes = []), "a.glb", "no triangles");
  await refuses(withJson(glb, (json) => json.meshes = 7), "a.glb", "its JSON is no glTF: meshes");
  await refuses(withJson(glb, (json) => json.meshes[0].primitives[0].mode = {}), "a.glb", "no triangles");
  await refuses(withJson(glb, (json) => json.bufferViews[0].buffer = 3), "a.glb", "no readable glTF");
});

Deno.test("openScenes, inspectFile: folders of meshes are scenes with their notes and provenance", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write("house/a.obj", encode(objText({ chair: CUBE })));
  await folder.write("house/b.obj", encode(objText({ sofa: CUBE })));
  {
    using source = await openScenes(folder.join("house"), { mesh: PLAIN });
    assertEquals([source.sceneIds, source.grid], [["a", "b"], [16, 16, 16]]);
    assertEquals(extent(await source.read(1)), { low: [0, 0, 0], high: [1, 1, 1], count: 8 });
    assertStringIncludes((await source.notes!(1)).join(), "filled: sofa 1");
    const { kind, options, files } = await source.provenance();
    assertEquals([kind, options.fill, options.voxelMetres, files.length], ["obj", "solid", 1, 2]);
  }
  const text = await inspectFile(folder.join("house/a.obj"), 0, { mesh: PLAIN });
  assertStringIncludes(text, "12 triangles in 1 parts");
  assertStringIncludes(text, "2 x 2 x 2 m (x, y up, z), voxels of 1 m");
  await folder.write("house/c.glb", await glbBytes({ chair: CUBE }));
  await assertRejects(() => openScenes(folder.join("house")), UserError, "holds both .glb and .obj");
});

Deno.test("decodeMesh: 10,000 mutations end in labels or a UserError, quickly and without much memory", async () => {
  const glb = await glbBytes({ chair: CUBE, table: boxCorners([3, 0, 3], [6, 5, 6]) });
  const jsonBytes = new DataView(glb.buffer, glb.byteOffset).getUint32(12, true);
  const obj = encode(objText({ chair: CUBE, table: boxCorners([3, 0, 3], [6, 5, 6]) }));
  const before = Deno.memoryUsage().rss, started = performance.now();
  let decoded = 0, refused = 0;
  const attempt = async (bytes: Uint8Array, name: string) => {
    try {
      assertEquals((await decode(bytes, name)).labels.length, 4096);
      decoded++;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refused++;
    }
  };
  const mutation = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
  const digits = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'0123456789-.e[]{},"')), {
    minLength: 1,
    maxLength: 3,
  });
  for (const [bytes, name] of [[glb, "a.glb"], [obj, "a.obj"]] as const) {
    await fc.assert(
      fc.asyncProperty(mutation, fc.nat({ max: 3 }), async (changes, cut) => {
        const mutated = bytes.slice(0, cut === 0 ? changes[0][0] % bytes.length : bytes.length);
        for (const [at, value] of changes) mutated[at % mutated.length] = value;
        await attempt(mutated, name);
      }),
      { numRuns: 2500 },
    );
    // Digits and marks in the text, so that more than the parser of JSON is reached.
    const [first, length] = name === "a.glb" ? [20, jsonBytes] : [0, bytes.length];
    await fc.assert(
      fc.asyncProperty(digits, async (changes) => {
        const mutated = bytes.slice();
        for (const [at, mark] of changes) mutated[first + at % length] = mark.charCodeAt(0);
        await attempt(mutated, name);
      }),
      { numRuns: 2500 },
    );
  }
  assert(decoded > 1000 && refused > 1000, `${decoded} decoded, ${refused} refused: the mutations reach only one side`);
  assert(performance.now() - started < 60_000);
  assert(Deno.memoryUsage().rss - before < 512 * 2 ** 20, "memory");
});

function withoutBinary(glb: Uint8Array): Uint8Array {
  const length = new DataView(glb.buffer, glb.byteOffset).getUint32(12, true), out = glb.slice(0, 20 + length);
  new DataView(out.buffer).setUint32(8, out.length, true);
  return out;
}
