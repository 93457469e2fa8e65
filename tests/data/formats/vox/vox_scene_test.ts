/** Scenes of MagicaVoxel files: rotations, translations, instances, what is hidden; compared with three.js and vox-reader. */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
// @ts-types="npm:@types/three@^0.187.0"
import { Mesh, Vector3 } from "three";
// @ts-types="npm:@types/three@^0.187.0/examples/jsm/loaders/VOXLoader.js"
import { VOXLoader } from "three/addons/loaders/VOXLoader.js";
import readVox from "vox-reader";
import { UserError } from "../../../../base/errors.ts";
import { decodeVox } from "../../../../data/formats/vox/vox.ts";
import { parseVox, type VoxModel, type VoxNode } from "../../../../data/formats/vox/vox_file.ts";
import { voxFile } from "./vox_writer.ts";

const IDENTITY = 4;
/** The 48 rotations, half of them mirrored. */
const ROTATIONS = Array.from({ length: 128 }, (_, byte) => byte).filter((byte) =>
  (byte & 3) < 3 && ((byte >> 2) & 3) < 3 && (byte & 3) !== ((byte >> 2) & 3)
);

/** A model of a voxel each at these places, colours 1, 2, 3 … */
function model(size: readonly number[], ...places: readonly (readonly number[])[]): VoxModel {
  return { size, voxels: Uint8Array.from(places.flatMap((place, i) => [...place, 1 + i % 11])) };
}

function transform(
  child: number,
  { rotation = IDENTITY, translation = [0, 0, 0], layer = 0, hidden = false }: {
    rotation?: number;
    translation?: readonly number[];
    layer?: number;
    hidden?: boolean;
  } = {},
): VoxNode {
  return { kind: "transform", child, layer, hidden, rotation, translation };
}
const group = (...children: number[]): VoxNode => ({ kind: "group", children, hidden: false });
const shape = (...models: number[]): VoxNode => ({ kind: "shape", models, hidden: false });
const nodesOf = (nodes: Readonly<Record<number, VoxNode>>) =>
  new Map(Object.entries(nodes).map(([number, node]) => [Number(number), node]));

/** `x y z label` of every voxel, ours: y up, z towards the viewer. */
function voxelsOf({ grid: [, sizeY, sizeZ], labels }: { grid: readonly number[]; labels: Uint8Array }): string[] {
  return Array.from(
    labels,
    (label, i) =>
      label === 0 ? "" : [Math.floor(i / sizeY / sizeZ), Math.floor(i / sizeZ) % sizeY, i % sizeZ, label].join(" "),
  )
    .filter((text) => text !== "");
}

/** The same by three.js, which places models of even sizes as MagicaVoxel does; `shown` are the models in their order. */
function threeVoxels(bytes: Uint8Array, shown: readonly VoxModel[]): { size: number[]; voxels: string[] } {
  const { scene } = new VOXLoader().parse(bytes.slice().buffer) as unknown as { scene: Mesh };
  scene.updateMatrixWorld(true);
  const meshes: Mesh[] = [];
  scene.traverse((object) => object instanceof Mesh && meshes.push(object));
  assertEquals(meshes.length, shown.length);
  const placed = (mesh: Mesh, { size }: VoxModel, [x, y, z]: readonly number[]) =>
    new Vector3(x + 0.5 - size[0] / 2, z + 0.5 - size[2] / 2, size[1] / 2 - y - 0.5).applyMatrix4(mesh.matrixWorld)
      .toArray().map((value) => Math.floor(value + 1e-6));
  const corners = meshes.flatMap((mesh, i) =>
    [[0, 0, 0], shown[i].size.map((length) => length - 1)].map((corner) => placed(mesh, shown[i], corner))
  );
  const low = [0, 1, 2].map((axis) => Math.min(...corners.map((corner) => corner[axis])));
  const high = [0, 1, 2].map((axis) => Math.max(...corners.map((corner) => corner[axis])));
  const labels = new Map<string, number>();
  meshes.forEach((mesh, i) => {
    for (let at = 0; at < shown[i].voxels.length; at += 4) {
      const [x, y, z, label] = shown[i].voxels.subarray(at, at + 4);
      labels.set(placed(mesh, shown[i], [x, y, z]).map((value, axis) => value - low[axis]).join(" "), label);
    }
  });
  return {
    size: high.map((value, axis) => value - low[axis] + 1),
    voxels: [...labels].map(([place, label]) => `${place} ${label}`),
  };
}

