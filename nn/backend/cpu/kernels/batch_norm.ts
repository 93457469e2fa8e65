/** y = act((x − mean)/√(variance + ε)·gain + bias), column by column. */
import { wasmOperation } from "../operation.ts";
import { defineKernel, type KernelBuilder } from "../threads/kernel.ts";
import { F32x4, type I32 } from "../wasm/mod.ts";
import { activate } from "./activation.ts";
import { columnTiles, type Tile, TILE_PARAMETERS, tileOf } from "./column_tiles.ts";
import { eachElement } from "./elements.ts";

/**
 * Writes scale = gain/√(variance + ε) of the tile's channels into the scratch memory. Returns the address that channel
 * 0 would have, so that it is used like the other arrays.
 */
export function tileScales(k: KernelBuilder, tile: Tile, variance: I32, gain: I32, epsilon: F32x4): I32 {
  const scale = k.i32(k.scratch.sub(tile.channelBegin.shl(2)));
  eachElement(k, tile.channelBegin, tile.channelEnd, (lanes) => {
    lanes.store(scale, lanes.load(gain).div(lanes.load(variance).add(epsilon).sqrt()));
  });
  return scale;
}

/** One tile. */
export const batchNormKernel = defineKernel(
  "batchNorm",
  {
    ...TILE_PARAMETERS,
    slope: "f32",
    epsilon: "f32",
    x: "address",
    statistics: "address",
    gain: "address",
    bias: "address",
    y: "address",
  },
  (k, { slope, epsilon, x, statistics, gain, bias, y, ...parameters }) => {
    const tile = tileOf(k, parameters);
    const slopes = k.f32x4(F32x4.splat(slope));
    const scale = tileScales(k, tile, k.i32(statistics.add(tile.rowBytes)), gain, k.f32x4(F32x4.splat(epsilon)));
    k.range(tile.rowBegin, tile.rowEnd, (row) => {
      const from = k.i32(x.add(row.mul(tile.rowBytes))), to = k.i32(y.add(row.mul(tile.rowBytes)));
      eachElement(k, tile.channelBegin, tile.channelEnd, (lanes) => {
        const centred = lanes.load(from).sub(lanes.load(statistics));
        const value = k.f32x4(centred.mulAdd(lanes.load(scale), lanes.load(bias)));
        lanes.store(to, activate(value, slopes));
      });
    });
  },
);

/** y`[rows, channels]` from x`[rows, channels]` and statistics`[2, channels]`. */
export const batchNorm = wasmOperation<"batchNorm">([batchNormKernel], (engine, shape, addresses) => {
  const { rows, channels, epsilon, slope } = shape, tiles = columnTiles(rows, channels);
  engine.run(batchNormKernel, tiles.split, { ...tiles.values, slope, epsilon, ...addresses });
});
