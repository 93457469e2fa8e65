import { assertAlmostEquals, assertEquals } from "@std/assert";
import { resolveOptions } from "../../../run/options.ts";
import { countedIteration, totalOf } from "./counted_iteration.ts";
import { floorMilliseconds, GPU_PEAKS, type GpuPeaks, multiplies } from "./floor.ts";

const GPU: GpuPeaks = {
  name: "a GPU",
  teraflops: { fp32: 10, tf32: 20, bf16: 40 },
  vectorTeraflops: 5,
  gigabytesPerSecond: 1000,
};

Deno.test("floorMilliseconds: each operation by its work or its bytes, whichever takes longer", () => {
  const counts = [
    ["convForward a", { calls: 1, floatOperations: 4e12, bytesTouched: 1e9 }],
    ["gemm b", { calls: 1, floatOperations: 1e9, bytesTouched: 5e9 }],
    ["adam 3", { calls: 1, floatOperations: 10e9, bytesTouched: 1e9 }],
  ] as const;
  assertAlmostEquals(floorMilliseconds(counts, "fp32", GPU), 400 + 5 + 2);
  assertAlmostEquals(floorMilliseconds(counts, "bf16", GPU), 100 + 5 + 2);
});

Deno.test("countedIteration: the paper's iterations have the work that their shapes give", () => {
  const options = resolveOptions([{ source: "test", values: { preset: "full", device: "cpu" } }]);
  for (const phase of ["base", "refine"] as const) {
    const counts = [...countedIteration(options, phase)];
    const products = totalOf(counts.filter(([name]) => multiplies(name)).map(([, count]) => count));
    // Encoder forwards shared: 11.970 and 11.194 TFLOP, by the layers' sizes.
    assertAlmostEquals(products.floatOperations / 1e12, { base: 11.97, refine: 11.19 }[phase], 0.01);
    for (const gpu of GPU_PEAKS) {
      const [fp32, tf32, bf16] = (["fp32", "tf32", "bf16"] as const).map((p) => floorMilliseconds(counts, p, gpu));
      assertEquals([fp32 >= tf32, tf32 >= bf16], [true, true], gpu.name);
    }
  }
});
