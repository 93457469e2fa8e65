/** Cores and the end of this process: what only the C library can do. */

const NAMES = ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`];
const SYMBOLS = {
  sched_getaffinity: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  sched_yield: { parameters: [], result: "i32" },
  _exit: { parameters: ["i32"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;
/** A bit for each of 8192 cores. */
const MASK_BYTES = 1024;

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
let libc: Libc | null | undefined;

/** The open C library; null where it is another one, or may not be opened. */
function openLibc(): Libc | null {
  if (Deno.build.os !== "linux") return null;
  for (const name of NAMES) {
    if (Deno.permissions.querySync({ name: "ffi", path: name }).state !== "granted") continue;
    try {
      return Deno.dlopen(name, SYMBOLS).symbols;
    } catch {
      // Of another C library.
    }
  }
  return null;
}

/** A bit for each core that this process may run on; null where the system does not tell: Linux does. */
export function coreMask(): Uint8Array | null {
  libc ??= openLibc();
  const mask = new Uint8Array(MASK_BYTES);
  return libc && libc.sched_getaffinity(0, BigInt(MASK_BYTES), mask) >= 0 ? mask : null;
}

/** Lets other processes that wait for this core go first; returns at once where none does. */
export function yieldCore(): void {
  libc ??= openLibc();
  libc?.sched_yield();
}

/** Ends the process from any of its threads, whatever the others do; returns where the system is no Linux. */
export function endProcess(status: number): void {
  libc ??= openLibc();
  libc?._exit(status);
}
