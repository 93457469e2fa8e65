/** What encloses a volume is filled, what does not is a surface, and none of it is lost at the border of the grid. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { PAPER_CLASSES } from "../../../../data/classes.ts";
import { divideSurface } from "../../../../data/formats/mesh/bodies.ts";
import { decodeMesh, type MeshOptions } from "../../../../data/formats/mesh/mod.ts";
import { boxCorners, encode, labelsOf, objText, PLAIN, type Point } from "./shapes.ts";

const CEILING = 1, FLOOR = 2, WALL = 3, CHAIR = 5;
const SIDE = 18; // numbers of a side of a box: two triangles

const divided = (corners: readonly number[]) => {
  const { bodies, sheets, bodyCount, sheetCount } = divideSurface(Float64Array.from(corners));
  assertEquals(bodies.length + sheets.length, corners.length, "triangles were lost");
  return [bodyCount, sheetCount];
};
const countOf = (labels: Uint8Array, label: number) => labels.reduce((sum, each) => sum + Number(each === label), 0);

Deno.test("divideSurface: closed pieces that face outwards are bodies, with the cavities in them", () => {
  const box = boxCorners([1, 1, 1], [9, 9, 9]), room = boxCorners([0, 0, 0], [14, 10, 14], true);
  assertEquals(divided([]), [0, 0]);
  assertEquals(divided(box), [1, 0]);
  assertEquals(divided(boxCorners([0, 0, 0], [80, 0.05, 80])), [1, 0], "a thin board");
  assertEquals(divided([...box, ...boxCorners([3, 3, 3], [5, 5, 5], true)]), [2, 0], "a cavity");
  assertEquals(divided([...box, ...boxCorners([20, 1, 1], [22, 2, 2])]), [2, 0], "two");
  assertEquals(divided(room), [0, 1], "a room");
  assertEquals(divided([...room, ...box]), [1, 1], "a room with a body in it");
  for (let side = 0; side < 6; side++) {
    assertEquals(divided(box.toSpliced(SIDE * side, SIDE)), [0, 1], `without side ${side}`);
    assertEquals(divided(box.slice(SIDE * side, SIDE * (side + 1))), [0, 1], `side ${side} alone`);
  }
  assertEquals(divided(box.slice(0, 2 * SIDE)), [0, 2], "two sides apart");
  assertEquals(divided(box.toSpliced(2 * SIDE, 2 * SIDE)), [0, 1], "a tube"); // its area vectors cancel out
  const floor = box.slice(2 * SIDE, 3 * SIDE);
  assertEquals(divided([...floor, ...floor.toReversed()]), [0, 1], "a plane with two sides");
});

Deno.test("divideSurface: sides that meet at T-junctions are one body; holes up to a tenth of a side are let pass", () => {
  // The top of a box as four strips, whose corners the other sides do not share.
  const strips = [0, 1, 2, 3].flatMap((i) => boxCorners([2 * i, 0, 0], [2 * i + 2, 8, 8]).slice(3 * SIDE, 4 * SIDE));
  const withoutTop = boxCorners([0, 0, 0], [8, 8, 8]).toSpliced(3 * SIDE, SIDE);
  assertEquals(divided([...withoutTop, ...strips]), [1, 0]);
  assertEquals(divided([...withoutTop, ...strips.slice(SIDE)]), [0, 1], "a quarter of the top missing");
  const narrow = boxCorners([0.5, 0, 0], [8, 8, 8]).slice(3 * SIDE, 4 * SIDE);
  assertEquals(divided([...withoutTop, ...narrow]), [1, 0], "a sixteenth of the top missing");
});

Deno.test("divideSurface: tetrahedra are bodies or not by the way they face", () => {
  const value = fc.integer({ min: -50, max: 50 });
  const point = fc.tuple(value, value, value);
  fc.assert(fc.property(fc.tuple(point, point, point, point), ([a, b, c, d]) => {
    const [u, v, w] = [b, c, d].map((p) => p.map((value, i) => value - a[i]));
    const sixfold = u[0] * (v[1] * w[2] - v[2] * w[1]) + u[1] * (v[2] * w[0] - v[0] * w[2]) +
      u[2] * (v[0] * w[1] - v[1] * w[0]);
    fc.pre(Math.abs(sixfold) > 1000);
    const faces = [a, c, b, a, d, c, a, b, d, b, c, d].flat();
    assertEquals(divided(faces), sixfold > 0 ? [1, 0] : [0, 1]);
    assertEquals(divided(faces.slice(9))[0], 0);
  }));
});

/** Four walls, floor and ceiling of planes that face inwards, as modellers and 3D-FRONT build rooms; y up, in metres. */
function room(low: Point, high: Point): Record<string, number[]> {
  const sides = boxCorners(low, high, true);
  return {
    wall: [...sides.slice(0, 2 * SIDE), ...sides.slice(4 * SIDE)],
    floor: sides.slice(2 * SIDE, 3 * SIDE),
    ceiling: sides.slice(3 * SIDE, 4 * SIDE),
  };
}

