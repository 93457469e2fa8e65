import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import type { Grid } from "../../../data/grid.ts";
import { labelsOfRuns, runLengths } from "../../../data/run_lengths.ts";
import { objectAt, selectedVoxels } from "../../../data/scenes/selection.ts";

const GRID: Grid = [6, 5, 4];
const at = (x: number, y: number, z: number) => (x * GRID[1] + y) * GRID[2] + z;
const chosen = (mask: Uint8Array) => [...mask.keys()].filter((voxel) => mask[voxel] !== 0);

/** A bed of three voxels in a bent row, another bed, and a table that touches the first. */
function scene(): Uint8Array {
  const labels = new Uint8Array(6 * 5 * 4);
  for (const voxel of [at(1, 0, 0), at(2, 0, 0), at(3, 1, 1), at(5, 0, 0)]) labels[voxel] = 6;
  labels[at(2, 1, 1)] = 8;
  return labels;
}

Deno.test("objectAt: the piece of one class that a voxel is in, over edges and corners, and nothing else", () => {
  const bed = [at(1, 0, 0), at(2, 0, 0), at(3, 1, 1)];
  for (const [x, y, z] of [[1, 0, 0], [3, 1, 1]] as const) {
    assertEquals([...objectAt([x, y, z], scene(), GRID)].sort((a, b) => a - b), bed);
  }
  assertEquals([...objectAt([5, 0, 0], scene(), GRID)], [at(5, 0, 0)]);
});

Deno.test("selectedVoxels: an object with the air around it, not its neighbours; a box as far as it is in the grid", () => {
  const labels = scene(), mask = selectedVoxels({ object: [1, 0, 0] }, labels, GRID);
  const box = { start: [0, -1, -1], end: [5, 3, 3] } as const;
  const around = selectedVoxels({ box }, labels, GRID);
  assertEquals(chosen(around).length, 5 * 3 * 3);
  assertEquals(chosen(mask), chosen(around).filter((voxel) => voxel !== at(2, 1, 1)));
});

Deno.test("selectedVoxels: what selects nothing is refused in a sentence", () => {
  const refused: [Parameters<typeof selectedVoxels>[0], string][] = [
    [{ object: [0, 4, 0] }, "no object at 0,4,0: the voxel is empty"],
    [{ object: [6, 0, 0] }, "no object at 6,0,0: the scene is 6x5x4"],
    [{ object: [0, -1, 0] }, "no object at"],
    [{ object: [0.5, 0, 0] }, "no object at"],
    [{ box: { start: [6, 0, 0], end: [9, 9, 9] } }, "holds no voxel of a scene of 6x5x4"],
    [{ box: { start: [3, 3, 3], end: [1, 1, 1] } }, "holds no voxel"],
  ];
  for (const [selection, says] of refused) {
    assertThrows(() => selectedVoxels(selection, scene(), GRID), UserError, says);
  }
});

Deno.test("runLengths: labels come back; runs that do not fit are refused before anything is made", () => {
  const labels = scene();
  assertEquals(runLengths(Uint8Array.of(3, 3, 0, 255)), [3, 2, 0, 1, 255, 1]);
  assertEquals(labelsOfRuns(runLengths(labels), labels.length, "x"), labels as Uint8Array<ArrayBuffer>);
  assertEquals(labelsOfRuns([], 0, "x"), new Uint8Array());
  const bad = [[1], [1, 0], [1, -4], [1, 0.5], [256, 4], [-1, 4], [0.5, 4], [1, 3], [1, 5], [1, 2 ** 40], [1, 4, 2]];
  for (const runs of bad) assertThrows(() => labelsOfRuns(runs, 4, "x.json"), UserError, "x.json: run");
});
