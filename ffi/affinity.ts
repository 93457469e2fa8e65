/** The cores that this process may run on, which only the C library can tell. */

const NAMES = ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`];
const SYMBOLS = {
  sched_getaffinity: { parameters: ["i32", "usize", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
/** A bit for each of 8192 cores. */
const MASK_BYTES = 1024;

/** A bit for each core that this process may run on; null where the system does not tell: Linux does. */
export function coreMask(): Uint8Array | null {
  if (Deno.build.os !== "linux") return null;
  for (const name of NAMES) {
    if (Deno.permissions.querySync({ name: "ffi", path: name }).state !== "granted") continue;
    try {
      const library = Deno.dlopen(name, SYMBOLS), mask = new Uint8Array(MASK_BYTES);
      const failed = library.symbols.sched_getaffinity(0, BigInt(MASK_BYTES), mask) < 0;
      library.close();
      return failed ? null : mask;
    } catch {
      // Of another C library.
    }
  }
  return null;
}
