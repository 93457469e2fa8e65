import { assert, assertEquals, assertThrows } from "@std/assert";
import { GifReader } from "omggif";
import { UserError } from "../../../base/errors.ts";
import { Walk } from "../../../viz/draw/walk.ts";
import { closedRoom, labelOf } from "./scenes.ts";

const GRID = [16, 16, 16] as const;

/** Ten rooms in which a table becomes a bed; only the last shows the bed. */
function steps(): Uint8Array[] {
  const room = closedRoom([...GRID]);
  const last = room.map((label) => label === labelOf("table") ? labelOf("bed") : label);
  return [...new Array<Uint8Array>(9).fill(room), last];
}

Deno.test("Walk.animation: versions side by side, every step, and a rest at both ends", () => {
  const one = new GifReader(new Walk([{ title: "generated", volumes: steps() }], GRID).animation());
  const both = new Walk([{ title: "generated", volumes: steps() }, { title: "refined", volumes: steps() }], GRID);
  const two = new GifReader(both.animation());
  assertEquals([one.numFrames(), two.numFrames()], [18, 18]);
  assertEquals(one.height, two.height);
  assert(two.width > 1.9 * one.width);
});

Deno.test("Walk.strip: at most seven steps, from the first to the last, a row per version", () => {
  const versions = [{ title: "generated", volumes: steps() }];
  const seven = new Walk(versions, GRID).strip();
  const three = new Walk([{ title: "generated", volumes: steps().slice(0, 3) }], GRID).strip();
  const twoRows = new Walk([...versions, { title: "refined", volumes: steps() }], GRID).strip();
  assert(seven.width > 2.2 * three.width && seven.width < 2.5 * three.width);
  assert(twoRows.height > seven.height + 140);
  const changed = new Walk([{ title: "generated", volumes: [...steps().slice(0, 9), steps()[0]] }], GRID).strip();
  const columns = new Set<number>();
  changed.data.forEach((value, i) => {
    if (value !== seven.data[i]) columns.add(Math.floor(i / 4) % seven.width);
  });
  assert(columns.size > 0 && Math.min(...columns) > seven.width * 6 / 7, "only the last column differs");
});

Deno.test("Walk: no steps and versions of different lengths are errors for the user", () => {
  assertThrows(() => new Walk([], GRID), UserError, "no rooms");
  const versions = [{ title: "a", volumes: steps() }, { title: "b", volumes: steps().slice(1) }];
  assertThrows(() => new Walk(versions, GRID), UserError, '"b" has 9 steps');
});
