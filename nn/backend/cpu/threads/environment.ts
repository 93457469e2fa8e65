/** What the module of kernels imports on each thread. */
import { callCode, openLibc } from "../native/machine/libc.ts";
import type { WorkerStart } from "./thread_pool.ts";

/** Name of the function by which the module calls machine code. */
export const NATIVE_IMPORT = "native";

/** The imports of the module on one thread, until disposed. */
export interface ModuleEnvironment extends Disposable {
  readonly imports: WebAssembly.Imports;
}

/** The imports of the module on the thread that calls this. */
export function openEnvironment(
  { memory, scratch, nativeEntry }: Pick<WorkerStart, "memory" | "scratch" | "nativeEntry">,
): ModuleEnvironment {
  if (nativeEntry === null) return { imports: { env: { memory, scratch } }, [Symbol.dispose]() {} };
  const libc = openLibc(), entry = Deno.UnsafePointer.create(nativeEntry);
  const base = Deno.UnsafePointer.of(new Uint8Array(memory.buffer));
  const own = Deno.UnsafePointer.offset(base!, scratch);
  const native = () => callCode(libc, entry, base, own);
  return { imports: { env: { memory, scratch, [NATIVE_IMPORT]: native } }, [Symbol.dispose]: () => libc.close() };
}
