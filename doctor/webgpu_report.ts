/** What `deno task doctor` finds out about WebGPU on this machine. */
import { memorySize } from "../base/text.ts";
import { adapters, NO_ADAPTER } from "../nn/backend/webgpu/adapter.ts";

/** A line for each adapter with its limits, or one that says that there is none. */
export async function webGpuLines(): Promise<string[]> {
  const found = await adapters();
  if (found.length === 0) return [`WebGPU       ${NO_ADAPTER}`];
  return found.map(({ name, software, bindingLimitBytes, bufferLimitBytes }, index) => {
    const limits = `buffers of ${memorySize(bufferLimitBytes)}, bindings of ${memorySize(bindingLimitBytes)}`;
    const use = software ? "; software, slower than --device cpu" : index === 0 ? "; --device webgpu" : "";
    return `WebGPU       ${name}, ${limits}${use}`;
  });
}