const even = fc.constantFrom(2, 4, 6);
const evenModel = fc.tuple(even, even, even).chain((size) =>
  fc.uniqueArray(fc.tuple(...size.map((length) => fc.nat({ max: length - 1 }))), {
    minLength: 1,
    maxLength: 6,
    selector: String,
  })
    .map((places) => model(size, ...places))
);
const place = fc.record({
  rotation: fc.constantFrom(...ROTATIONS),
  translation: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -9, max: 9 }))),
});

Deno.test("decodeVox: places models as three.js does, turned, moved, in groups, and several times", () => {
  fc.assert(
    fc.property(fc.tuple(evenModel, evenModel), fc.array(place, { minLength: 5, maxLength: 5 }), (models, places) => {
      const bytes = voxFile({
        models,
        nodes: nodesOf({
          0: transform(1),
          1: group(2, 4, 8),
          2: transform(3, places[0]),
          3: shape(0),
          4: transform(5, places[1]), // a group that is turned itself
          5: group(6, 10),
          6: transform(7, places[2]),
          7: shape(1),
          8: transform(9, places[3]),
          9: shape(0),
          10: transform(11, places[4]),
          11: shape(0),
        }),
      });
      const decoded = decodeVox(bytes, "a.vox");
      const expected = threeVoxels(bytes, [models[0], models[1], models[0], models[0]]);
      assertEquals([[...decoded.grid], voxelsOf(decoded).sort()], [expected.size, expected.voxels.sort()]);
    }),
  );
});

Deno.test("decodeVox: a model of odd size turns around its voxel in the middle; one alone has its own grid wherever it is", () => {
  const odd = model([3, 1, 5], [0, 0, 0], [2, 0, 4], [1, 0, 2]);
  const plain = decodeVox(voxFile({ models: [odd] }), "a.vox");
  assertEquals(plain.grid, [3, 5, 1]);
  const moved = voxFile({
    models: [odd],
    nodes: nodesOf({ 0: transform(1, { translation: [7, -20, 3] }), 1: shape(0) }),
  });
  assertEquals(decodeVox(moved, "a.vox"), plain);
  // A half turn about z takes the corner of voxel (1, 0, 2) to itself, so the voxel comes to lie at x = −1, y = −1 from it.
  const half = 0b0110100;
  assertEquals(half, IDENTITY | 16 | 32);
  const both = voxFile({
    models: [odd],
    nodes: nodesOf({ 0: group(1, 3), 1: transform(2), 2: shape(0), 3: transform(4, { rotation: half }), 4: shape(0) }),
  });
  const { grid } = decodeVox(both, "a.vox");
  assertEquals(grid, [4, 5, 2]);
});

Deno.test("decodeVox: leaves out what is hidden by itself, by a group or by a layer, and says so", () => {
  const cube = model([2, 2, 2], [0, 0, 0]),
    nodes = (change: Readonly<Record<number, VoxNode>>) =>
      nodesOf({
        0: transform(1),
        1: group(2, 4),
        2: transform(3),
        3: shape(0),
        4: transform(5, { translation: [10, 0, 0] }),
        5: shape(1),
        ...change,
      });
  const other = model([2, 2, 2], [1, 1, 1]);
  const decode = (change: Readonly<Record<number, VoxNode>>, hiddenLayers: number[] = []) =>
    decodeVox(voxFile({ models: [cube, other], nodes: nodes(change), hiddenLayers: new Set(hiddenLayers) }), "a.vox");
  assertEquals(decode({}).grid, [12, 2, 2]);
  const alone = { name: "", grid: [2, 2, 2] as const, labels: decodeVox(voxFile({ models: [cube] }), "a.vox").labels };
  const expected = { ...alone, notes: ["hidden models left out: 1"] };
  assertEquals(decode({ 4: transform(5, { translation: [10, 0, 0], hidden: true }) }), expected, "a transform");
  assertEquals(decode({ 5: { kind: "shape", models: [1], hidden: true } }), expected, "a shape");
  assertEquals(decode({ 4: transform(5, { layer: 3 }) }, [3]), expected, "a layer");
  assertEquals(
    decode({ 4: transform(6), 6: { kind: "group", children: [7], hidden: true }, 7: transform(5) }),
    expected,
    "a group",
  );
  assertEquals(decode({ 4: transform(5, { layer: 2 }) }, [3]).notes, ["2 models in their places"], "another layer");
  assertThrows(() => decode({ 0: transform(1, { hidden: true }) }), UserError, "it shows no model, all 2 are hidden");
});

