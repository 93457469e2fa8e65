import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../../base/errors.ts";
import { fillNormal } from "../../../../base/random.ts";
import { truncatedCodes } from "../../../../eval/modes/generate/truncated_codes.ts";

const SIZE = 5000;
const RUN = {
  codeSize: SIZE,
  sampleNoise(n: number, seed: number, first = 0) {
    const codes = new Float32Array(n * SIZE);
    for (let i = 0; i < n; i++) {
      fillNormal(codes.subarray(i * SIZE, (i + 1) * SIZE), { seed, stream: 32, iteration: first + i });
    }
    return codes;
  },
};

Deno.test("truncatedCodes: within the limit, unchanged where they were, distributed as the truncated normal", () => {
  for (const limit of [0.1, 1, 2]) {
    const plain = RUN.sampleNoise(4, 3), codes = truncatedCodes(RUN, 4, 3, 0, limit);
    assert(codes.every((value) => Math.abs(value) <= limit));
    plain.forEach((value, i) => Math.abs(value) <= limit && assertEquals(codes[i], value));
    const variance = codes.reduce((sum, value) => sum + value * value, 0) / codes.length;
    // 1 − 2 t φ(t) / (2 Φ(t) − 1): .0033, .2911, .7737 for these limits.
    const expected = new Map([[0.1, 0.003331], [1, 0.291125], [2, 0.773741]]).get(limit)!;
    assertAlmostEquals(variance / expected, 1, 0.05);
  }
});

Deno.test("truncatedCodes: a room is the same however many there are, and another for another seed", () => {
  const three = truncatedCodes(RUN, 3, 7, 0, 0.5);
  assertEquals(truncatedCodes(RUN, 1, 7, 2, 0.5), three.slice(2 * SIZE));
  assertNotEquals(truncatedCodes(RUN, 1, 8, 2, 0.5), three.slice(2 * SIZE));
  assertEquals(truncatedCodes(RUN, 2, 7, 0, 100), RUN.sampleNoise(2, 7));
});

Deno.test("truncatedCodes: a limit that nothing keeps is an error for the user", () => {
  for (const limit of [0, -1, 0.001, NaN]) {
    assertThrows(() => truncatedCodes(RUN, 1, 0, 0, limit), UserError, `truncation ${limit}`);
  }
});
