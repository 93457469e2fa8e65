/** Packing filters into panels; see `TransposedPacking` and `TapPacking`. */
import type { Engine } from "../engine.ts";
import type { Block } from "../linear_memory.ts";
import { packRowsFunction, packTransposedFunction } from "../multiply/pack.ts";
import { TILE } from "../multiply/tile_size.ts";
import { defineKernel, type Kernel } from "../threads/kernel.ts";
import { I32, load } from "../wasm/mod.ts";
import { type TapPacking, type TransposedPacking, UNUSED_TAP } from "./conv_plan.ts";
import { panelCount } from "./task_split.ts";

/** Numbers that a task packs, about. */
const TASK_NUMBERS = 16384;

/** One task packs a chunk of the depth of one panel. */
const packTransposedKernel = defineKernel("pack filter transposed", {
  filter: "address",
  packed: "address",
  filters: "i32",
  depth: "i32",
  chunks: "i32",
  chunkDepth: "i32",
}, (k, p) => {
  const panel = k.i32(k.task.div(p.chunks)), start = k.i32(k.task.rem(p.chunks).mul(p.chunkDepth));
  const row = k.i32(panel.mul(TILE.columns)), rows = k.i32(p.filters.sub(row).min(TILE.columns));
  const target = k.i32(p.packed.add(row.mul(p.depth).shl(2)));
  k.call(
    packTransposedFunction(k.module),
    p.filter.add(row.mul(p.depth).add(start).shl(2)),
    p.depth.shl(2),
    rows,
    p.depth.sub(start).min(p.chunkDepth),
    target.add(start.mul(rows.gt(4).select(I32.of(32), I32.of(16)))),
  );
});

/** One task packs some filters of one tap. */
const packTapsKernel = defineKernel("pack filter by taps", {
  filter: "address",
  packed: "address",
  taps: "address",
  tapCount: "i32",
  filters: "i32",
  channels: "i32",
  chunks: "i32",
  chunkFilters: "i32",
}, (k, p) => {
  const tap = k.i32(k.task.div(p.chunks)), start = k.i32(k.task.rem(p.chunks).mul(p.chunkFilters));
  const record = k.i32(p.taps.add(tap.mul(12)));
  const base = k.i32(load.i32(record));
  const within = k.i32(load.i32(record, 4).add(start.mul(32)));
  k.if(base.ne(UNUSED_TAP), () => {
    k.call(
      packRowsFunction(k.module),
      p.filter.add(start.mul(p.tapCount).add(tap).mul(p.channels).shl(2)),
      p.tapCount.mul(p.channels).shl(2),
      p.filters.sub(start).min(p.chunkFilters),
      p.channels,
      p.packed.add(base).add(within),
      load.i32(record, 8),
      within.shr(1),
    );
  });
});

/** The kernels of {@link packFilter}. */
export const FILTER_PACKING_KERNELS: readonly Kernel[] = [packTransposedKernel, packTapsKernel];

/** Packs the filter; `table` holds the words of a `TapPacking`. Addresses of the filter and of the packed filter. */
export function packFilter(
  engine: Engine,
  packing: TransposedPacking | TapPacking,
  table: Block | null,
  filter: number,
  packed: number,
): void {
  const { filters } = packing;
  if (packing.kind === "transposed") {
    const { depth } = packing;
    const chunkDepth = Math.min(depth, TASK_NUMBERS / TILE.columns), chunks = Math.ceil(depth / chunkDepth);
    const split = { count: panelCount(filters, TILE) * chunks, grain: 1 };
    engine.run(packTransposedKernel, split, { filter, packed, filters, depth, chunks, chunkDepth });
  } else {
    const { channels } = packing, tapCount = packing.taps.length / 3;
    const chunkFilters = Math.min(filters, Math.max(1, Math.floor(TASK_NUMBERS / channels)));
    const chunks = Math.ceil(filters / chunkFilters);
    engine.run(packTapsKernel, { count: tapCount * chunks, grain: 1 }, {
      filter,
      packed,
      taps: table!.address,
      tapCount,
      filters,
      channels,
      chunks,
      chunkFilters,
    });
  }
}
