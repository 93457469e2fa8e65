/** The model that comes with the program makes rooms, not debris. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { concatenate } from "../../base/bytes.ts";
import { makeRoom } from "../../data/rooms/mod.ts";
import { sceneComponents } from "../../eval/metrics/generation/components.ts";
import { Run } from "../../eval/run.ts";

const ROOMS = 96;

Deno.test("Run.generate: rooms have few more specks than what the generator makes of real rooms", async () => {
  using run = await Run.open();
  const { config: { grid, classes }, voxels } = run;
  const specks = (labels: Uint8Array) => {
    const rooms = Array.from({ length: ROOMS }, (_, i) => labels.subarray(i * voxels, (i + 1) * voxels));
    return rooms.reduce((sum, room) => sum + sceneComponents(room, grid, classes).specks, 0) / ROOMS;
  };
  const real = concatenate(Array.from({ length: ROOMS }, (_, i) => makeRoom(grid, 77, i)));
  const made = specks(run.generate(ROOMS, 5).plain.labels), given = specks(run.reconstruct(real, ROOMS).plain.labels);
  assert(given < 8, `${given} specks in a reconstruction`);
  assert(made < 1.75 * given, `${made} specks in a generated room, ${given} in a reconstruction`);
});

Deno.test("Run.sampleCodes: steps and the size of the noise count", async () => {
  using run = await Run.open();
  const codes = (temperature?: number, steps?: number) => run.sampleCodes(4, 8, 0, { temperature, steps });
  assertNotEquals(codes(undefined, 3), codes());
  assertNotEquals(codes(1), codes());
  const still = codes(0), size = run.codeSize; // without noise there is but one way
  for (let room = 1; room < 4; room++) {
    assertEquals(still.slice(room * size, (room + 1) * size), still.slice(0, size));
  }
});