Deno.test("decodeMesh: a room of planes that face inwards is hollow, its planes on the border of the grid are there", async () => {
  const chair = boxCorners([5, 0, 5], [7, 3, 7]), moved = room([-3, -2, 1], [13, 14, 17]);
  const cases: [Record<string, number[]>, Partial<MeshOptions>][] = [
    [room([0, 0, 0], [16, 16, 16]), {}],
    [room([0, 0, 0], [16, 16, 16]), { fill: "surface" }],
    [{ ...moved, chair }, { align: "floor" }],
    [moved, { align: "centre" }],
    [room([0, 0, 0], [4, 4, 4]), { fit: true, align: "floor" }],
  ];
  for (const [objects, options] of cases) {
    const labels = await labelsOf(objects, options), message = JSON.stringify(options);
    const at = (x: number, y: number, z: number) => labels[(x * 16 + y) * 16 + z];
    assertEquals(countOf(labels, WALL), 60 * 16, message);
    assertEquals([at(2, 0, 2), at(2, 1, 2)], [FLOOR, 0], `${message}, floor`);
    assertEquals([at(2, 15, 2), at(2, 14, 2)], [CEILING, 0], `${message}, ceiling`);
    assertEquals(countOf(labels, 0) >= 14 ** 3 - 12, true, `${message}, the room is empty but for the chair`);
  }
});

Deno.test("decodeMesh: a floor that is one plane facing up at the lowest point is in the lowest layer", async () => {
  const floor = boxCorners([0, 0, 0], [12, 4, 12]).slice(3 * SIDE, 4 * SIDE).map((v, i) => i % 3 === 1 ? 0 : v);
  for (const options of [{}, { fit: true }, { fill: "surface" }] as const) {
    const labels = await labelsOf({ floor, chair: boxCorners([4, 0, 4], [6, 3, 6]) }, { align: "floor", ...options });
    // Scaled by 16 / 12 the chair stands on 3 x 3 voxels.
    assertEquals(countOf(labels, FLOOR), "fit" in options ? 16 * 16 - 9 : 12 * 12 - 4, JSON.stringify(options));
  }
});

Deno.test("decodeMesh: a body that touches the grid from outside leaves nothing in it", async () => {
  const labels = await labelsOf({
    floor: boxCorners([0, -2, 0], [16, 0, 16]),
    chair: boxCorners([1, 1, 1], [2, 2, 2]),
  });
  assertEquals([countOf(labels, FLOOR), countOf(labels, CHAIR)], [0, 1]);
});

Deno.test("decodeMesh: says which pieces were filled and which were not", async () => {
  const bytes = encode(objText({ ...room([0, 0, 0], [16, 16, 16]), chair: boxCorners([5, 0, 5], [7, 3, 7]) }));
  const { notes } = await decodeMesh(bytes, "a.obj", PAPER_CLASSES, PLAIN);
  const text = notes!.join("\n");
  assertStringIncludes(text, "pieces that enclose a volume, filled: chair 1");
  assertStringIncludes(text, "pieces that are open or face inwards, surfaces only: wall 1, floor 1, ceiling 1");
});
