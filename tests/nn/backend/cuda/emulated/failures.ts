/** Whatever call fails, whenever: the caller gets an error that says so, and nothing stays alive. */
import { assert, assertEquals } from "@std/assert";
import { UserError } from "../../../../../base/errors.ts";
import { LibraryError } from "../../../../../ffi/mod.ts";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { OutOfMemoryError } from "../../../../../nn/backend/memory.ts";
import { NOTHING_ALIVE } from "../../../../helpers/emulated_device.ts";
import { callsOf, deviceState, failCall, lastComplaint, noFailures } from "./control.ts";
import { workload } from "./workload.ts";

const OUT_OF_MEMORY = 2;

/** An engine that computes and ends; what it threw, or null. */
async function life(): Promise<unknown> {
  try {
    using engine = await CudaBackend.open({ cacheFolder: null });
    workload(engine);
    return null;
  } catch (error) {
    return error;
  } finally {
    noFailures();
  }
}

/** Calls of a function during one {@link life}. */
async function callsOfALife(functionName: string): Promise<number> {
  const before = callsOf(functionName);
  assertEquals(await life(), null);
  return callsOf(functionName) - before;
}

/** Nothing but what was alive `before`: one leak is reported once. */
function assertNothingAlive(when: string, before = { ...NOTHING_ALIVE, complaints: deviceState().complaints }): void {
  assertEquals(deviceState(), before, when);
  assertEquals(lastComplaint(), "", when);
}

Deno.test("CudaBackend: a life leaves nothing behind and gives nothing to complain about", async () => {
  assertEquals(await life(), null);
  assertNothingAlive("after a life");
});

Deno.test("CudaBackend: memory may run out at any allocation", async () => {
  const allocations = await callsOfALife("cudaMalloc");
  assert(allocations > 5);
  let survived = 0;
  for (let nth = 1; nth <= allocations; nth++) {
    failCall("cudaMalloc", nth, OUT_OF_MEMORY);
    const error = await life();
    // The pool tries again after it has given free memory back.
    if (error === null) survived++;
    else assert(error instanceof OutOfMemoryError || error instanceof UserError, `${nth}: ${error}`);
    assertNothingAlive(`cudaMalloc ${nth}`);
  }
  assert(survived > 0);
  for (let nth = 1; nth < allocations; nth++) {
    failCall("cudaMalloc", nth, OUT_OF_MEMORY);
    failCall("cudaMalloc", nth + 1, OUT_OF_MEMORY);
    const error = await life();
    if (error !== null) assert(error instanceof OutOfMemoryError || error instanceof UserError, `${nth}: ${error}`);
    assertNothingAlive(`cudaMalloc ${nth} and ${nth + 1}`);
  }
});

/** Functions with a failure that they may return. Those that give something back are left out: it would stay alive. */
const FAILURES: Readonly<Record<string, number>> = {
  cuInit: 100,
  cuDeviceGetCount: 100,
  cudaSetDevice: 46,
  cudaDeviceGetAttribute: 1,
  cudaMemGetInfo: 1,
  cudaMallocHost: 2,
  cudaMemcpyAsync: 719,
  cudaMemsetAsync: 719,
  cudaStreamCreateWithFlags: 2,
  cudaStreamSynchronize: 719,
  cudaStreamWaitEvent: 719,
  cudaEventCreateWithFlags: 2,
  cudaEventRecord: 719,
  cudaEventSynchronize: 719,
  cuModuleLoadData: 200,
  cuModuleGetFunction: 500,
  cuLaunchKernel: 701,
  nvrtcCreateProgram: 1,
  nvrtcCompileProgram: 7,
  nvrtcGetCUBIN: 4,
  cublasCreate_v2: 3,
  cublasSetStream_v2: 1,
  cublasSetWorkspace_v2: 7,
  cublasGemmEx: 13,
  cublasGemmStridedBatchedEx: 13,
  cudnnCreate: 1001,
  cudnnSetStream: 2000,
  cudnnBackendCreateDescriptor: 2001,
  cudnnBackendSetAttribute: 2000,
  cudnnBackendFinalize: 2000,
  cudnnBackendGetAttribute: 2000,
  cudnnBackendExecute: 4000,
};

for (const [functionName, status] of Object.entries(FAILURES)) {
  Deno.test(`CudaBackend: ${functionName} may fail at its first, a middle and its last call`, async () => {
    const calls = await callsOfALife(functionName);
    assert(calls > 0, `${functionName} is never called`);
    // The last wait is that of the engine's end, which takes a failure for a broken device that frees everything itself.
    const last = functionName === "cudaStreamSynchronize" ? calls - 1 : calls;
    for (const nth of new Set([1, Math.ceil(calls / 2), last])) {
      const before = deviceState();
      failCall(functionName, nth, status);
      const error = await life();
      const named = error instanceof UserError || error instanceof LibraryError || error instanceof OutOfMemoryError;
      // An engine that cannot be planned, or a measurement that fails, is passed over.
      assert(named || (error === null && functionName.startsWith("cudnn")), `${functionName} ${nth}: ${error}`);
      if (error === null) continue;
      assert(error instanceof OutOfMemoryError || String(error).includes(functionName), String(error));
      assertNothingAlive(`${functionName} ${nth} of ${calls}`, before);
    }
  });
}

Deno.test("CudaBackend: a plan from disk that fails to run is replaced, on disk too", async () => {
  const cacheFolder = await Deno.makeTempDir({ prefix: "fcr-plans-" });
  try {
    const numbers = async () => {
      using engine = await CudaBackend.open({ cacheFolder, deterministic: true });
      return workload(engine);
    };
    const expected = await numbers();
    const executed = callsOf("cudnnBackendExecute");
    assertEquals(await numbers(), expected);
    // With working plans on disk nothing is tried in vain.
    assertEquals(callsOf("cudnnBackendExecute") - executed, 4);
    failCall("cudnnBackendExecute", 1, 5000);
    assertEquals(await numbers(), expected);
    assertNothingAlive("after a plan was replaced");
  } finally {
    noFailures();
    await Deno.remove(cacheFolder, { recursive: true });
  }
});
