import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Grid } from "../../../../data/grid.ts";
import { markInterior } from "../../../../data/formats/mesh/interior.ts";
import { markSurface } from "../../../../data/formats/mesh/surface.ts";
import { boxCorners, labelsOf, type Point, voxelsWhere } from "./shapes.ts";

const GRID: Grid = [16, 16, 16];
const CHAIR = 5;

const count = (marks: Uint8Array) => marks.reduce((sum, mark) => sum + Math.min(1, mark), 0);
const surfaceOf = (corners: readonly number[], grid = GRID) => {
  const marks = new Uint8Array(grid[0] * grid[1] * grid[2]);
  markSurface(Float64Array.from(corners), "bodies", grid, marks);
  return marks;
};
const interiorOf = (corners: readonly number[], grid = GRID) => {
  const marks = new Uint8Array(grid[0] * grid[1] * grid[2]);
  markInterior(Float64Array.from(corners), grid, marks);
  return marks;
};

/** Like assertEquals, without printing 4096 numbers. */
function same(actual: Uint8Array, expected: Uint8Array, message?: string): void {
  const voxel = actual.findIndex((mark, i) => mark !== expected[i]);
  assert(voxel < 0, `${message ?? "marks"}: voxel ${voxel} is ${actual[voxel]}, expected ${expected[voxel]}`);
}

/** Far from whole numbers and from voxel centres, so that no rule about borders decides. */
const between = fc.record({
  whole: fc.integer({ min: -3, max: 18 }),
  part: fc.double({ min: 0.05, max: 0.45, noNaN: true }),
})
  .map(({ whole, part }) => whole + part);
const point: fc.Arbitrary<Point> = fc.tuple(between, between, between);
const triangle = fc.tuple(point, point, point);

Deno.test("voxelise: a box of whole voxels fills exactly these, its surface exactly the outermost of them", async () => {
  const axis = fc.uniqueArray(fc.integer({ min: 0, max: 16 }), { minLength: 2, maxLength: 2 })
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  await fc.assert(
    fc.asyncProperty(fc.tuple(axis, axis, axis), async ([x, y, z]) => {
      const chair = boxCorners([x[0], y[0], z[0]], [x[1], y[1], z[1]]);
      const sizes = [x, y, z].map(([low, high]) => high - low);
      const solid = sizes.reduce((a, b) => a * b), hollow = sizes.reduce((a, b) => a * Math.max(0, b - 2), 1);
      const labels = await labelsOf({ chair });
      same(
        labels.map((label) => Number(label === CHAIR)),
        voxelsWhere(GRID, (i, j, k) => [i, j, k].every((v, a) => v >= [x, y, z][a][0] && v < [x, y, z][a][1])),
      );
      assertEquals([count(labels), count(await labelsOf({ chair }, { fill: "surface" }))], [solid, solid - hollow]);
    }),
    { numRuns: 40 },
  );
});

Deno.test("voxelise: a box that ends within voxels fills all that it touches", async () => {
  const [low, high] = [[1.25, 2.75, 3.5], [4.25, 5.125, 3.75]] as const;
  assertEquals(count(await labelsOf({ chair: boxCorners(low, high) })), 4 * 4 * 1);
});

Deno.test("markSurface: marks a voxel exactly where clipping leaves something of the triangle", () => {
  fc.assert(
    fc.property(triangle, (corners) => {
      const flat = corners.flat();
      if (area(flat) < 0.01) return;
      // Triangles are moved and voxels made smaller by a thousandth of a voxel, so there either answer is right.
      const least = voxelsWhere(GRID, (...voxel) => clip(flat, voxel, -0.002).length > 0);
      const most = voxelsWhere(GRID, (...voxel) => clip(flat, voxel, 0.002).length > 0);
      const marks = surfaceOf(flat);
      same(marks.map((mark, voxel) => Math.max(mark, least[voxel])), marks, "marks what it passes through");
      same(marks.map((mark, voxel) => Math.min(mark, most[voxel])), marks, "marks nothing else");
    }),
    { numRuns: 60 },
  );
});

Deno.test("markInterior: marks a voxel exactly where its centre is inside a tetrahedron", () => {
  fc.assert(
    fc.property(fc.tuple(point, point, point, point), ([a, b, c, d]) => {
      const faces = [[a, b, c], [a, c, d], [a, d, b], [b, d, c]];
      if (volume(a, b, c, d) > 0) { for (const face of faces) face.reverse(); // outwards
       }
      const inside = voxelsWhere(GRID, (...voxel) => {
        const center = voxel.map((v) => v + 0.5);
        const sides = faces.map(([p, q, r]) => Math.sign(volume(p, q, r, center)));
        return Math.abs(sides.reduce((sum, side) => sum + side, 0)) === 4;
      });
      same(interiorOf(faces.flat(2)), inside);
    }),
    { numRuns: 100 },
  );
});

Deno.test("markInterior: rays through edges and corners count once", () => {
  fc.assert(
    fc.property(fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 30 }))), (at) => {
      // Corners at voxel centres: rays meet every edge, diagonal and corner of the box.
      const low = at.map((v) => v / 2) as unknown as Point, high = low.map((v) => v + 3) as unknown as Point;
      // A centre on a side is inside at the low end, as if it were moved a little towards +.
      same(
        interiorOf(boxCorners(low, high)),
        voxelsWhere(GRID, (...voxel) => voxel.every((v, a) => v + 0.5 >= low[a] && v + 0.5 < high[a])),
      );
    }),
    { numRuns: 60 },
  );
});

