/** Products in machine code, for the seam `ProductKernels`. */
import type { WordFormat } from "../multiply/word_format.ts";
import { type ProductKernels, WASM_PRODUCTS } from "../products.ts";
import { CodeBuilder } from "./code_builder.ts";
import { FILTER_PACKING_KERNELS, packFilter } from "./filter_packing.ts";
import { gemm, GEMM_KERNELS } from "./gemm.ts";
import { type NativeCode, type NativeKernel, writeEntry } from "./kernel.ts";
import { multiply, MULTIPLY_KERNELS } from "./multiply.ts";
import { ROW_KERNELS } from "./rows/mod.ts";
import { PAD_KERNELS, padLines, ROUND_KERNELS, roundLines } from "./lines.ts";
import { roundedGemm } from "./rounded_gemm.ts";
import type { VectorSet } from "./vector_set.ts";

/** The kernels that work with words of a format. */
function kernelsOf(format: WordFormat): readonly NativeKernel[] {
  const rounding = format === "bfloat16" ? ROUND_KERNELS : [];
  return [...MULTIPLY_KERNELS[format], ...FILTER_PACKING_KERNELS[format], ...GEMM_KERNELS[format], ...rounding];
}

/** Writes the code of all kernels: those of float32 and, if asked for, those of bfloat16 (AVX512-BF16). */
export function writeCode(vectors: VectorSet, format: WordFormat = "float32"): NativeCode {
  const k = new CodeBuilder(vectors), entry = writeEntry(k).offset!;
  const all = [
    ...ROW_KERNELS,
    ...isWide(vectors) ? PAD_KERNELS : [],
    ...kernelsOf("float32"),
    ...format === "bfloat16" ? kernelsOf("bfloat16") : [],
  ];
  const kernels = new Map(all.map((kernel) => {
    k.align(64);
    const start = k.length;
    kernel.write(k);
    return [kernel, start - entry];
  }));
  k.writeShared();
  return { bytes: k.finish(), entry, kernels };
}

/** Whether masks decide lane by lane what is loaded, which {@link padLines} needs. */
const isWide = ({ bytes }: VectorSet) => bytes === 64;

/** The products of a set of vector instructions. */
export function nativeProducts(vectors: VectorSet, format: WordFormat = "float32"): ProductKernels {
  const { tile } = vectors, rounds = format === "bfloat16";
  return {
    tile,
    multiply,
    padLines: isWide(vectors) ? padLines : WASM_PRODUCTS.padLines,
    roundLines: rounds ? roundLines : null,
    packFilter: (...operands) => packFilter(tile, ...operands),
    gemm: (...call) => rounds ? roundedGemm(tile, ...call) : gemm(tile, "float32", ...call),
  };
}
