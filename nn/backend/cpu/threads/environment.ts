/** What the module of kernels imports on each thread. */
import { callCode, openLibc } from "../native/machine/libc.ts";
import type { WorkerStart } from "./thread_pool.ts";

/** Name of the function by which the module calls machine code. */
export const NATIVE_IMPORT = "native";

/** The imports of the module on the thread that calls this. */
export function moduleImports({ memory, scratch, nativeEntry }: WorkerStart): WebAssembly.Imports {
  if (nativeEntry === null) return { env: { memory, scratch } };
  const libc = openLibc(), entry = Deno.UnsafePointer.create(nativeEntry);
  // Growing leaves a shared memory where it is.
  const base = Deno.UnsafePointer.of(new Uint8Array(memory.buffer));
  const own = Deno.UnsafePointer.offset(base!, scratch);
  return { env: { memory, scratch, [NATIVE_IMPORT]: () => callCode(libc, entry, base, own) } };
}
