/** Work that repeats: what becomes a graph, what does not, and that the numbers are the same either way. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { ConvGeometry } from "../../../../../nn/backend/backend.ts";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { Tensor } from "../../../../../nn/tensor.ts";
import { normal } from "../../suite/twin.ts";
import { failCall, noFailures } from "./control.ts";

const GEOMETRY: ConvGeometry = {
  ...{ batch: 2, input: [4, 4, 4], channels: 4, output: [2, 2, 2], filters: 4, kernel: [3, 3, 3] },
  ...{ stride: 2, padding: [1, 1, 1] },
};
const INPUTS = 2 * 64 * 4, OUTPUTS = 2 * 8 * 4, WEIGHTS = 4 * 27 * 4;

/** Calls of every library and two Adam steps, which change the weights of a convolution. */
class Work implements Disposable {
  readonly engine: CudaBackend;
  readonly weights: Tensor;
  readonly #owned = new DisposableStack();
  readonly #tensors: Readonly<Record<"input" | "output" | "gradients" | "m" | "v" | "sum", Tensor>>;
  #steps = 0;

  constructor(engine: CudaBackend) {
    this.engine = this.#owned.use(engine);
    const tensor = (values: Float32Array) =>
      this.#owned.use(Tensor.from(engine, values, [values.length], "repeated work"));
    this.weights = tensor(normal(WEIGHTS, 1));
    this.#tensors = {
      ...{
        input: tensor(normal(INPUTS, 2)),
        output: tensor(new Float32Array(OUTPUTS)),
        sum: tensor(new Float32Array(1)),
      },
      ...{ gradients: tensor(new Float32Array(WEIGHTS)), m: tensor(new Float32Array(WEIGHTS)) },
      v: tensor(new Float32Array(WEIGHTS)),
    };
  }

  /** `between` comes in the middle. */
  run({ scale = 1, between = () => {} }: { scale?: number; between?: () => void } = {}): void {
    this.engine.repeated("work", () => {
      const { engine, weights } = this, { input, output, gradients, m, v, sum } = this.#tensors;
      engine.convForward({ geometry: GEOMETRY }, { input, filter: weights, output });
      engine.axpby({ count: OUTPUTS, a: scale, b: 0 }, { x: output, y: output });
      between();
      const filterGradient = { geometry: GEOMETRY, accumulate: false };
      engine.convFilterGradient(filterGradient, { input, dFilter: gradients, dOutput: output });
      engine.sumOfSquares({ count: WEIGHTS, factor: 1 }, { x: gradients, sum });
      engine.clip({ count: WEIGHTS, maximum: 1 }, { squares: sum, x: gradients });
      const product = { batch: 1, m: 4, n: 27, k: 4, transposeA: false, transposeB: false, accumulate: true };
      engine.gemm(product, { a: input, b: weights, c: gradients });
      for (let i = 0; i < 2; i++) {
        const step = ++this.#steps, rate = { learningRate: 0.1 / step, beta1: 0.5, beta2: 0.9, epsilon: 1e-8, step };
        engine.adam({ count: WEIGHTS, ...rate }, { parameters: weights, gradients, m, v });
      }
    });
  }

  /** Uses more of the workspace than before: operands that are not aligned go through it. */
  needWorkspace(): void {
    using input = Tensor.from(this.engine, normal(100 * INPUTS + 1, 3), [100 * INPUTS + 1], "input");
    using output = Tensor.allocate(this.engine, [100 * OUTPUTS], "output");
    const geometry = { ...GEOMETRY, batch: 200 }, operands = { filter: this.weights, output };
    this.engine.convForward({ geometry }, { input: { buffer: input.buffer, byteOffset: 4 }, ...operands });
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}

/** Runs of some work; `one` is a run whose launches count. */
type Runs = (work: Work, one: (options?: Parameters<Work["run"]>[0]) => void, graphs: boolean) => void;

/** What becomes of the weights, and how many graphs each run launched. */
async function outcome(runs: Runs, graphs: boolean) {
  const notices: string[] = [], launches: number[] = [], notice = (message: string) => notices.push(message);
  using work = new Work(await CudaBackend.open({ deterministic: true, cacheFolder: null, graphs, notice }));
  const one: Parameters<Runs>[1] = (options) => {
    const before = work.engine.diagnostics.graphLaunches;
    work.run(options);
    launches.push(work.engine.diagnostics.graphLaunches - before);
  };
  runs(work, one, graphs);
  return { weights: work.weights.toFloat32(), notices, launches };
}

