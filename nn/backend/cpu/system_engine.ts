/** The engine on threads of the system, with machine code where it runs. */
import type { MemoryLedger } from "../memory.ts";
import { Engine, type LoadedCode } from "./engine.ts";
import type { NativeCode } from "./native/kernel.ts";
import { ExecutableMemory } from "./native/machine/executable_memory.ts";
import type { Kernel } from "./threads/kernel.ts";
import { SYSTEM_THREADS } from "./threads/system_threads.ts";

/**
 * Compiles `kernels`, loads `code` and starts `threads` − 1 workers.
 *
 * @throws {OutOfMemoryError}
 * @throws {Error} if the system lets no machine code run
 */
export async function openSystemEngine(
  kernels: readonly Kernel[],
  threads: number,
  ledger: MemoryLedger,
  code: NativeCode | null = null,
): Promise<Engine> {
  using owned = new DisposableStack();
  const loaded = code && owned.use(load(code, ledger));
  const engine = await Engine.open(kernels, threads, ledger, SYSTEM_THREADS, loaded);
  owned.move();
  return engine;
}

function load(code: NativeCode, ledger: MemoryLedger): LoadedCode {
  const memory = new ExecutableMemory(code.bytes);
  ledger.take(memory.byteLength, "machine code");
  const address = Deno.UnsafePointer.value(memory.address(code.entry));
  return { ...code, address, [Symbol.dispose]: () => memory[Symbol.dispose]() };
}
