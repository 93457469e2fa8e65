/** What each thread starts with, and what the module of kernels imports on it. */
import { callCode, openLibc } from "../native/machine/libc.ts";

/** Name of the function by which the module calls machine code. */
export const NATIVE_IMPORT = "native";

/** What a worker gets to start with. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the thread's private memory. */
  readonly scratch: number;
  /** Address of the entry of machine code; null: there is none. */
  readonly nativeEntry: bigint | null;
}

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
