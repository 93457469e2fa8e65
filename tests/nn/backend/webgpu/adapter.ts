/** Tests that need an adapter of WebGPU: skipped by a name that says so where there is none. */
import { adapters } from "../../../../nn/backend/webgpu/adapter.ts";

/** The adapter that the engine takes, or null. */
export const [adapter = null] = await adapters();

/** Registers a test that is skipped by name without an adapter. */
export function webGpuTest(name: string, fn: () => void | Promise<void>): void {
  const skipped = adapter ? "" : " (skipped: WebGPU finds no adapter)";
  Deno.test({ name: name + skipped, ignore: !adapter, fn });
}
