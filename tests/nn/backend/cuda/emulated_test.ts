/** The CUDA engine on the emulated device: numbers, leaks, complaints, failures. */
import { assertEquals, assertMatch } from "@std/assert";
import { emulatorProblem, NOTHING_ALIVE, runEmulated } from "../../../helpers/emulated_device.ts";

const skipped = emulatorProblem ? ` (skipped: ${emulatorProblem})` : "";

const FILES: readonly (readonly [file: string, what: string])[] = [
  ["suite_fp32", "backend suite in fp32"],
  ["suite_tf32", "backend suite in tf32"],
  ["suite_bf16", "backend suite in bf16"],
  ["storage_bf16", "activations in bfloat16"],
  ["conformance_fp32", "conformance kits in fp32"],
  ["kernels", "conversions to bfloat16, odd sizes of every kernel"],
  ["statistics", "error bounds of the norms' statistics"],
  ["steady_state", "no allocation after the second iteration, batches in parts"],
  ["launches", "an iteration does not wait for the device, and is one graph"],
  ["graphs", "what becomes a graph, what does not, what happens where one fails"],
  ["slow_engines", "the person is told where only the naive engine is left"],
  ["failures", "any call may fail: an error, nothing left alive"],
  // What a real GPU is asked to do (`gpu/`), on small sizes.
  ["../gpu/adjointness_test", "adjointness"],
  ["../gpu/planning_test", "what planning costs, once"],
  ["../gpu/exact_sums_test", "border voxels and error bounds of every precision"],
  ["../gpu/memory_test", "memory as the driver counts it"],
  ["../gpu/against_cpu_test", "training beside the CPU engine"],
  ["../gpu/prior_test", "a minute of the prior over the paper's cells"],
  ["../gpu/determinism_test", "two deterministic trainings"],
  ["../gpu/graphs_test", "trainings with and without CUDA graphs"],
];

for (const [file, what] of FILES) {
  Deno.test({
    name: `CudaBackend on the emulated device: ${what}${skipped}`,
    ignore: emulatorProblem !== null,
    fn: async () => {
      const run = await runEmulated(["test", "-A", "--no-check", `tests/nn/backend/cuda/emulated/${file}.ts`]);
      assertEquals(run.code, 0, run.output);
      // What complains on purpose says so itself.
      assertEquals(run.state, { ...NOTHING_ALIVE, complaints: run.state?.complaints }, run.output);
      if (/^(suite|storage|conformance|statistics|steady|launches|graphs|\.\.)/.test(file)) {
        assertEquals(run.state?.complaints, 0, run.output);
      }
    },
  });
}

Deno.test({
  name: `CudaBackend on the emulated device: a cuDNN that is too old is named with the remedy${skipped}`,
  ignore: emulatorProblem !== null,
  fn: async () => {
    const { code, output } = await runEmulated(["run", "-A", "--no-check", "doctor/main.ts"], {
      FCR_EMULATOR_CUDNN: "90501",
    });
    assertEquals(code, 1, output);
    assertMatch(
      output,
      /libcudnn\.so\.9: cuDNN 9\.5\.1 is too old, 9\.8\.0 or newer is needed; "deno task setup:cuda"/,
    );
  },
});

/** Calls by which the device has broken, with plans of fp32 on disk, while the engine runs in a precision. */
const FAULTS: readonly (readonly [functionName: string, nth: number, precision: string])[] = [
  ["cudnnBackendExecute", 1, "fp32"],
  ["cudnnBackendExecute", 3, "fp32"],
  ["cudnnBackendCreateDescriptor", 2, "fp32"],
  ["cudnnBackendFinalize", 3, "fp32"],
  ["cublasGemmEx", 1, "fp32"],
  ["cuLaunchKernel", 5, "fp32"],
  ["cudnnBackendExecute", 4, "tf32"],
  ["cudnnBackendFinalize", 20, "tf32"],
  ["cudnnBackendGetAttribute", 40, "tf32"],
];

for (const [functionName, nth, precision] of FAULTS) {
  Deno.test({
    name: `CudaBackend on the emulated device: broken by call ${nth} of ${functionName} in ${precision}${skipped}`,
    ignore: emulatorProblem !== null,
    fn: async () => {
      const script = "tests/nn/backend/cuda/emulated/faults.ts", args = [functionName, String(nth), precision];
      const { code, output } = await runEmulated(["run", "-A", "--no-check", script, ...args]);
      assertEquals(code, 0, output);
    },
  });
}
