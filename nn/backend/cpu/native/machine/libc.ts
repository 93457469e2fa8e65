/** The functions of the C library that machine code needs. */

const SYMBOLS = {
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  mprotect: { parameters: ["pointer", "usize", "i32"], result: "i32" },
  munmap: { parameters: ["pointer", "usize"], result: "i32" },
  /** A trampoline into generated code, called with two pointers: faster than `Deno.UnsafeFnPointer`. */
  bsearch: { parameters: ["pointer", "pointer", "usize", "usize", "function"], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Names of the C library: glibc, musl. */
const NAMES = ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`];

/** The open C library. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

/** Opens the C library; close it after use. @throws {Error} if FFI is not permitted or no library is found */
export function openLibc(): Libc {
  const problems: unknown[] = [];
  for (const name of NAMES) {
    try {
      return Deno.dlopen(name, SYMBOLS);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      problems.push(error);
    }
  }
  throw new AggregateError(problems, `no C library found as ${NAMES.join(" or ")}`);
}

/** What generated code returns: to `bsearch` 0 would be a hit, whose pointer would have to be made into an object. */
export const NOT_EQUAL = 1;

/** Calls generated code `(first, second)`, which must leave {@link NOT_EQUAL} in eax, and waits. */
export function callCode(
  libc: Libc,
  code: Deno.PointerValue,
  first: Deno.PointerValue,
  second: Deno.PointerValue,
): void {
  libc.symbols.bsearch(first, second, 1n, 0n, code as Deno.PointerObject<never>);
}
