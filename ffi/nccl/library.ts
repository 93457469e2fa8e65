/** NCCL: version and ids. It needs a GPU only from the first communicator on. */
import { type CheckedLibrary, cText, openChecked } from "../checked.ts";
import { NCCL_RESULT } from "./enums.ts";
import { NCCL_SYMBOLS } from "./symbols.ts";

/** Bytes of an `ncclUniqueId`. */
export const NCCL_ID_BYTES = 128;

const NAMES = new Map<number, string>(Object.entries(NCCL_RESULT).map(([name, status]) => [status, `nccl${name}`]));

/** An open libnccl. Methods throw `LibraryError`. */
export class Nccl {
  /** Functions of the library. */
  readonly library: CheckedLibrary<typeof NCCL_SYMBOLS>;

  /** Opens `libnccl.so.2` at a path. @throws {Error} of Deno if that is none, or one before 2.14 */
  constructor(path: string) {
    this.library = openChecked(path, NCCL_SYMBOLS, {
      name: "NCCL",
      nameOf: (status) => NAMES.get(status) ?? "an unknown result",
      explain: (status) => this.#explain(status),
      remedy: "the GPUs of the ranks or the connection between them failed, NCCL_DEBUG=INFO tells more; a training " +
        "goes on from its last checkpoint with --resume",
    });
  }

  /** 10000 · major + 100 · minor + patch, e.g. 23007. */
  version(): number {
    const out = new Int32Array(1);
    this.library.call.ncclGetVersion(out);
    return out[0];
  }

  /** A new id, by which the ranks of one communicator find each other. */
  uniqueId(): Uint8Array<ArrayBuffer> {
    const id = new Uint8Array(NCCL_ID_BYTES);
    this.library.call.ncclGetUniqueId(id);
    return id;
  }

  /** What it says of a result, and of the last thing that went wrong in this process. */
  #explain(status: number): string {
    const { raw } = this.library, last = cText(raw.ncclGetLastError(0n)).trim().split("\n")[0];
    return [cText(raw.ncclGetErrorString(status)), last].filter((text) => text !== "").join("; ");
  }
}

/** `2.30.7` for 23007. */
export function ncclVersionText(version: number): string {
  return [Math.floor(version / 10000), Math.floor(version / 100) % 100, version % 100].join(".");
}
