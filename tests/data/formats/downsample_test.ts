import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UNKNOWN_LABEL } from "../../../data/classes.ts";
import { downsample, DOWNSAMPLE_RULES, type DownsampleRule } from "../../../data/formats/downsample.ts";

/** One block of 3³ voxels: label → how many. */
function vote(rule: DownsampleRule, counts: Record<number, number>): number {
  const block = Object.entries(counts).flatMap(([label, count]) => new Array<number>(count).fill(Number(label)));
  assertEquals(block.length, 27);
  return downsample(Uint8Array.from(block), [3, 3, 3], 3, rule)[0];
}

Deno.test("downsample: sscnet lets one voxel of 27 be drowned but not two", () => {
  assertEquals(vote("sscnet", { 0: 26, 7: 1 }), 0);
  assertEquals(vote("sscnet", { 0: 25, 7: 2 }), 7);
  assertEquals(vote("sscnet", { 0: 12, 7: 1, 255: 14 }), UNKNOWN_LABEL);
  assertEquals(vote("sscnet", { 0: 13, 7: 1, 255: 13 }), 0);
  assertEquals(vote("sscnet", { 255: 27 }), UNKNOWN_LABEL);
  assertEquals(vote("sscnet", { 0: 1, 3: 13, 5: 13 }), 3);
});

Deno.test("downsample: max takes the highest known label", () => {
  assertEquals(vote("max", { 0: 26, 7: 1 }), 7);
  assertEquals(vote("max", { 3: 20, 11: 1, 255: 6 }), 11);
  assertEquals(vote("max", { 0: 1, 255: 26 }), 0);
  assertEquals(vote("max", { 255: 27 }), UNKNOWN_LABEL);
});

Deno.test("downsample: majority counts empty and unknown too, ties go to the lowest", () => {
  assertEquals(vote("majority", { 0: 14, 7: 13 }), 0);
  assertEquals(vote("majority", { 0: 13, 7: 14 }), 7);
  assertEquals(vote("majority", { 2: 9, 3: 9, 255: 9 }), 2);
  assertEquals(vote("majority", { 2: 8, 3: 9, 255: 10 }), UNKNOWN_LABEL);
});

Deno.test("downsample: undoes an enlargement, whatever the rule", () => {
  const volume = fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
  )
    .chain((grid) => {
      const length = grid[0] * grid[1] * grid[2];
      const label = fc.oneof(fc.nat(11), fc.constant(UNKNOWN_LABEL));
      return fc.array(label, { minLength: length, maxLength: length }).map((labels) => ({ grid, labels }));
    });
  fc.assert(fc.property(volume, fc.constantFrom(...DOWNSAMPLE_RULES), ({ grid: [w, h, d], labels }, rule) => {
    const fine = new Uint8Array(27 * labels.length);
    for (let x = 0; x < 3 * w; x++) {
      for (let y = 0; y < 3 * h; y++) {
        for (let z = 0; z < 3 * d; z++) {
          fine[(x * 3 * h + y) * 3 * d + z] = labels[((x / 3 | 0) * h + (y / 3 | 0)) * d + (z / 3 | 0)];
        }
      }
    }
    assertEquals(downsample(fine, [3 * w, 3 * h, 3 * d], 3, rule), Uint8Array.from(labels));
  }));
});

Deno.test("downsample: refuses a factor that does not divide the grid, and too few labels", () => {
  assertThrows(() => downsample(new Uint8Array(64), [4, 4, 4], 3, "max"), RangeError, "does not divide");
  assertThrows(() => downsample(new Uint8Array(26), [3, 3, 3], 3, "max"), RangeError, "wants 27 labels");
});
