/** Matrix products: each task packs a block of B into its own memory and multiplies its rows with it. */
import { GEMM_PARAMETERS, gemmArguments, splitGemm } from "../gemm/gemm_split.ts";
import type { TileKind } from "../multiply/tile.ts";
import type { TileSize } from "../multiply/tile_size.ts";
import type { WordFormat } from "../multiply/word_format.ts";
import type { CpuOperation } from "../operation.ts";
import { SCRATCH_BYTES } from "../threads/kernel.ts";
import { at, R10, R12, R13, R8, R9, RAX, RCX, RDI, RDX, RSI } from "./assembler/mod.ts";
import { multiplyBlock } from "./block.ts";
import { type CodeBuilder, frame } from "./code_builder.ts";
import { defineNativeKernel, type NativeLocals } from "./kernel.ts";
import { packRows, packTransposed } from "./pack.ts";
import type { TileForm } from "./tile.ts";

/** In the thread's scratch: a segment without offset; then packed B. */
const PACKED = 64;

const MATRICES = ["matrixA", "matrixB", "matrixC"] as const;
const PLACES = ["row", "taskRows", "column", "columns", "step", "depth", "packed", "left", "to"] as const;
const VARIABLES = [...MATRICES, ...PLACES] as const;
type Locals = NativeLocals<typeof GEMM_PARAMETERS, typeof VARIABLES[number]>;

/** `kind` says how A lies: `apart` as `[m,k]`, `adjacent` as `[k,m]`. */
function gemmKernel(form: TileForm) {
  const { kind, format } = form;
  return defineNativeKernel(`gemm ${kind} ${format}`, GEMM_PARAMETERS, VARIABLES, (k, p) => {
    findMatrices(k, p);
    beginTask(k, p, kind);
    k.loop(() => {
      k.mov(RAX, p.step);
      k.cmp(RAX, p.k);
      return "greaterOrEqual";
    }, () => {
      k.mov(RCX, p.k);
      k.sub(RCX, RAX);
      k.cmp(RCX, p.depthPerPass);
      k.cmov("greater", RCX, p.depthPerPass);
      k.mov(p.depth, RCX);
      k.mov(frame.depth, RCX);
      k.mov(RAX, p.transposeB);
      k.test(RAX, RAX);
      k.when("equal", () => packStraight(k, p), () => packAcross(k, p));
      multiplyPanels(k, p, form);
      k.mov(RAX, p.depth);
      k.add(p.step, RAX);
    });
  });
}

/** The matrices of the task's product; rax = its number among the product's tasks. */
function findMatrices(k: CodeBuilder, p: Locals): void {
  k.mov(RAX, frame.task);
  k.xor(RDX, RDX);
  k.div(p.productTasks);
  k.shift("shl", RAX, 2);
  for (
    const [matrix, first, rows, columns] of [[p.matrixA, p.a, p.m, p.k], [p.matrixB, p.b, p.k, p.n], [
      p.matrixC,
      p.c,
      p.m,
      p.n,
    ]]
  ) {
    k.mov(RCX, RAX);
    k.imul(RCX, rows);
    k.imul(RCX, columns);
    k.add(RCX, first);
    k.mov(matrix, RCX);
  }
  k.mov(RAX, RDX);
}

/** The task's part of C, and what is the same for all its tiles. */
function beginTask(k: CodeBuilder, p: Locals, kind: TileKind): void {
  const { lanes } = k.vectors;
  k.xor(RDX, RDX);
  k.div(p.panelTasks);
  k.imul(RAX, p.rowsPerTask);
  k.mov(p.row, RAX);
  k.mov(RCX, p.m);
  k.sub(RCX, RAX);
  k.cmp(RCX, p.rowsPerTask);
  k.cmov("greater", RCX, p.rowsPerTask);
  k.mov(p.taskRows, RCX);
  k.mov(RCX, p.panelsPerTask);
  k.imul(RCX, RCX, 2 * lanes);
  k.imul(RDX, RCX);
  k.mov(p.column, RDX);
  k.mov(RAX, p.n);
  k.sub(RAX, RDX);
  k.cmp(RAX, RCX);
  k.cmov("greater", RAX, RCX);
  k.mov(p.columns, RAX);
  k.mov(RAX, frame.scratch);
  k.mov(at(RAX), 0);
  k.mov(frame.segments, RAX);
  k.lea(RCX, at(RAX, 8));
  k.mov(frame.segmentsEnd, RCX);
  k.add(RAX, PACKED);
  k.mov(p.packed, RAX);
  k.mov(RAX, kind === "apart" ? p.k : p.m);
  k.shift("shl", RAX, 2);
  k.mov(frame.strideA, RAX);
  k.mov(RAX, p.n);
  k.shift("shl", RAX, 2);
  k.mov(frame.strideC, RAX);
  k.mov(p.step, 0);
}