Deno.test("voxelise: a mesh turned by 90 degrees gives the turned voxels; solid holds the surface", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(point, point, point, point), { minLength: 1, maxLength: 4 }), async (bodies) => {
      const corners = bodies.flatMap(([a, b, c, d]) => [a, b, c, a, c, d, a, d, b, b, d, c].flat());
      // (x, y, z) to (z, y, 16 − x): a rotation about the vertical axis through the middle of the grid.
      const turned = corners.map((_, i) =>
        i % 3 === 0 ? corners[i + 2] : i % 3 === 1 ? corners[i] : 16 - corners[i - 2]
      );
      for (const fill of ["solid", "surface"] as const) {
        const marks = fill === "solid" ? interiorOf : surfaceOf;
        const before = marks(corners), after = marks(turned);
        same(after, voxelsWhere(GRID, (x, y, z) => before[((15 - z) * 16 + y) * 16 + x] === 1));
      }
      const surface = surfaceOf(corners);
      if (count(surface) === 0) return; // all of it is outside the grid
      const solid = await labelsOf({ chair: corners });
      surface.forEach((mark, voxel) => mark === 1 && assertEquals(solid[voxel], CHAIR));
      assert(count(solid) >= count(surface));
    }),
    { numRuns: 40 },
  );
});

Deno.test("voxelise: overlapping bodies unite, hollow ones stay hollow", async () => {
  const outer = boxCorners([1, 1, 1], [11, 11, 11]), other = boxCorners([6, 6, 6], [14, 14, 14]);
  assertEquals(count(await labelsOf({ chair: [...outer, ...other] })), 1000 + 512 - 125, "union");
  const inner = boxCorners([3, 3, 3], [9, 9, 9], true);
  assertEquals(
    count(await labelsOf({ chair: [...outer, ...inner] })),
    1000 - 216,
    "a room with walls two voxels thick",
  );
});

Deno.test("markInterior: what is inside out in places, or has a hole, is filled by votes; what faces inwards is not", () => {
  const outer = boxCorners([1, 1, 1], [11, 11, 11]);
  // Front and back of one side exchanged: the count of fronts and backs does not tell, the number of crossings does.
  const flipped = [...boxCorners([1, 1, 1], [11, 11, 11], true).slice(0, 18), ...outer.slice(18)];
  assertEquals(count(interiorOf(flipped)), 1000, "one side inside out");
  assertEquals(count(interiorOf(boxCorners([1, 1, 1], [11, 11, 11], true))), 0, "a room");
  assertEquals(count(interiorOf(outer.slice(18))), 1000, "a box without a side");
  assertEquals(count(interiorOf(outer.slice(0, 18))), 0, "an open sheet");
  // Behind the hole of one box along x and of the other along z: rays that met a hole have no vote.
  const left = boxCorners([1, 1, 8], [4, 4, 11]), back = boxCorners([8, 1, 1], [11, 4, 4]);
  const open = [...left.slice(0, 18), ...left.slice(36), ...back.slice(0, 90)];
  assertEquals(count(interiorOf(open)), 27 + 27, "two boxes without a side each");
});

Deno.test("voxelise: where classes claim a voxel the later class gets it, or the one that the map prefers", async () => {
  const floor = boxCorners([0, 0, 0], [8, 4, 8]), chair = boxCorners([4, 2, 4], [12, 8, 12]);
  const objects = { chair, floor };
  const labels = await labelsOf(objects);
  assertEquals([count(labels.filter((l) => l === 2)), count(labels.filter((l) => l === CHAIR))], [256 - 32, 384]);
  const names = { floor: "floor", chair: "chair" };
  const preferred = await labelsOf(objects, { classMap: { names, priority: ["floor"] } });
  assertEquals([count(preferred.filter((l) => l === 2)), count(preferred.filter((l) => l === CHAIR))], [256, 384 - 32]);
});

function area(flat: readonly number[]): number {
  const [u, v] = [3, 6].map((at) => [0, 1, 2].map((i) => flat[at + i] - flat[i]));
  return Math.hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]);
}

function volume(a: readonly number[], b: readonly number[], c: readonly number[], d: readonly number[]): number {
  const [u, v, w] = [b, c, d].map((p) => p.map((value, i) => value - a[i]));
  return u[0] * (v[1] * w[2] - v[2] * w[1]) - u[1] * (v[0] * w[2] - v[2] * w[0]) + u[2] * (v[0] * w[1] - v[1] * w[0]);
}

/** What a voxel, larger by `margin` on each side, keeps of a triangle: the polygon, clipped at one plane after the other. */
function clip(flat: readonly number[], voxel: readonly number[], margin: number): number[][] {
  let polygon = [flat.slice(0, 3), flat.slice(3, 6), flat.slice(6, 9)];
  for (let plane = 0; plane < 6; plane++) {
    const axis = plane >> 1, sign = plane & 1 ? 1 : -1, limit = sign * (voxel[axis] + (plane & 1)) + margin;
    const clipped: number[][] = [];
    polygon.forEach((from, i) => {
      const to = polygon[(i + 1) % polygon.length];
      const over = sign * from[axis] - limit, next = sign * to[axis] - limit;
      if (over <= 0) clipped.push(from);
      if (over < 0 !== next < 0) clipped.push(from.map((v, k) => v + (to[k] - v) * over / (over - next)));
    });
    polygon = clipped;
  }
  return polygon;
}
