/** The engine on WebGPU, for a page: a file of its own, so that only what is used is fetched. */
import { requestAdapter } from "../../../nn/backend/webgpu/adapter.ts";
import { openAwaited } from "../../../nn/backend/webgpu/awaited.ts";
import type { AwaitedEngine } from "../../../nn/work.ts";

/** Opens the fastest adapter; null if there is none, or only one that computes on the processor and `software` is false. */
export async function open(software: boolean): Promise<AwaitedEngine | null> {
  const adapter = await requestAdapter();
  return adapter && (software || !adapter.info.isFallbackAdapter) ? await openAwaited(adapter) : null;
}
