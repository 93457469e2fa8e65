/** Packing filters into panels; see `TransposedPacking` and `TapPacking` in `conv/conv_plan.ts`. */
import { type TapPacking, type TransposedPacking, UNUSED_TAP } from "../conv/conv_plan.ts";
import type { Engine } from "../engine.ts";
import type { Block } from "../linear_memory.ts";
import type { TileSize } from "../multiply/tile_size.ts";
import { at, Label, R10, R12, R13, R8, R9, RAX, RCX, RDI, RDX, RSI } from "./assembler/mod.ts";
import { type CodeBuilder, frame } from "./code_builder.ts";
import { defineNativeKernel } from "./kernel.ts";
import { packRows, packTransposed } from "./pack.ts";

/** Numbers that a task packs, about. */
const TASK_NUMBERS = 16384;

/** rax, rdx = quotient and remainder of the task's number. */
function divideTask(k: CodeBuilder, divisor: Parameters<CodeBuilder["div"]>[0]): void {
  k.mov(RAX, frame.task);
  k.xor(RDX, RDX);
  k.div(divisor);
}

/** One task packs a chunk of the depth of one panel. */
const packTransposedKernel = defineNativeKernel(
  "pack filter transposed",
  {
    filter: "address",
    packed: "address",
    filters: "i32",
    depth: "i32",
    chunks: "i32",
    chunkDepth: "i32",
  },
  [],
  (k, p) => {
    const { lanes } = k.vectors, row = R12, start = R13;
    divideTask(k, p.chunks);
    k.imul(row, RAX, 2 * lanes);
    k.mov(start, RDX);
    k.imul(start, p.chunkDepth);
    k.mov(RSI, p.depth);
    k.mov(RCX, RSI);
    k.sub(RCX, start);
    k.cmp(RCX, p.chunkDepth);
    k.cmov("greater", RCX, p.chunkDepth);
    k.shift("shl", RSI, 2);
    // rdi = filter + row·depth·4 + start·4, r8 = packed + row·depth·4 + start·width·4
    k.mov(RDI, row);
    k.imul(RDI, RSI);
    k.mov(R8, p.packed);
    k.add(R8, RDI);
    k.add(RDI, p.filter);
    k.mov(RDX, p.filters);
    k.sub(RDX, row);
    k.shift("shl", start, 2);
    k.add(RDI, start);
    k.imul(start, start, lanes);
    k.cmp(RDX, lanes);
    k.when("lessOrEqual", () => {}, () => k.add(start, start));
    k.add(R8, start);
    k.call(packTransposed(k));
  },
);

/** One task packs some filters of one tap. */
const packTapsKernel = defineNativeKernel(
  "pack filter by taps",
  {
    filter: "address",
    packed: "address",
    taps: "address",
    tapCount: "i32",
    filters: "i32",
    channels: "i32",
    chunks: "i32",
    chunkFilters: "i32",
  },
  [],
  (k, p) => {
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
    k.mov(RDI, start);
    k.imul(RDI, RSI);
    k.add(RDI, tap);
    k.imul(RDI, RCX);
    k.shift("shl", RDI, 2);
    k.add(RDI, p.filter);
    k.imul(RSI, RCX);
    k.shift("shl", RSI, 2);
    k.call(packRows(k));
    k.place(end);
  },
);

/** The kernels of {@link packFilter}. */
export const FILTER_PACKING_KERNELS = [packTransposedKernel, packTapsKernel] as const;

/** See `ProductKernels.packFilter`. */
export function packFilter(
  tile: TileSize,
  engine: Engine,
  packing: TransposedPacking | TapPacking,
  table: Block | null,
  filter: number,
  packed: number,
): void {
  const { filters } = packing;
  if (packing.kind === "transposed") {
    const { depth } = packing, chunkDepth = Math.min(depth, TASK_NUMBERS / tile.columns);
    const chunks = Math.ceil(depth / chunkDepth), values = { filter, packed, filters, depth, chunks, chunkDepth };
    engine.runNative(packTransposedKernel, Math.ceil(filters / tile.columns) * chunks, values);
  } else {
    const { channels } = packing, tapCount = packing.taps.length / 3;
    const chunkFilters = Math.min(filters, Math.max(1, Math.floor(TASK_NUMBERS / channels)));
    const chunks = Math.ceil(filters / chunkFilters);
    const values = { filter, packed, taps: table!.address, tapCount, filters, channels, chunks, chunkFilters };
    engine.runNative(packTapsKernel, tapCount * chunks, values);
  }
}
