/**
 * The middle storey over a symbol table: functions that return a status throw it as a {@link LibraryError} instead.
 *
 * The types come from the table, so a call is checked against its C signature without a hand-written wrapper.
 */

const DEVICE_REMEDY =
  "the GPU or its driver failed; see deno task doctor. A training goes on from its last checkpoint with --resume. " +
  "FCR_STACK=1 shows where it happened, for a report";

/** A function of a C library returned a status other than success: the device or its driver failed. */
export class LibraryError extends Error {
  /** Tells it from other errors where classes are not at hand. */
  override readonly name: string = "LibraryError";

  /** `explanation`: what the library says about the status, or "". */
  constructor(
    /** E.g. "cuDNN". */
    readonly library: string,
    /** C name of the function. */
    readonly functionName: string,
    /** The number it returned. */
    readonly status: number,
    /** Its name, as the library has it, e.g. "CUDNN_STATUS_BAD_PARAM". */
    readonly statusName: string,
    explanation: string,
    /** What a person can do; shown instead of the stack where the error ends a program. */
    readonly remedy: string = DEVICE_REMEDY,
  ) {
    super(`${library}: ${functionName} returned ${statusName} (${status})${explanation ? `: ${explanation}` : ""}`);
  }
}

/** Symbols of a table: those with a status as their result return nothing, the others what C returns. */
export type CheckedSymbols<Table extends Deno.ForeignLibraryInterface> = {
  readonly [Name in keyof Table]: Table[Name] extends Deno.ForeignFunction
    ? Table[Name]["result"] extends "i32" ? (...args: Parameters<Deno.StaticForeignSymbol<Table[Name]>>) => void
    : Deno.StaticForeignSymbol<Table[Name]>
    : never;
};

/** What {@link openChecked} needs to know about a library besides its table. */
export interface LibraryFacts {
  /** For messages, e.g. "cuDNN". */
  readonly name: string;
  /** What the library calls a status. */
  readonly nameOf: (status: number) => string;
  /** What it says about a status, or about the last failed call. */
  readonly explain?: (status: number) => string;
  /** {@link LibraryError.remedy} of its errors; by default that of a device. */
  readonly remedy?: string;
}

/** An open library. */
export interface CheckedLibrary<Table extends Deno.ForeignLibraryInterface> {
  /** File it was opened from. */
  readonly path: string;
  /** Functions as in C, for the hot paths: give their result to {@link expect}. */
  readonly raw: Deno.DynamicLibrary<Table>["symbols"];
  /** The same functions, throwing {@link LibraryError}. */
  readonly call: CheckedSymbols<Table>;
  /** Does nothing if `status` is 0. @throws {LibraryError} otherwise. */
  expect(functionName: string, status: number): void;
}

/**
 * Opens a library for the rest of the process: nothing closes it, since streams and plans may outlive any owner.
 *
 * @throws {Error} of Deno if the file is missing, is no library, or lacks a function of the table.
 */
export function openChecked<Table extends Deno.ForeignLibraryInterface>(
  path: string,
  table: Table,
  { name, nameOf, explain, remedy }: LibraryFacts,
): CheckedLibrary<Table> {
  const { symbols: raw } = Deno.dlopen(path, table);
  const expect = (functionName: string, status: number) => {
    if (status === 0) return;
    const reason = explain?.(status) ?? "";
    throw new LibraryError(name, functionName, status, nameOf(status), reason, remedy);
  };
  const call: Record<string, unknown> = {};
  for (const [functionName, definition] of Object.entries(table)) {
    const symbol = (raw as Record<string, (...args: unknown[]) => unknown>)[functionName];
    call[functionName] = "result" in definition && definition.result === "i32"
      ? (...args: unknown[]) => expect(functionName, symbol(...args) as number)
      : symbol;
  }
  return { path, raw, call: call as CheckedSymbols<Table>, expect };
}

/** Text of a `const char*`; "" for null. */
export function cText(pointer: Deno.PointerValue): string {
  return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer);
}

/** A NUL-terminated copy of a text. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}
