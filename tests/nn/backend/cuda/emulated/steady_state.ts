/** What holds over many calls: no allocation after the second iteration; a batch that is cut gives the same result. */
import { assert, assertEquals } from "@std/assert";
import { CudnnHandle, DeviceMemory, Stream } from "../../../../../ffi/mod.ts";
import type { ConvGeometry } from "../../../../../nn/backend/backend.ts";
import { CacheFolder } from "../../../../../base/cache_folder.ts";
import { Bf16Operands } from "../../../../../nn/backend/cuda/conv/bf16_operands.ts";
import { Convolutions } from "../../../../../nn/backend/cuda/conv/convolutions.ts";
import { PlanStore } from "../../../../../nn/backend/cuda/conv/plan_store.ts";
import { Planner } from "../../../../../nn/backend/cuda/conv/planner.ts";
import { convolutionProblem, tensorBytes } from "../../../../../nn/backend/cuda/conv/problem.ts";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { openDevice } from "../../../../../nn/backend/cuda/device.ts";
import { KernelLibrary } from "../../../../../nn/backend/cuda/kernel_library.ts";
import { DevicePool } from "../../../../../nn/backend/cuda/pool.ts";
import type { Precision } from "../../../../../nn/backend/precision.ts";
import { Staging } from "../../../../../nn/backend/cuda/staging.ts";
import { Workspace } from "../../../../../nn/backend/cuda/workspace.ts";
import { MemoryLedger } from "../../../../../nn/backend/memory.ts";
import { Tensor } from "../../../../../nn/tensor.ts";
import { newTrainer } from "../../../../../train/loop.ts";
import { resolveOptions } from "../../../../../run/options.ts";
import { normal } from "../../suite/twin.ts";

Deno.test("CudaBackend: after the second iteration of a stage the device is asked for no memory", async () => {
  const options = resolveOptions([{ source: "test", values: { preset: "tiny", device: "cpu" } }]);
  using backend = await CudaBackend.open({ cacheFolder: null });
  using trainer = newTrainer(backend, options);
  trainer.networks.initialize(0);
  for (const [phase, batch] of [["base", options.batch], ["refine", options.refineBatch]] as const) {
    const allocations: number[] = [];
    for (let iteration = 0; iteration < 4; iteration++) {
      const scenes = new Uint8Array(batch * options.grid.reduce((product, size) => product * size, 1));
      using labels = Tensor.from(backend, scenes, [batch, ...options.grid], "labels");
      using z = trainer.drawLatent(batch, 0, iteration);
      trainer.iterate(phase, labels, z);
      trainer.readLosses();
      allocations.push(backend.diagnostics.allocations);
    }
    assertEquals(allocations.slice(1), Array(3).fill(allocations[1]), phase);
  }
});

const FLOAT32 = { input: "f32", output: "f32" } as const;
const GEOMETRY: ConvGeometry = {
  batch: 4,
  input: [6, 4, 6],
  channels: 12,
  output: [3, 2, 3],
  filters: 16,
  kernel: [5, 3, 5],
  stride: 2,
  padding: [2, 1, 2],
};

/** Cuts every batch into as many parts as it is told. */
class CuttingPlanner extends Planner {
  parts = 1;
  override chunks(): number {
    return this.parts;
  }
}

for (const precision of ["fp32", "bf16"] as const satisfies readonly Precision[]) {
  Deno.test(`Convolutions: a batch in four parts gives what it gives as a whole (${precision})`, async () => {
    using stack = new DisposableStack();
    const device = openDevice(0), { runtime, cudnn, cublas } = device.libraries, cache = new CacheFolder(null);
    const ledger = new MemoryLedger("test"), launchDevice = { multiprocessors: device.facts.multiprocessors };
    const stream = stack.use(new Stream(runtime)), pool = stack.use(new DevicePool(runtime, ledger));
    const kernels = stack.use(await KernelLibrary.open(device, stream, cache));
    const staging = stack.use(new Staging(runtime, stream, ledger)), workspace = stack.use(new Workspace(pool));
    const handle = stack.use(new CudnnHandle(cudnn, stream));
    const policy = {
      precision,
      deterministic: true,
      workspaceLimitBytes: 2 ** 20,
      cudnnVersion: cudnn.version(),
      cublasVersion: cublas.version(),
      capability: device.facts.capability,
    };
    const store = new PlanStore(cache, "test");
    const planner = stack.use(new CuttingPlanner(cudnn, policy, { handle: handle.address }, store, () => {}));
    const bf16 = new Bf16Operands(kernels, launchDevice);
    const convolutions = stack.use(new Convolutions({ pool, staging, workspace, handle, planner, bf16 }));
    const sizes = tensorBytes(convolutionProblem(GEOMETRY, "forward", "fp32", false));
    for (const [output, operation] of [[2, "forward"], [0, "inputGradient"], [1, "filterGradient"]] as const) {
      for (const accumulate of operation === "forward" ? [false] : [false, true]) {
        const [whole, cut] = [1, 4].map((parts) => {
          planner.parts = parts;
          using held = new DisposableStack();
          const operands = sizes.map((bytes, index) => {
            const { address } = held.use(new DeviceMemory(runtime, bytes));
            staging.upload(normal(bytes / 4, index), address);
            return address;
          });
          convolutions.run(GEOMETRY, operation, [operands[0], operands[1], operands[2]], FLOAT32, accumulate);
          const result = new Float32Array(sizes[output] / 4);
          staging.download(operands[output], result);
          return result;
        });
        // Parts of a filter gradient are rounded one by one.
        const limit = operation === "filterGradient" ? { fp32: 1e-4, bf16: 0.5 }[precision] : 0;
        const worst = whole.reduce((most, value, index) => Math.max(most, Math.abs(value - cut[index])), 0);
        assert(worst <= limit && whole.every(Number.isFinite), `${operation}: ${worst}`);
      }
    }
  });
}
