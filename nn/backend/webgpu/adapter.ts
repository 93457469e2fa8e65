/** Which adapters there are, before anything runs on them. */
import type { AdapterFacts } from "./device_link.ts";

const PREFERENCES: readonly GPURequestAdapterOptions[] = [
  { powerPreference: "high-performance" },
  { powerPreference: "low-power" },
  { forceFallbackAdapter: true },
];

/** The adapter that the engine computes on: the fastest that the system offers; null if there is none. */
export async function requestAdapter(options: GPURequestAdapterOptions = PREFERENCES[0]): Promise<GPUAdapter | null> {
  // Without a driver there may be no `gpu` at all, whatever its type says.
  const gpu = navigator.gpu as GPU | undefined;
  return await gpu?.requestAdapter(options) ?? null;
}

/** What is known of an adapter. */
export function factsOf({ info, limits, features }: GPUAdapter): AdapterFacts {
  return {
    name: info.description || [info.vendor, info.architecture].filter((part) => part).join(" ") || "unnamed adapter",
    software: info.isFallbackAdapter,
    bindingLimitBytes: limits.maxStorageBufferBindingSize,
    bufferLimitBytes: limits.maxBufferSize,
    timeStamps: features.has("timestamp-query"),
  };
}

/** The adapters that can be asked for, each once, the engine's first. */
export async function adapters(): Promise<AdapterFacts[]> {
  const found = new Map<string, AdapterFacts>();
  for (const options of PREFERENCES) {
    const adapter = await requestAdapter(options);
    if (adapter) found.set(factsOf(adapter).name, factsOf(adapter));
  }
  return [...found.values()];
}

/** Said where there is no adapter, with what gives one. */
export const NO_ADAPTER = "WebGPU finds no adapter; install the driver of the GPU (on Linux its Vulkan driver)";