/** Packs B as it lies: `[k,n]`. */
function packStraight(k: CodeBuilder, p: Locals): void {
  k.mov(RSI, p.n);
  k.mov(RDI, p.step);
  k.imul(RDI, RSI);
  k.add(RDI, p.column);
  k.shift("shl", RDI, 2);
  k.add(RDI, p.matrixB);
  k.shift("shl", RSI, 2);
  k.mov(RDX, p.depth);
  k.mov(RCX, p.columns);
  k.mov(R8, p.packed);
  k.imul(R9, RDX, 2 * k.vectors.bytes);
  k.xor(R10, R10);
  k.call(packRows(k, "float32"));
}

/** Packs B transposed: `[n,k]`. */
function packAcross(k: CodeBuilder, p: Locals): void {
  const { lanes, bytes } = k.vectors;
  k.mov(RAX, p.packed);
  k.mov(p.to, RAX);
  k.mov(RAX, p.columns);
  k.mov(p.left, RAX);
  k.loop(() => {
    k.mov(RDX, p.left);
    k.cmp(RDX, 0);
    return "lessOrEqual";
  }, () => {
    // rdi = b + ((column + columns − left)·k + step)·4
    k.mov(RSI, p.k);
    k.mov(RDI, p.column);
    k.add(RDI, p.columns);
    k.sub(RDI, RDX);
    k.imul(RDI, RSI);
    k.add(RDI, p.step);
    k.shift("shl", RDI, 2);
    k.add(RDI, p.matrixB);
    k.shift("shl", RSI, 2);
    k.mov(RCX, p.depth);
    k.mov(R8, p.to);
    k.call(packTransposed(k, "float32"));
    k.imul(RAX, p.depth, 2 * bytes);
    k.add(p.to, RAX);
    k.sub(p.left, 2 * lanes);
  });
}

/** Multiplies the task's rows with each packed panel. */
function multiplyPanels(k: CodeBuilder, p: Locals, form: TileForm): void {
  const { lanes, bytes } = k.vectors, { kind } = form;
  k.mov(RAX, p.packed);
  k.mov(p.to, RAX);
  k.mov(RAX, p.columns);
  k.mov(p.left, RAX);
  k.loop(() => {
    k.mov(R12, p.left);
    k.cmp(R12, 0);
    return "lessOrEqual";
  }, () => {
    k.mov(RAX, kind === "apart" ? p.row : p.step);
    k.imul(RAX, kind === "apart" ? p.k : p.m);
    k.add(RAX, kind === "apart" ? p.step : p.row);
    k.shift("shl", RAX, 2);
    k.add(RAX, p.matrixA);
    k.mov(frame.a, RAX);
    k.mov(RAX, p.to);
    k.mov(frame.b, RAX);
    k.mov(RAX, p.row);
    k.imul(RAX, p.n);
    k.add(RAX, p.column);
    k.add(RAX, p.columns);
    k.sub(RAX, R12);
    k.shift("shl", RAX, 2);
    k.add(RAX, p.matrixC);
    k.mov(frame.c, RAX);
    k.mov(RAX, p.accumulate);
    k.or(RAX, p.step);
    k.mov(frame.accumulate, RAX);
    k.mov(RAX, p.taskRows);
    k.mov(frame.rows, RAX);
    k.mov(frame.columns, R12);
    // Steps of the depth are half as far apart in a narrow panel.
    k.mov(RAX, bytes);
    k.lea(R13, at(RAX, bytes));
    k.cmp(R12, lanes);
    k.cmov("greater", RAX, R13);
    k.mov(frame.strideB, RAX);
    k.call(multiplyBlock(k, form));
    k.imul(RAX, p.depth, 2 * bytes);
    k.add(p.to, RAX);
    k.sub(p.left, 2 * lanes);
  });
}

const gemmKernels = (format: WordFormat) => ({
  apart: gemmKernel({ kind: "apart", format }),
  adjacent: gemmKernel({ kind: "adjacent", format }),
});
const KERNELS = { float32: gemmKernels("float32"), bfloat16: gemmKernels("bfloat16") };

/** The kernels of {@link gemm} for words of a format. */
export const GEMM_KERNELS = {
  float32: Object.values(KERNELS.float32),
  bfloat16: Object.values(KERNELS.bfloat16),
} as const;

/** c (+)= op(a)·op(b); A and B are of words, which `shape.k` counts. */
export function gemm(
  tile: TileSize,
  format: WordFormat,
  ...[engine, shape, { a, b, c }]: Parameters<CpuOperation<"gemm">>
): void {
  const packedBytes = Math.min(tile.packedBytes, SCRATCH_BYTES * 3 / 4);
  const { productTasks, ...sizes } = gemmArguments(shape, splitGemm(shape, { ...tile, packedBytes }));
  const kernel = KERNELS[format][shape.transposeA ? "adjacent" : "apart"];
  engine.runNative(kernel, shape.batch * productTasks, { a, b, c, productTasks, ...sizes });
}
