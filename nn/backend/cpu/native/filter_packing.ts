/** Packing filters into panels; see `TransposedPacking` and `TapPacking` in `conv/conv_plan.ts`. */
import { type TapPacking, type TransposedPacking, UNUSED_TAP } from "../conv/conv_plan.ts";
import type { Engine } from "../engine.ts";
import type { Block } from "../linear_memory.ts";
import type { TileSize } from "../multiply/tile_size.ts";
import { NUMBERS_PER_WORD, type WordFormat } from "../multiply/word_format.ts";
import { at, Label, R10, R12, R13, R8, R9, RAX, RCX, RDI, RDX, RSI } from "./assembler/mod.ts";
import { type CodeBuilder, frame } from "./code_builder.ts";
import { defineNativeKernel } from "./kernel.ts";
import { packRows, packTransposed } from "./pack.ts";

/** Words that a task packs, about. */
const TASK_WORDS = 16384;

/** rax, rdx = quotient and remainder of the task's number. */
function divideTask(k: CodeBuilder, divisor: Parameters<CodeBuilder["div"]>[0]): void {
  k.mov(RAX, frame.task);
  k.xor(RDX, RDX);
  k.div(divisor);
}

const transposedParameters = {
  filter: "address",
  packed: "address",
  filters: "i32",
  depth: "i32",
  chunks: "i32",
  chunkDepth: "i32",
} as const;

/** One task packs a chunk of the depth of one panel. */
function packTransposedKernel(format: WordFormat) {
  return defineNativeKernel(`pack filter transposed ${format}`, transposedParameters, [], (k, p) => {
    const { lanes } = k.vectors, row = R12, start = R13, wordBytes = 4 * NUMBERS_PER_WORD[format];
    divideTask(k, p.chunks);
    k.imul(row, RAX, 2 * lanes);
    k.mov(start, RDX);
    k.imul(start, p.chunkDepth);
    k.mov(RSI, p.depth);
    k.mov(RCX, RSI);
    k.sub(RCX, start);
    k.cmp(RCX, p.chunkDepth);
    k.cmov("greater", RCX, p.chunkDepth);
    // rsi = bytes of a row; rdi = filter + row·rsi + start's bytes, r8 = packed + (row·depth + start·width)·4
    k.imul(R8, RSI, 4);
    k.imul(R8, row);
    k.add(R8, p.packed);
    k.imul(RSI, RSI, wordBytes);
    k.mov(RDI, row);
    k.imul(RDI, RSI);
    k.add(RDI, p.filter);
    k.mov(RDX, p.filters);
    k.sub(RDX, row);
    k.imul(RAX, start, wordBytes);
    k.add(RDI, RAX);
    k.imul(start, start, 4 * lanes);
    k.cmp(RDX, lanes);
    k.when("lessOrEqual", () => {}, () => k.add(start, start));
    k.add(R8, start);
    k.call(packTransposed(k, format));
  });
}

const tapsParameters = {
  filter: "address",
  packed: "address",
  taps: "address",
  tapCount: "i32",
  filters: "i32",
  channels: "i32",
  chunks: "i32",
  chunkFilters: "i32",
} as const;

/** One task packs some filters, or pairs of filters, of one tap. */
function packTapsKernel(format: WordFormat) {
  return defineNativeKernel(`pack filter by taps ${format}`, tapsParameters, [], (k, p) => {
    const { bytes } = k.vectors, tap = R12, start = R13, end = new Label();
    divideTask(k, p.chunks);
    k.mov(tap, RAX);
    k.mov(start, RDX);
    k.imul(start, p.chunkFilters);
    k.imul(RCX, tap, 12);
    k.add(RCX, p.taps);
    k.movsxd(R8, at(RCX));
    k.cmp(R8, UNUSED_TAP);
    k.jumpIf("equal", end);
    // r10 = where in a panel, r8 = packed + base + r10
    k.imul(R10, start, 2 * bytes);
    k.movsxd(RAX, at(RCX, 4));
    k.add(R10, RAX);
    k.add(R8, R10);
    k.add(R8, p.packed);
    k.shift("shr", R10, 1);
    k.movsxd(R9, at(RCX, 8));
    k.mov(RDX, p.filters);
    k.sub(RDX, start);
    k.cmp(RDX, p.chunkFilters);
    k.cmov("greater", RDX, p.chunkFilters);
    k.mov(RCX, p.channels);
    k.mov(RSI, p.tapCount);
    k.imul(RDI, start, NUMBERS_PER_WORD[format]);
    k.imul(RDI, RSI);
    k.add(RDI, tap);
    k.imul(RDI, RCX);
    k.shift("shl", RDI, 2);
    k.add(RDI, p.filter);
    k.imul(RSI, RCX);
    k.shift("shl", RSI, 2);
    k.call(packRows(k, format));
    k.place(end);
  });
}

const packingKernels = (format: WordFormat) => ({
  transposed: packTransposedKernel(format),
  taps: packTapsKernel(format),
});
const KERNELS = { float32: packingKernels("float32"), bfloat16: packingKernels("bfloat16") };

/** The kernels of {@link packFilter} for words of a format. */
export const FILTER_PACKING_KERNELS = {
  float32: Object.values(KERNELS.float32),
  bfloat16: Object.values(KERNELS.bfloat16),
} as const;

/** See `ProductKernels.packFilter`. */
export function packFilter(
  tile: TileSize,
  engine: Engine,
  packing: TransposedPacking | TapPacking,
  table: Block | null,
  filter: number,
  packed: number,
): void {
  const { filters, format } = packing;
  if (packing.kind === "transposed") {
    const { depth } = packing, chunkDepth = Math.min(depth, TASK_WORDS / tile.columns);
    const chunks = Math.ceil(depth / chunkDepth), values = { filter, packed, filters, depth, chunks, chunkDepth };
    engine.runNative(KERNELS[format].transposed, Math.ceil(filters / tile.columns) * chunks, values);
  } else {
    const { channels } = packing, tapCount = packing.taps.length / 3;
    const chunkFilters = Math.min(filters, Math.max(1, Math.floor(TASK_WORDS / channels)));
    const chunks = Math.ceil(filters / chunkFilters);
    const values = { filter, packed, taps: table!.address, tapCount, filters, channels, chunks, chunkFilters };
    engine.runNative(KERNELS[format].taps, tapCount * chunks, values);
  }
}
