/** cuDNN 9: version, and the descriptors that every other file of this folder is made of. */
import { type CheckedLibrary, cText, openChecked } from "../checked.ts";
import { CUDNN_SYMBOLS } from "./symbols.ts";

const MESSAGE_BYTES = 8192;

/** An open libcudnn. libcublasLt must have been opened before, or the process may end at the first heuristics query. */
export class Cudnn {
  /** Functions of the library. */
  readonly library: CheckedLibrary<typeof CUDNN_SYMBOLS>;

  /** Opens `libcudnn.so.9` at an absolute path; libcublasLt must be open already. @throws {Error} of Deno if that is none. */
  constructor(path: string) {
    const nameOf = (status: number) => cText(this.library.raw.cudnnGetErrorString(status));
    this.library = openChecked(path, CUDNN_SYMBOLS, { name: "cuDNN", nameOf, explain: () => this.#lastError() });
  }

  /** 10000 · major + 100 · minor + patch, e.g. 92400. */
  version(): number {
    return Number(this.library.raw.cudnnGetVersion());
  }

  /** CUDA version that this build is for, as `Runtime.version`. */
  cudaVersion(): number {
    return Number(this.library.raw.cudnnGetCudartVersion());
  }

  #lastError(): string {
    const bytes = new Uint8Array(MESSAGE_BYTES);
    this.library.raw.cudnnGetLastErrorString(bytes, BigInt(bytes.length));
    return new TextDecoder().decode(bytes.subarray(0, Math.max(0, bytes.indexOf(0)))).split("\n")[0].trim();
  }
}

/** `9.24.0` for 92400. */
export function cudnnVersionText(version: number): string {
  return [Math.floor(version / 10000), Math.floor(version / 100) % 100, version % 100].join(".");
}

/** Whether a status (3xxx: not supported, 5xxx: execution) only says that an engine cannot do this; another may be tried. */
export function isUnsupported(status: number): boolean {
  return (status >= 3000 && status < 4000) || (status >= 5000 && status < 6000);
}
