import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import type { ConvGeometry, Span } from "../../nn/backend/backend.ts";
import { checkConvolution } from "../../nn/backend/convolution_check.ts";
import { CpuBackend } from "../../nn/backend/cpu/cpu_backend.ts";
import { resolveOptions } from "../../run/options.ts";
import { checkConvolutions, convolutionsOf } from "../../train/self_test.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";
import { ReferenceBackend } from "../helpers/reference_backend.ts";

const options = resolveOptions([{ source: "test", values: { preset: "tiny" } }]);

Deno.test("convolutionsOf: every layer of a run in each direction that it needs, once", () => {
  const all = convolutionsOf(options);
  assertEquals(new Set(all.map((each) => JSON.stringify(each))).size, all.length);
  for (const direction of ["forward", "inputGradient", "filterGradient"]) {
    assert(all.filter((each) => each.direction === direction).length >= 8, direction);
  }
});

Deno.test("checkConvolutions: a sound engine agrees, and nothing stays allocated", async () => {
  using backend = await CpuBackend.open({ threads: 1 });
  const before = heldBytes(backend);
  assertEquals(checkConvolutions(backend, options), { agree: convolutionsOf(options).length, leftOut: 0 });
  assertNothingHeld(backend, before);
});

/** Adds a little to one number of each result. */
class FaultyBackend extends ReferenceBackend {
  constructor(readonly operation: "convForward" | "convInputGradient" | "convFilterGradient") {
    super();
    const sound = this[operation] as (shape: unknown, operands: unknown) => void;
    const result = { convForward: "output", convInputGradient: "dInput", convFilterGradient: "dFilter" }[operation];
    const faulty = (shape: unknown, operands: Record<string, Span>) => {
      sound(shape, operands);
      const value = new Float32Array(1), span = operands[result];
      this.download(span, value);
      this.upload(new Float32Array([value[0] + 0.01]), span);
    };
    Object.assign(this, { [operation]: faulty });
  }
}

const GEOMETRY: ConvGeometry = {
  ...{ batch: 2, input: [6, 4, 6], channels: 3, output: [3, 2, 3], filters: 5 },
  ...{ kernel: [5, 3, 5], stride: 2, padding: [2, 1, 2] },
};

Deno.test("checkConvolution: a result that is a hundredth off is found in each direction, by name", () => {
  for (
    const [direction, operation] of [
      ["forward", "convForward"],
      ["inputGradient", "convInputGradient"],
      ["filterGradient", "convFilterGradient"],
    ] as const
  ) {
    using sound = new ReferenceBackend();
    checkConvolution(sound, GEOMETRY, direction, "fp32", "layer");
    using faulty = new FaultyBackend(operation);
    const check = () => checkConvolution(faulty, GEOMETRY, direction, "fp32", "conv1");
    assertStringIncludes(assertThrows(check, UserError).message, `conv1, ${direction} with fp32: `);
    assertEquals(faulty.memory.liveBytes, 0);
  }
});