/** Checks that `runs` launch so many graphs each, and compute what they do without. Gives the notices. */
async function assertLaunches(expected: readonly number[], runs: Runs): Promise<string[]> {
  const { weights, notices, launches } = await outcome(runs, true);
  noFailures();
  assertEquals(launches, expected);
  const without = await outcome(runs, false);
  assertEquals(without.launches, expected.map(() => 0));
  assert(weights.every(Number.isFinite));
  assertEquals(weights, without.weights);
  return notices;
}

Deno.test("Graphs: calls that come a second time are one graph from then on, and Adam goes on with its steps", async () => {
  assertEquals(await assertLaunches([0, 1, 1, 1], (_, one) => [1, 2, 3, 4].forEach(() => one())), []);
});

Deno.test("Graphs: a call with another number is launched, and is what the next run is compared with", async () => {
  await assertLaunches([0, 1, 0, 1, 0, 1], (_, one) => [1, 1, 2, 2, 1, 1].forEach((scale) => one({ scale })));
});

Deno.test("Graphs: a wish for a result ends the waiting; the next run is a graph again", async () => {
  await assertLaunches([0, 1, 0, 1], (work, one) => {
    one();
    one();
    one({ between: () => work.weights.toFloat32() });
    one();
  });
});

Deno.test("Graphs: when the workspace has moved, the graph is made anew", async () => {
  await assertLaunches([0, 1, 1, 1], (work, one) => {
    one();
    one();
    work.needWorkspace();
    one();
    one();
  });
});

Deno.test("Graphs: what was asked for before an error has happened", async () => {
  await assertLaunches([0, 1, 1], (work, one) => {
    one();
    one();
    assertThrows(() =>
      work.run({
        between() {
          work.engine.fill({ count: WEIGHTS, value: 0.5 }, { x: work.weights });
          throw new TypeError("in the middle");
        },
      }), TypeError);
    one();
  });
});

Deno.test("Graphs: memory does not go back to the device before those are launched that use it", async () => {
  const mebibyte = 2 ** 20, notices: string[] = [];
  // Staging and cuBLAS hold 48 MiB.
  const options = { memoryLimitBytes: 64 * mebibyte, cacheFolder: null, notice: (text: string) => notices.push(text) };
  using engine = await CudaBackend.open(options);
  using x = Tensor.from(engine, new Float32Array(1), [1], "x");
  const large = engine.allocate(10 * mebibyte, "large"), first = { buffer: large, byteOffset: 0 };
  engine.fill({ count: 1, value: 3 }, { x: first });
  const copy = () => engine.copy({ byteLength: 4 }, { x: first, y: x });
  engine.repeated("work", copy);
  const { allocations } = engine.diagnostics;
  engine.repeated("work", () => {
    copy();
    engine.release(large);
    engine.release(engine.allocate(12 * mebibyte, "in its place"));
  });
  assertEquals([x.toFloat32()[0], engine.diagnostics.allocations, notices], [3, allocations + 1, []]);
});

/** Calls that fail while the second run becomes a graph. */
const FAILURES: Readonly<Record<string, number>> = {
  ...{ cudaStreamBeginCapture: 900, cudaStreamEndCapture: 901, cudaGraphInstantiateWithFlags: 2, cudaGraphLaunch: 2 },
  ...{ cuLaunchKernel: 701, cudnnBackendExecute: 4000, cublasGemmEx: 13, cudaEventRecord: 1 },
};

for (const [functionName, status] of Object.entries(FAILURES)) {
  Deno.test(`Graphs: where ${functionName} fails, calls are launched one by one, with a notice`, async () => {
    const notices = await assertLaunches([0, 0, 0], (_, one, graphs) => {
      one();
      if (graphs) failCall(functionName, 1, status);
      one();
      one();
    });
    assertEquals(notices.length, 1, notices.join("\n"));
    assertStringIncludes(notices[0], "CUDA graphs are not used from now on");
    assertStringIncludes(notices[0], functionName);
  });
}
