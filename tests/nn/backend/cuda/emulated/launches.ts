/** An iteration puts its work into the stream and goes on: it neither waits for the device nor asks it for memory. */
import { assert, assertEquals } from "@std/assert";
import { countLaunches } from "../../../../programs/bench/launches.ts";
import { callsOf } from "./control.ts";

for (const precision of ["fp32", "bf16"] as const) {
  for (const phase of ["base", "refine"] as const) {
    Deno.test(`CudaBackend: a ${phase} iteration in ${precision} waits for nothing and takes no memory`, async () => {
      const calls = await countLaunches(precision, phase, "tiny", false, callsOf);
      const { cudaStreamSynchronize, cudaDeviceSynchronize, cudaMalloc, cudaFree } = calls;
      assertEquals([cudaStreamSynchronize, cudaDeviceSynchronize, cudaMalloc, cudaFree], [0, 0, 0, 0]);
      // The upload of a batch waits until its pinned memory was read, two iterations ago.
      assert(calls.cudaEventSynchronize <= 1);
      assert(calls.cuLaunchKernel > 0 && calls.cudnnBackendExecute > 0 && calls.cublasGemmEx > 0);
    });

    Deno.test(`CudaBackend: a ${phase} iteration in ${precision} is one graph`, async () => {
      const calls = await countLaunches(precision, phase, "tiny", true, callsOf);
      const { cuLaunchKernel, cudnnBackendExecute, cublasGemmEx, cudaGraphLaunch } = calls;
      // The kernel draws the latent samples, which are there before the iteration begins.
      assertEquals([cudaGraphLaunch, cuLaunchKernel, cudnnBackendExecute, cublasGemmEx], [1, 1, 0, 0]);
      assertEquals([calls.cudaStreamSynchronize, calls.cudaDeviceSynchronize, calls.cudaMalloc], [0, 0, 0]);
    });
  }
}