Deno.test("decodeVox: of models that overlap the later one is seen, of an animation the first frame", () => {
  const models = [model([2, 2, 2], [0, 0, 0]), { size: [2, 2, 2], voxels: Uint8Array.of(0, 0, 0, 9) }];
  const overlapping = nodesOf({ 0: group(1, 3), 1: transform(2), 2: shape(0), 3: transform(4), 4: shape(1) });
  assertEquals(voxelsOf(decodeVox(voxFile({ models, nodes: overlapping }), "a.vox")), ["0 0 1 9"]);
  const animated = decodeVox(voxFile({ models, nodes: nodesOf({ 0: transform(1), 1: shape(0, 1) }) }), "a.vox");
  assertEquals([voxelsOf(animated), animated.notes], [["0 0 1 1"], [
    "animations, of which the first frame is read: 1",
  ]]);
});

Deno.test("parseVox: finds the nodes that vox-reader finds", () => {
  const models = [model([2, 2, 2], [0, 0, 0]), model([4, 2, 6], [3, 1, 5])];
  const nodes = nodesOf({
    0: transform(1),
    1: group(2, 4),
    2: transform(3, { rotation: 40, translation: [1, -2, 300], layer: 5 }),
    3: shape(1),
    4: transform(5, { hidden: true }),
    5: shape(0, 1),
  });
  const bytes = voxFile({ models, nodes }), found = parseVox(bytes);
  assertEquals([found.nodes, found.models], [nodes, models]);
  const { ntrn, ngrp, nshp, size } = readVox(bytes) as unknown as VoxReaderFile;
  const theirs: [number, VoxNode][] = [
    ...ntrn.map(({ nodeId, nodeAttributes, child, layer, frames: [{ _r, _t }] }): [number, VoxNode] => [
      nodeId,
      transform(child, {
        rotation: Number(_r),
        translation: _t.split(" ").map(Number),
        layer,
        hidden: nodeAttributes._hidden === "1",
      }),
    ]),
    [ngrp.nodeId, group(...ngrp.children)],
    ...nshp.map(({ nodeId, models }): [number, VoxNode] => [nodeId, shape(...models.map(([number]) => number))]),
  ];
  assertEquals(found.nodes, new Map(theirs));
  assertEquals(found.models.map((each) => each.size), size.map(({ x, y, z }) => [x, y, z]));
});

/** What vox-reader, which has no types for it, makes of a file with several transforms and shapes and one group. */
interface VoxReaderFile {
  size: { x: number; y: number; z: number }[];
  ntrn: {
    nodeId: number;
    nodeAttributes: Record<string, string>;
    child: number;
    layer: number;
    frames: { _r: string; _t: string }[];
  }[];
  ngrp: { nodeId: number; children: number[] };
  nshp: { nodeId: number; models: [number, unknown][] }[];
}

Deno.test("decodeVox: scenes that cannot be are refused, and none takes long", () => {
  const models = [model([2, 2, 2], [0, 0, 0])], many = Array.from({ length: 3368 }, (_, i) => i + 1);
  const refuses = (nodes: Readonly<Record<number, VoxNode>>, message: string, of: readonly VoxModel[] = models) =>
    assertThrows(() => decodeVox(voxFile({ models: of, nodes: nodesOf(nodes) }), "a.vox"), UserError, message);
  refuses({ 0: transform(1) }, "a.vox: its node 1 is missing");
  refuses({ 0: transform(0) }, "its node 0 is below two others");
  refuses({ 0: group(1, 1), 1: shape(0) }, "its node 1 is below two others");
  refuses({ 0: shape(1) }, "its node 0 shows model 1, there are 1");
  refuses({ 0: shape() }, "shows model undefined");
  refuses({ 0: transform(1, { rotation: 5 }), 1: shape(0) }, "a rotation is 5");
  refuses({ 0: transform(1, { rotation: 0.5 }), 1: shape(0) }, "a rotation is 0.5");
  refuses({ 0: transform(1, { translation: [1e9, 0, 0] }), 1: shape(0) }, "a translation is");
  refuses({ 0: transform(1, { translation: [0, 0] }), 1: shape(0) }, 'a translation is "0 0"'),
    refuses({}, "it has 2 models and no scene", [models[0], models[0]]);
  refuses({ 0: group() }, "a.vox: it shows no model");
  refuses(
    { 0: group(1, 3), 1: transform(2), 2: shape(0), 3: transform(4, { translation: [9e5, 9e5, 9e5] }), 4: shape(0) },
    "its models reach over 900002x900002x900002 voxels",
  );
  refuses(
    { 0: group(...many), ...Object.fromEntries(many.map((number) => [number, shape(0)])) },
    "and fill 67360000",
    [
      { size: [64, 64, 64], voxels: new Uint8Array(4 * 20_000).fill(1) },
    ],
  );
});
