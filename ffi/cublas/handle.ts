/** cuBLAS: products of matrices on one stream. */
import { type CheckedLibrary, cText, openChecked } from "../checked.ts";
import type { DeviceMemory } from "../cuda/memory.ts";
import type { Stream } from "../cuda/stream.ts";
import { CUBLAS_COMPUTE, CUBLAS_GEMM_DEFAULT, CUBLAS_OPERATION, CUDA_DATA_TYPE, LIBRARY_PROPERTY } from "./enums.ts";
import { CUBLAS_SYMBOLS } from "./symbols.ts";

/** How float32 products are computed: exactly, or with operands rounded to TF32 or bfloat16. */
export type CublasCompute = keyof typeof CUBLAS_COMPUTE;

/** An open libcublas; its libcublasLt (see `companions`) must have been opened before. */
export class Cublas {
  /** Functions of the library. */
  readonly library: CheckedLibrary<typeof CUBLAS_SYMBOLS>;

  /** Opens `libcublas.so.12` or `.13` at an absolute path. @throws {Error} of Deno if that is none. */
  constructor(path: string) {
    const nameOf = (status: number) => cText(this.library.raw.cublasGetStatusName(status));
    const explain = (status: number) => cText(this.library.raw.cublasGetStatusString(status));
    this.library = openChecked(path, CUBLAS_SYMBOLS, { name: "cuBLAS", nameOf, explain });
  }

  /** E.g. [13, 1, 1]; needs no device. */
  version(): [major: number, minor: number, patch: number] {
    const out = new Int32Array(1);
    const read = (property: number) => {
      this.library.call.cublasGetProperty(property, out);
      return out[0];
    };
    return [
      read(LIBRARY_PROPERTY.MAJOR_VERSION),
      read(LIBRARY_PROPERTY.MINOR_VERSION),
      read(LIBRARY_PROPERTY.PATCH_LEVEL),
    ];
  }
}

/** A matrix of the row-major product that {@link CublasHandle.gemm} computes. */
export interface GemmOperand {
  /** First number on the device. */
  readonly address: bigint;
  /** Whether the transpose of what lies there is meant. */
  readonly transpose: boolean;
}

/** A handle bound to a stream and a workspace of ours, so that it allocates nothing while it computes. */
export class CublasHandle implements Disposable {
  readonly #library: CheckedLibrary<typeof CUBLAS_SYMBOLS>;
  readonly #handle: bigint;
  readonly #alpha: Float32Array<ArrayBuffer> = new Float32Array(1);
  readonly #beta: Float32Array<ArrayBuffer> = new Float32Array(1);
  #live = true;

  /** `workspace` must outlive the handle. @throws {LibraryError} */
  constructor({ library }: Cublas, stream: Stream, workspace: DeviceMemory) {
    const out = new BigUint64Array(1);
    library.call.cublasCreate_v2(out);
    this.#library = library;
    this.#handle = out[0];
    try {
      library.call.cublasSetStream_v2(this.#handle, stream.handle);
      library.call.cublasSetWorkspace_v2(this.#handle, workspace.address, BigInt(workspace.byteLength));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Row-major float32 C `[m, n]` = op(A)·op(B) + beta·C, A `[m, k]` or its transpose, B `[k, n]` or its transpose.
   * cuBLAS is column-major, so it is asked for Cᵀ = op(B)ᵀ·op(A)ᵀ.
   */
  gemm(
    [m, n, k]: readonly [m: number, n: number, k: number],
    a: GemmOperand,
    b: GemmOperand,
    c: bigint,
    beta: 0 | 1,
    compute: CublasCompute,
  ): void {
    this.#alpha[0] = 1;
    this.#beta[0] = beta;
    const { N, T } = CUBLAS_OPERATION, { R_32F } = CUDA_DATA_TYPE;
    const status = this.#library.raw.cublasGemmEx(
      this.#handle,
      b.transpose ? T : N,
      a.transpose ? T : N,
      n,
      m,
      k,
      this.#alpha,
      b.address,
      R_32F,
      b.transpose ? k : n,
      a.address,
      R_32F,
      a.transpose ? m : k,
      this.#beta,
      c,
      R_32F,
      n,
      CUBLAS_COMPUTE[compute],
      CUBLAS_GEMM_DEFAULT,
    );
    if (status !== 0) this.#library.expect("cublasGemmEx", status);
  }

  /** Destroys the handle; work that it put into the stream goes on. */
  [Symbol.dispose](): void {
    if (!this.#live) return;
    this.#live = false;
    this.#library.call.cublasDestroy_v2(this.#handle);
  }
}
