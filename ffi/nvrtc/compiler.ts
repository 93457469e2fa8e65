/** Compiles CUDA C++ at run time. */
import { type CheckedLibrary, cString, cText, openChecked } from "../checked.ts";
import { NVRTC_SYMBOLS } from "./symbols.ts";

/** A kernel source that does not compile; the message is the compiler's log. */
export class CompilationError extends Error {
  /** Tells it from other errors where classes are not at hand. */
  override readonly name: string = "CompilationError";
}

/** What a compilation gave. */
export interface Compiled {
  /** A cubin, or PTX text with its NUL where the target was virtual (`compute_…`). */
  readonly image: Uint8Array<ArrayBuffer>;
  /** Warnings, and what `--ptxas-options=-v` reports. */
  readonly log: string;
}

/** An open libnvrtc. */
export class Compiler {
  /** Functions of the library. */
  readonly library: CheckedLibrary<typeof NVRTC_SYMBOLS>;

  /** Opens `libnvrtc.so.12` or `.13`; its builtins (see `companions`) must have been opened before. */
  constructor(path: string) {
    const nameOf = (status: number) => cText(this.library.raw.nvrtcGetErrorString(status));
    this.library = openChecked(path, NVRTC_SYMBOLS, { name: "NVRTC", nameOf });
  }

  /** E.g. [13, 0]. */
  version(): [major: number, minor: number] {
    const major = new Int32Array(1), minor = new Int32Array(1);
    this.library.call.nvrtcVersion(major, minor);
    return [major[0], minor[0]];
  }

  /** Architectures that it compiles for, e.g. [75, 80, 86, 89, 90]. */
  architectures(): number[] {
    const count = new Int32Array(1);
    this.library.call.nvrtcGetNumSupportedArchs(count);
    const found = new Int32Array(count[0]);
    this.library.call.nvrtcGetSupportedArchs(found);
    return [...found];
  }

  /**
   * Compiles a module. Options are those of nvcc, e.g. `--gpu-architecture=sm_90`.
   *
   * @throws {CompilationError} with the log.
   * @throws {LibraryError} for failures of the compiler itself.
   */
  compile(source: string, name: string, options: readonly string[]): Compiled {
    const { call, raw, expect } = this.library, handle = new BigUint64Array(1);
    call.nvrtcCreateProgram(handle, cString(source), cString(name), 0, null, null);
    try {
      const texts = options.map(cString);
      const addresses = BigUint64Array.from(
        texts,
        (text) => BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(text))),
      );
      const status = raw.nvrtcCompileProgram(handle[0], options.length, addresses);
      // The compiler reads the options through addresses: they must not be collected before it returns.
      if (texts.length !== options.length) throw new RangeError("options changed during the compilation");
      const log = this.#log(handle[0]);
      if (status !== 0 && log) throw new CompilationError(`${name} (${options.join(" ")}): ${log}`);
      expect("nvrtcCompileProgram", status);
      const virtual = options.some((option) => /^(--gpu-architecture|-arch)=compute_/.test(option));
      return { image: this.#image(handle[0], virtual), log };
    } finally {
      call.nvrtcDestroyProgram(handle);
    }
  }

  #log(program: bigint): string {
    const size = new BigUint64Array(1);
    this.library.call.nvrtcGetProgramLogSize(program, size);
    if (size[0] <= 1n) return "";
    const bytes = new Uint8Array(Number(size[0]));
    this.library.call.nvrtcGetProgramLog(program, bytes);
    return new TextDecoder().decode(bytes.subarray(0, bytes.length - 1)).trim();
  }

  #image(program: bigint, virtual: boolean): Uint8Array<ArrayBuffer> {
    const { call } = this.library, size = new BigUint64Array(1);
    if (virtual) call.nvrtcGetPTXSize(program, size);
    else call.nvrtcGetCUBINSize(program, size);
    const image = new Uint8Array(Number(size[0]));
    if (virtual) call.nvrtcGetPTX(program, image);
    else call.nvrtcGetCUBIN(program, image);
    return image;
  }
}
