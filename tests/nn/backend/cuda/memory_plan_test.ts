/** The paper's training fits into 12 GiB, with the most scratch memory that convolutions may take. */
import { assert, assertEquals, assertLess } from "@std/assert";
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

/** Peak of the refine stage as planned on the device, with what the engine holds besides. */
function refinePeakBytes(values: Record<string, unknown>, precision: Precision): number {
  const options = resolveOptions([{ source: "test", values: { preset: "full", device: "cpu", ...values } }]);
  const plans = memoryPlan(options, plannedCuda(precision, LIMIT_BYTES));
  return plans[1].peakBytes + FIXED_BYTES;
}

Deno.test("memoryPlan: a refine stage with batch 20 fits into 12 GiB in bf16, one with batch 8 in fp32 takes half of that", () => {
  assertLess(refinePeakBytes({ refineBatch: 20 }, "bf16"), LIMIT_BYTES);
  assertLess(refinePeakBytes({}, "fp32"), LIMIT_BYTES / 2);
});
