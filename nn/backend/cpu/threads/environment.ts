/** What the module of kernels imports where machine code may run. */
import { callCode, openLibc } from "../native/machine/libc.ts";
import { type ModuleEnvironment, NATIVE_IMPORT, OWN_THREAD, type ThreadStart } from "./thread_host.ts";

/** The imports of the module on the thread that calls this. */
export function openEnvironment(start: ThreadStart): ModuleEnvironment {
  const { memory, scratch, nativeEntry } = start;
  if (nativeEntry === null) return OWN_THREAD.openEnvironment(start);
  const libc = openLibc(), entry = Deno.UnsafePointer.create(nativeEntry);
  const base = Deno.UnsafePointer.of(new Uint8Array(memory.buffer));
  const own = Deno.UnsafePointer.offset(base!, scratch);
  const native = () => callCode(libc, entry, base, own);
  return { imports: { env: { memory, scratch, [NATIVE_IMPORT]: native } }, [Symbol.dispose]: () => libc.close() };
}
