/** A GPU that runs out of memory or is lost, on the emulated device. */
import { assert } from "@std/assert";
import { emulatorProblem } from "../../helpers/emulated_device.ts";
import type { Fault } from "./fault.ts";
import { assertExplained } from "./run_under_test.ts";

/** cudaErrorMemoryAllocation. */
const OUT_OF_MEMORY = 2;
/** What calls answer once a device is lost or a kernel has gone wrong, and how often a short run makes them. */
const LOST: readonly (readonly [call: string, status: number, calls: number])[] = [
  ["cuLaunchKernel", 719, 500],
  ["cuLaunchKernel", 46, 500],
  ["cudaMemcpyAsync", 719, 20],
  ["cudaMemsetAsync", 46, 5],
  ["cudaStreamSynchronize", 46, 10],
  ["cudnnBackendExecute", 5000, 100],
  ["cublasGemmEx", 14, 50],
  ["cudaSetDevice", 46, 1],
  ["cudaStreamCreateWithFlags", 719, 1],
];

/** Faults of the device. */
export const DEVICE_FAULTS: readonly Fault[] = [
  {
    name: "device: an allocation refused",
    lacks: emulatorProblem,
    async strike(run, chance, undisturbed) {
      // The pool trims and asks again, so two in a row have to fail.
      const nth = chance.between(1, 40);
      const fail = [nth, nth + 1].map((call) => `cudaMalloc:${call}=${OUT_OF_MEMORY}`).join(",");
      const ending = await (await run.start({ env: { FCR_EMULATOR_FAIL: fail } })).ending();
      if (ending.code === 0) return "missed";
      assertExplained(ending, "memory");
      await run.verify(undisturbed, false);
      return "explained";
    },
  },
  {
    name: "device: lost",
    lacks: emulatorProblem,
    async strike(run, chance, undisturbed) {
      const [call, status, calls] = chance.of(LOST), nth = chance.between(1, calls);
      const ending = await (await run.start({ env: { FCR_EMULATOR_FAIL: `${call}:${nth}=${status}` } })).ending();
      if (ending.code === 0) return "missed";
      assertExplained(ending);
      assert(/cu[A-Z]|cud|cublas|CUDA/.test(ending.err), ending.err);
      await run.verify(undisturbed, false);
      return "explained";
    },
  },
];
