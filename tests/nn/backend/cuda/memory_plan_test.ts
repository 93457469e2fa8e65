/** The paper's training fits into 12 GiB, with the most scratch memory that convolutions may take. */
import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { plannedCuda } from "../../../../nn/backend/cuda/planned_engine.ts";
import { type Precision, PRECISIONS } from "../../../../nn/backend/precision.ts";
import { memoryPlan } from "../../../../train/memory_plan.ts";
import { resolveOptions } from "../../../../run/options.ts";

const LIMIT_BYTES = 12 * 2 ** 30;
/** What the engine holds besides: staging of uploads and cuBLAS' workspace. */
const FIXED_BYTES = 48 * 2 ** 20;

for (const precision of PRECISIONS) {
  Deno.test(`memoryPlan: the stages of the paper and the prior fit into 12 GiB in ${precision}, weights and workspace included`, () => {
    const options = resolveOptions([{ source: "test", values: { preset: "full", device: "cpu" } }]);
    assertEquals([options.batch, options.refineBatch], [20, 8]);
    const plans = memoryPlan(options, plannedCuda(precision, LIMIT_BYTES));
    assertEquals(plans.map(({ phase }) => phase), ["base", "refine", "prior"]);
    for (const { phase, peakBytes, byTag } of plans) {
      assert(peakBytes + FIXED_BYTES <= LIMIT_BYTES, `${phase}: ${peakBytes} bytes`);
      assert(byTag.some(([tag]) => tag === "workspace"), phase);
    }
  });
}

/** Peaks of base and refine stage as planned on the device, with what the engine holds besides, in GiB. */
function peaks(values: Record<string, unknown>, precision: Precision): [base: number, refine: number] {
  const options = resolveOptions([{ source: "test", values: { preset: "full", device: "cpu", ...values } }]);
  const [base, refine] = memoryPlan(options, plannedCuda(precision, LIMIT_BYTES));
  return [base, refine].map(({ peakBytes }) => (peakBytes + FIXED_BYTES) / 2 ** 30) as [number, number];
}

Deno.test("memoryPlan: an 8 GB card trains the paper's batches in fp32 and bf16, and both stages with batch 20 in bf16", () => {
  for (const precision of ["fp32", "bf16"] as const) assertLess(Math.max(...peaks({}, precision)), 7.2, precision);
  assertLess(Math.max(...peaks({ refineBatch: 20 }, "bf16")), 7.2);
});

Deno.test("memoryPlan: volumes take half as much in bf16, those of 12 classes two thirds, weights as much as before", () => {
  const options = resolveOptions([{ source: "test", values: { preset: "full", device: "cpu" } }]);
  const [exact, stored] = (["f32", "bf16"] as const).map((activations) =>
    memoryPlan(options, { activations }).slice(0, 2).map(({ byTag }) => new Map(byTag))
  );
  const shares = (tag: string) => exact.map((tags, stage) => (stored[stage].get(tag) ?? 0) / tags.get(tag)!);
  for (const tag of ["encoder.conv2.filter", "generator.norm4"]) assertEquals(shares(tag)[0], 1 / 2, tag);
  for (const tag of ["refiner.first.filter", "refiner.block4.conv2.filter"]) assertEquals(shares(tag)[1], 1 / 2, tag);
  for (const share of shares("volumes")) assertAlmostEquals(share, 2 / 3);
  for (const tag of ["gradients", "generator weights", "generator moments"]) assertEquals(shares(tag), [1, 1], tag);
});
