/**
 * Mean and variance of columns. Sums and sums of squares are in double precision, where the square of a float is exact,
 * and of differences to the column's first number, so that nothing is lost for columns far from 0.
 */
import { wasmOperation } from "../operation.ts";
import { defineKernel, type KernelBuilder } from "../threads/kernel.ts";
import { type F64, type I32, load } from "../wasm/mod.ts";
import { columnTiles, TILE_PARAMETERS, tileOf } from "./column_tiles.ts";
import { rowGrain } from "./grain.ts";

/** partial`[down, 2, channels]` (float64): the tile's sums of x − shift and of its square. */
export const columnSumsKernel = defineKernel(
  "columnSums",
  { ...TILE_PARAMETERS, x: "address", partial: "address" },
  (k, { x, partial, ...parameters }) => {
    const { channels } = parameters;
    const tile = tileOf(k, parameters);
    const sums = k.i32(partial.add(tile.down.mul(channels).shl(4)));
    const squares = k.i32(sums.add(channels.shl(3)));
    const first = k.i32(x.add(tile.rowBegin.mul(tile.rowBytes)));
    const last = k.i32(x.add(tile.rowEnd.mul(tile.rowBytes)));

    /** Sums `width` adjacent columns, four per pair of vectors, in registers. */
    const block = (channel: I32, width: number) => {
      const offset = k.i32(channel.shl(2));
      const halves = Array.from({ length: width / 2 }, (_, half) => {
        const at = (base: I32) => load.lowF32x2(base, half * 8).lowToF64x2();
        return { at, shift: k.f64x2(at(x.add(offset))), sum: k.f64x2(0), square: k.f64x2(0) };
      });
      const at = k.i32(first.add(offset)), end = k.i32(last.add(offset));
      const difference = k.f64x2(0);
      k.while(at.lt(end), () => {
        for (const half of halves) {
          difference.set(half.at(at).sub(half.shift));
          half.sum.set(half.sum.add(difference));
          half.square.set(difference.mulAdd(difference, half.square));
        }
        at.set(at.add(tile.rowBytes));
      });
      halves.forEach(({ sum, square }, half) => {
        k.store(sums.add(channel.shl(3)), sum, half * 16);
        k.store(squares.add(channel.shl(3)), square, half * 16);
      });
    };
    const afterEights = k.steps(tile.channelBegin, tile.channelEnd, 8, (channel) => block(channel, 8));
    const afterPairs = k.steps(afterEights, tile.channelEnd, 2, (channel) => block(channel, 2));
    k.range(afterPairs, tile.channelEnd, (channel) => oneColumn(k, channel));

    function oneColumn(k: KernelBuilder, channel: I32): void {
      const at = k.i32(first.add(channel.shl(2))), end = k.i32(last.add(channel.shl(2)));
      const shift = k.f64(load.f32(x.add(channel.shl(2))).toF64());
      const sum = k.f64(0), square = k.f64(0), difference = k.f64(0);
      k.while(at.lt(end), () => {
        difference.set(load.f32(at).toF64().sub(shift));
        sum.set(sum.add(difference));
        square.set(square.add(difference.mul(difference)));
        at.set(at.add(tile.rowBytes));
      });
      k.store(sums.add(channel.shl(3)), sum);
      k.store(squares.add(channel.shl(3)), square);
    }
  },
);

/** Adds up partial`[tiles, 2, channels]` for one channel, from the top. */
export function addTiles(k: KernelBuilder, partial: I32, tiles: I32, channels: I32, channel: I32): [F64, F64] {
  const sum = k.f64(0), square = k.f64(0), at = k.i32(partial.add(channel.shl(3)));
  k.range(0, tiles, () => {
    sum.set(sum.add(load.f64(at)));
    square.set(square.add(load.f64(at.add(channels.shl(3)))));
    at.set(at.add(channels.shl(4)));
  });
  return [sum, square];
}

/** The statistics of channels `begin` … `end` − 1 from the tiles' sums. */
export const columnStatisticsKernel = defineKernel(
  "columnStatistics",
  { x: "address", partial: "address", statistics: "address", tiles: "i32", channels: "i32", rows: "f64" },
  (k, { x, partial, statistics, tiles, channels, rows }) => {
    k.range(k.begin, k.end, (channel) => {
      const [sum, square] = addTiles(k, partial, tiles, channels, channel);
      const mean = k.f64(sum.div(rows));
      const variance = square.div(rows).sub(mean.mul(mean)).max(0);
      const at = k.i32(statistics.add(channel.shl(2)));
      k.store(at, load.f32(x.add(channel.shl(2))).toF64().add(mean).toF32());
      k.store(at.add(channels.shl(2)), variance.toF32());
    });
  },
);

/** statistics`[2, channels]` = mean and biased variance of the columns of x`[rows, channels]`; both are addresses. */
export const batchStatistics = wasmOperation<"batchStatistics">(
  [columnSumsKernel, columnStatisticsKernel],
  (engine, { rows, channels }, { x, statistics }) => {
    const tiles = columnTiles(rows, channels);
    const partial = engine.workspace(tiles.tilesDown * 2 * channels * 8);
    engine.run(columnSumsKernel, tiles.split, { ...tiles.values, x, partial });
    engine.run(columnStatisticsKernel, { count: channels, grain: rowGrain(tiles.tilesDown) }, {
      ...{ x, partial, statistics, channels, rows },
      tiles: tiles.tilesDown,
    });
  },
);
