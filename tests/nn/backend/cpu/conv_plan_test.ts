import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ConvGeometry, Size3 } from "../../../../nn/backend/backend.ts";
import { CpuBackend } from "../../../../nn/backend/cpu/cpu_backend.ts";
import { convWorkspaceBytes, planConv } from "../../../../nn/backend/cpu/conv/plans.ts";
import { splitGemm } from "../../../../nn/backend/cpu/gemm/gemm_split.ts";
import { BLOCK, BLOCK_WORDS, TASK, TASK_WORDS } from "../../../../nn/backend/cpu/multiply/multiply_plan.ts";

const DIRECTIONS = ["forward", "inputGradient", "filterGradient"] as const;

function geometry(batch: number, input: Size3, channels: number, filters: number, kernel: Size3, stride: number) {
  const padding: Size3 = [kernel[0] >> 1, kernel[1] >> 1, kernel[2] >> 1];
  const size = (axis: number) => Math.floor((input[axis] + 2 * padding[axis] - kernel[axis]) / stride) + 1;
  return { batch, input, channels, output: [size(0), size(1), size(2)], filters, kernel, stride, padding } as const;
}

const someGeometry: fc.Arbitrary<ConvGeometry> = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 20 })),
  fc.constantFrom(1, 5, 12, 64, 256),
  fc.constantFrom(1, 3, 12, 32, 200),
  fc.constantFrom<Size3>([5, 3, 5], [3, 3, 3], [1, 1, 1]),
  fc.integer({ min: 1, max: 3 }),
).map((parts) => geometry(...parts));

Deno.test("planConv: tasks cover every element of the result, none of them twice", () => {
  fc.assert(
    fc.property(someGeometry, fc.constantFrom(...DIRECTIONS), (shape, direction) => {
      const { multiply, copies, resultCount } = planConv(shape, direction);
      const { blocks, tasks, columns, rowStrideC } = multiply;
      let written = 0;
      for (let task = 0; task < tasks.length; task += TASK_WORDS) {
        const [panelBegin, panelEnd] = [tasks[task + TASK.panelBegin], tasks[task + TASK.panelEnd]];
        const width = Math.min(columns, panelEnd * 8) - panelBegin * 8;
        const rows = new Set<number>();
        for (let block = tasks[task + TASK.blockBegin]; block < tasks[task + TASK.blockEnd]; block++) {
          const [c, count, adds] = [BLOCK.c, BLOCK.rows, BLOCK.accumulate].map((field) =>
            blocks[block * BLOCK_WORDS + field]
          );
          for (let row = 0; row < count; row++) {
            assertEquals(rows.has(c + row * rowStrideC), adds === 1, "the first block of a row overwrites");
            rows.add(c + row * rowStrideC);
          }
        }
        written += rows.size * width;
      }
      assertEquals(written, resultCount * copies);
    }),
    { numRuns: 60 },
  );
});

Deno.test("planConv: lines that no tap leaves are not copied", () => {
  assertEquals(planConv(geometry(2, [5, 3, 5], 512, 16, [1, 1, 1], 1), "forward").a, null);
  assertEquals(planConv(geometry(2, [5, 3, 5], 512, 16, [1, 1, 1], 1), "inputGradient").a, null);
  assert(planConv(geometry(2, [6, 3, 6], 12, 16, [3, 3, 3], 1), "forward").a !== null);
});

Deno.test("splitGemm: tasks cover the product and their packed panels fit", () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 40_000 }));
  fc.assert(fc.property(size, size, size, (m, n, k) => {
    const split = splitGemm({ m, n, k });
    assert(split.rowTasks * split.rowsPerTask >= m && (split.rowTasks - 1) * split.rowsPerTask < m);
    const panels = Math.ceil(n / 8);
    assert(split.panelTasks * split.panelsPerTask >= panels && (split.panelTasks - 1) * split.panelsPerTask < panels);
    assert(split.panelsPerTask * split.depthPerPass * 32 <= 384 * 1024);
  }));
});

/** Results of all directions and of a product, as words. */
async function results(threads: number): Promise<Record<string, Int32Array>> {
  using backend = await CpuBackend.open({ threads });
  const shape = { geometry: geometry(3, [10, 6, 10], 13, 37, [5, 3, 5], 2), accumulate: true };
  const read: Record<string, Int32Array> = {};
  const random = (count: number, stream: number) => {
    const span = { buffer: backend.allocate(count * 4, "x"), byteOffset: 0 };
    backend.randomNormal({ count, seed: 3, stream, iteration: 0, mean: 0, deviation: 1 }, { x: span });
    return span;
  };
  const counts = { input: 3 * 600 * 13, filter: 37 * 75 * 13, output: 3 * 75 * 37 };
  const x = random(counts.input, 1), w = random(counts.filter, 2), y = random(counts.output, 3);
  const keep = (name: string, count: number, run: (target: typeof x) => void) => {
    const target = random(count, 4);
    run(target);
    backend.download(target, read[name] = new Int32Array(count));
  };
  keep("forward", counts.output, (output) => backend.convForward(shape, { input: x, filter: w, output }));
  keep("input", counts.input, (dInput) => backend.convInputGradient(shape, { dOutput: y, filter: w, dInput }));
  const filterGradient = (dFilter: typeof x) => backend.convFilterGradient(shape, { input: x, dOutput: y, dFilter });
  keep("filter", counts.filter, filterGradient);
  const product = { batch: 1, m: 100, n: 130, k: 170, transposeA: true, transposeB: false, accumulate: false };
  keep("gemm", 13_000, (c) => backend.gemm(product, { a: x, b: w, c }));
  for (let repeat = 0; repeat < 5; repeat++) {
    keep(`filter again ${repeat}`, counts.filter, filterGradient);
    assertEquals(read[`filter again ${repeat}`], read.filter, "the same bits every time");
  }
  return read;
}

Deno.test("CpuBackend: convolutions and products give the same bits with any number of threads", async () => {
  const one = await results(1);
  assertEquals(await results(2), one);
  assertEquals(await results(5), one);
});

Deno.test("convWorkspaceBytes: what the engine holds after the operation", async () => {
  using backend = await CpuBackend.open({ threads: 1 });
  const shape = geometry(2, [8, 6, 8], 12, 16, [5, 3, 5], 2);
  const [x, w, y] = [2 * 384 * 12, 16 * 75 * 12, 2 * 4 * 3 * 4 * 16].map((count) => ({
    buffer: backend.allocate(count * 4, "x"),
    byteOffset: 0,
  }));
  backend.fill({ count: 2 * 384 * 12, value: 1 }, { x });
  backend.fill({ count: 16 * 75 * 12, value: 1 }, { x: w });
  backend.convForward({ geometry: shape }, { input: x, filter: w, output: y });
  const workspace = backend.memory.byTag().find(([tag]) => tag === "workspace");
  assertEquals(workspace?.[1].liveBytes, convWorkspaceBytes(shape, "forward"));
});

Deno.test("CpuBackend.open: options out of range are refused; without memory for threads nothing is left", async () => {
  for (const threads of [0, 1.5, 513]) {
    const error = await CpuBackend.open({ threads }).catch((error) => error);
    assert(error instanceof RangeError, `${threads} threads`);
  }
  const error = await CpuBackend.open({ threads: 4, memoryLimitBytes: 2 ** 20 }).catch((error) => error);
  assertEquals(error.name, "OutOfMemoryError");
});
