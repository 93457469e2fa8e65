/** Whether a process outlives its terminal, which only the C library can tell. */

const NAMES = Deno.build.os === "darwin"
  ? ["/usr/lib/libSystem.B.dylib"]
  : ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`];
const SYMBOLS = {
  sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
const SIGHUP = 1;
/** Handler that stands for "ignored". */
const SIG_IGN = 1n;
/** More than `struct sigaction` has anywhere; its handler comes first. */
const SIGACTION_BYTES = 256;

/**
 * Whether the process was started with SIGHUP ignored, as `nohup` does it. False where that cannot be told: on Windows,
 * and without the permission to open the C library.
 */
export function hangupIsIgnored(): boolean {
  if (Deno.build.os === "windows") return false;
  for (const name of NAMES) {
    if (Deno.permissions.querySync({ name: "ffi", path: name }).state !== "granted") continue;
    try {
      const library = Deno.dlopen(name, SYMBOLS), action = new BigUint64Array(SIGACTION_BYTES / 8);
      const failed = library.symbols.sigaction(SIGHUP, null, action) !== 0;
      library.close();
      return !failed && action[0] === SIG_IGN;
    } catch {
      // Of another C library.
    }
  }
  return false;
}
