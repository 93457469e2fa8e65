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
   * Row-major float32 C `[m, n]` = op(A)·op(B) + beta·C, A `[m, k]` or its transpose, B `[k, n]` or its transpose;
   * `batch` products of matrices that follow one another. cuBLAS is column-major, so it is asked for
   * Cᵀ = op(B)ᵀ·op(A)ᵀ.
   */
  gemm(
    [batch, m, n, k]: readonly [batch: number, m: number, n: number, k: number],
    a: GemmOperand,
    b: GemmOperand,
    c: bigint,
    beta: 0 | 1,
    compute: CublasCompute,
  ): void {
    this.#alpha[0] = 1;
    this.#beta[0] = beta;
    const { N, T } = CUBLAS_OPERATION, { R_32F } = CUDA_DATA_TYPE, { raw } = this.#library;
    const [left, leftStride] = a.transpose ? [T, m] : [N, k], [right, rightStride] = b.transpose ? [T, k] : [N, n];
    const [alpha, kept, type] = [this.#alpha, this.#beta, CUBLAS_COMPUTE[compute]], algorithm = CUBLAS_GEMM_DEFAULT;
    // One product has an entry of its own, which may choose among more algorithms.
    if (batch === 1) {
      const status = raw.cublasGemmEx(
        this.#handle,
        ...[right, left, n, m, k, alpha] as const,
        ...[b.address, R_32F, rightStride] as const,
        ...[a.address, R_32F, leftStride, kept] as const,
        ...[c, R_32F, n, type, algorithm] as const,
      );
      if (status !== 0) this.#library.expect("cublasGemmEx", status);
    } else {
      const status = raw.cublasGemmStridedBatchedEx(
        this.#handle,
        ...[right, left, n, m, k, alpha] as const,
        ...[b.address, R_32F, rightStride, BigInt(k * n)] as const,
        ...[a.address, R_32F, leftStride, BigInt(m * k), kept] as const,
        ...[c, R_32F, n, BigInt(m * n), batch, type, algorithm] as const,
      );
      if (status !== 0) this.#library.expect("cublasGemmStridedBatchedEx", status);
    }
  }

  /** Destroys the handle; work that it put into the stream goes on. */
  [Symbol.dispose](): void {
    if (!this.#live) return;
    this.#live = false;
    this.#library.call.cublasDestroy_v2(this.#handle);
  }
}
