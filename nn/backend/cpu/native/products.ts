/** Products in machine code, for the seam `ProductKernels`. */
import type { ProductKernels } from "../products.ts";
import { CodeBuilder } from "./code_builder.ts";
import { FILTER_PACKING_KERNELS, packFilter } from "./filter_packing.ts";
import { gemm, GEMM_KERNELS } from "./gemm.ts";
import { type NativeKernel, writeEntry } from "./kernel.ts";
import { multiply, MULTIPLY_KERNELS } from "./multiply.ts";
import type { VectorSet } from "./vector_set.ts";

const KERNELS: readonly NativeKernel[] = [...MULTIPLY_KERNELS, ...FILTER_PACKING_KERNELS, ...GEMM_KERNELS];

/** Code, and where in it things are, in bytes from its start. */
export interface NativeCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly entry: number;
  /** Kernels, in bytes from the entry. */
  readonly kernels: ReadonlyMap<NativeKernel, number>;
}

/** Writes the code of all kernels. */
export function writeCode(vectors: VectorSet): NativeCode {
  const k = new CodeBuilder(vectors), entry = writeEntry(k).offset!;
  const kernels = new Map(KERNELS.map((kernel) => {
    k.align(64);
    const start = k.length;
    kernel.write(k);
    return [kernel, start - entry];
  }));
  k.writeShared();
  return { bytes: k.finish(), entry, kernels };
}

/** The products of a set of vector instructions. */
export function nativeProducts({ tile }: VectorSet): ProductKernels {
  return {
    tile,
    multiply,
    packFilter: (...operands) => packFilter(tile, ...operands),
    gemm: (...operands) => gemm(tile, ...operands),
  };
}
