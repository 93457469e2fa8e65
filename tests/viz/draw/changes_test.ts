import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import { voxelCount } from "../../../data/grid.ts";
import { changeLegend, renderChanges } from "../../../viz/draw/changes.ts";
import type { Image } from "../../../viz/draw/image.ts";
import { closedRoom, labelOf, volumeWith } from "./scenes.ts";

const GRID = [16, 16, 16] as const;
const SIZE = { width: 120, height: 100 };

/** How many pixels are clearly red, and how many are coloured at all. */
function pixels({ data }: Image): { red: number; grey: number } {
  let red = 0, grey = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] > data[i + 1] + 40 && data[i] > data[i + 2] + 40) red++;
    else if (data[i] < 250) grey++;
  }
  return { red, grey };
}

Deno.test("renderChanges: grey where nothing changes, red where voxels change, come or go", () => {
  const room = closedRoom([...GRID]), still = new Float32Array(voxelCount(GRID));
  const calm = pixels(renderChanges(room, room, still, GRID, SIZE));
  assertEquals(calm.red, 0);
  assert(calm.grey > 1000);

  const table = still.map((_, voxel) => room[voxel] === labelOf("table") ? 1 : 0);
  const gone = pixels(renderChanges(room, room, table, GRID, SIZE));
  assert(gone.red > 100 && gone.red < calm.grey / 2, `${gone.red} of ${calm.grey}`);

  const empty = volumeWith([...GRID], [[0, 0, 0, labelOf("floor")]]);
  const comes = still.slice();
  comes[voxelCount(GRID) - 1] = 0.5;
  const filledWith = (name: "sofa" | "ceiling") => empty.map((label) => label || labelOf(name));
  const red = (filling: Uint8Array) => pixels(renderChanges(empty, filling, comes, GRID, SIZE)).red;
  assert(red(filledWith("sofa")) > 0, "an empty voxel that is filled is seen");
  assertEquals(red(filledWith("ceiling")), 0, "a new piece of the ceiling is cut away with the ceiling");
});

Deno.test("renderChanges: the more often a voxel changes the redder it is; a rare change is already seen", () => {
  const room = closedRoom([...GRID]);
  const redness = [0, 0.01, 0.5, 1].map((share) => {
    const frequency = new Float32Array(voxelCount(GRID)).fill(share);
    const { data } = renderChanges(room, room, frequency, GRID, SIZE);
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) sum += data[i] - data[i + 1];
    return sum;
  });
  for (let i = 1; i < redness.length; i++) assert(redness[i] > redness[i - 1] * 1.2, redness.join());
});

Deno.test("renderChanges: a frequency for every voxel is needed", () => {
  const room = closedRoom([...GRID]);
  assertThrows(() => renderChanges(room, room, new Float32Array(7), GRID), UserError, "4096 voxels, found 7");
});

Deno.test("changeLegend: shows grey, red and what they mean", () => {
  const { red, grey } = pixels(changeLegend(500, 14));
  assert(red > 500 && grey > 100);
});
