/** How `[rows, channels]` is split into tasks that sum or scale columns: tiles of some rows and some channels. */
import type { KernelBuilder } from "../threads/kernel.ts";
import type { Split } from "../threads/thread_pool.ts";
import type { I32, Local } from "../wasm/mod.ts";
import { ELEMENT_GRAIN } from "./grain.ts";

/** Most channels per tile: the tile's scales fit into a corner of the scratch memory. */
const CHANNELS_PER_TILE = 1024;

/** Arguments of kernels that work on tiles. */
export const TILE_PARAMETERS = {
  rows: "i32",
  channels: "i32",
  tileRows: "i32",
  tileChannels: "i32",
  tilesAcross: "i32",
} as const;

/** A split into tiles. */
export interface ColumnTiles {
  readonly split: Split;
  /** Tiles one below the other. */
  readonly tilesDown: number;
  /** Values of {@link TILE_PARAMETERS}. */
  readonly values: { readonly [Name in keyof typeof TILE_PARAMETERS]: number };
}

/** The tiles of `[rows, channels]`, by size only. */
export function columnTiles(rows: number, channels: number): ColumnTiles {
  const tileChannels = Math.min(channels, CHANNELS_PER_TILE);
  const tileRows = Math.max(1, Math.floor(ELEMENT_GRAIN / tileChannels));
  const tilesAcross = Math.ceil(channels / tileChannels), tilesDown = Math.ceil(rows / tileRows);
  return {
    split: { count: tilesAcross * tilesDown, grain: 1 },
    tilesDown,
    values: { rows, channels, tileRows, tileChannels, tilesAcross },
  };
}

/** The tile of a task, inside its kernel. */
export interface Tile {
  /** Position of the tile from the top. */
  readonly down: Local<I32>;
  readonly rowBegin: Local<I32>;
  readonly rowEnd: Local<I32>;
  readonly channelBegin: Local<I32>;
  readonly channelEnd: Local<I32>;
  /** From one row to the next. */
  readonly rowBytes: Local<I32>;
}

/** Computes the tile of the running task. */
export function tileOf(
  k: KernelBuilder,
  p: { readonly [Name in keyof typeof TILE_PARAMETERS]: Local<I32> },
): Tile {
  const down = k.i32(k.task.div(p.tilesAcross));
  const rowBegin = k.i32(down.mul(p.tileRows));
  const channelBegin = k.i32(k.task.rem(p.tilesAcross).mul(p.tileChannels));
  return {
    down,
    rowBegin,
    rowEnd: k.i32(rowBegin.add(p.tileRows).min(p.rows)),
    channelBegin,
    channelEnd: k.i32(channelBegin.add(p.tileChannels).min(p.channels)),
    rowBytes: k.i32(p.channels.shl(2)),
  };
}
