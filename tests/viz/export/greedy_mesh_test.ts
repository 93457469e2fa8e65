import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Grid } from "../../../data/grid.ts";
import { greedyMesh, quadCorners } from "../../../viz/export/greedy_mesh.ts";
import { countSides } from "../../../viz/export/side_count.ts";
import { closedRoom, volumeWith } from "../draw/scenes.ts";

/** Every visible side of a voxel as "axis sign plane u v label", found the slow way. */
function sidesOf(labels: Uint8Array, grid: Grid, closed: boolean): string[] {
  const at = (p: readonly number[]): number =>
    p.some((value, axis) => value < 0 || value >= grid[axis]) ? 0 : labels[(p[0] * grid[1] + p[1]) * grid[2] + p[2]];
  const sides: string[] = [];
  for (let x = 0; x < grid[0]; x++) {
    for (let y = 0; y < grid[1]; y++) {
      for (let z = 0; z < grid[2]; z++) {
        const voxel = [x, y, z], own = at(voxel);
        if (own === 0) continue;
        for (let axis = 0; axis < 3; axis++) {
          for (const sign of [-1, 1]) {
            const next = at(voxel.map((value, i) => i === axis ? value + sign : value));
            if (next !== 0 && !(closed && next !== own)) continue;
            const plane = voxel[axis] + (sign > 0 ? 1 : 0);
            sides.push([axis, sign, plane, voxel[(axis + 1) % 3], voxel[(axis + 2) % 3], own].join(" "));
          }
        }
      }
    }
  }
  return sides.sort();
}

const volumes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .chain((grid) => {
    const voxels = grid[0] * grid[1] * grid[2];
    return fc.record({
      grid: fc.constant(grid as Grid),
      labels: fc.uint8Array({ min: 0, max: 3, minLength: voxels, maxLength: voxels }),
    });
  });

Deno.test("greedyMesh: the rectangles cover every side once and nothing else", () => {
  fc.assert(fc.property(volumes, fc.boolean(), ({ grid, labels }, closedClasses) => {
    const quads = greedyMesh(labels, grid, { closedClasses });
    const covered: string[] = [];
    for (let i = 0; i < quads.count; i++) {
      for (let u = quads.u[i]; u < quads.u[i] + quads.sizeU[i]; u++) {
        for (let v = quads.v[i]; v < quads.v[i] + quads.sizeV[i]; v++) {
          covered.push([quads.axis[i], quads.sign[i], quads.plane[i], u, v, quads.label[i]].join(" "));
        }
      }
    }
    assertEquals(covered.sort(), sidesOf(labels, grid, closedClasses));
  }));
});

Deno.test("countSides: as many as there are", () => {
  fc.assert(fc.property(volumes, ({ grid, labels }) => {
    assertEquals(countSides(labels, grid), sidesOf(labels, grid, true).length);
  }));
});

Deno.test("greedyMesh: a box is six rectangles; two classes share no side unless each shall be closed", () => {
  const box = new Uint8Array(4 * 3 * 5).fill(2);
  assertEquals(greedyMesh(box, [4, 3, 5]).count, 6);
  const two = volumeWith([1, 2, 1], [[0, 0, 0, 3], [0, 1, 0, 4]]);
  assertEquals(greedyMesh(two, [1, 2, 1]).count, 10);
  assertEquals(greedyMesh(two, [1, 2, 1], { closedClasses: true }).count, 12);
  assertEquals(greedyMesh(new Uint8Array(8), [2, 2, 2]).count, 0);
});

Deno.test("quadCorners: corners turn counter-clockwise seen from outside, so the volume inside is positive", () => {
  const grid: Grid = [9, 7, 11];
  const labels = closedRoom(grid);
  const quads = greedyMesh(labels, grid);
  const c = new Float64Array(12);
  let sixfold = 0;
  for (let i = 0; i < quads.count; i++) {
    quadCorners(quads, i, c, 0);
    for (const [p, q, r] of [[0, 3, 6], [0, 6, 9]]) {
      sixfold += c[p] * (c[q + 1] * c[r + 2] - c[q + 2] * c[r + 1]) - c[p + 1] * (c[q] * c[r + 2] - c[q + 2] * c[r]) +
        c[p + 2] * (c[q] * c[r + 1] - c[q + 1] * c[r]);
    }
  }
  assertEquals(Math.round(sixfold / 6), labels.filter((label) => label !== 0).length); // divergence theorem
  assert(quads.count < sidesOf(labels, grid, false).length / 5);
});
