/**
 * Gradient of batch norm through the batch's own statistics: with d = dy·act′ and the column sums S₁ = Σd and
 * S₂ = Σd·(x − mean), dx = scale·(d − S₁/rows − (x − mean)·S₂/(rows·(variance + ε))).
 */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4, F64x2, type I32, load } from "../wasm/mod.ts";
import { ACTIVATION_PARAMETERS, activationArguments, activationGradient, activationLanes } from "./activation.ts";
import { tileScales } from "./batch_norm.ts";
import { addTiles } from "./batch_statistics.ts";
import { columnTiles, TILE_PARAMETERS, tileOf } from "./column_tiles.ts";
import { eachElement } from "./elements.ts";
import { rowGrain } from "./grain.ts";

const OPERANDS = {
  ...TILE_PARAMETERS,
  ...ACTIVATION_PARAMETERS,
  epsilon: "f32",
  x: "address",
  statistics: "address",
  gain: "address",
  bias: "address",
  dy: "address",
} as const;

/** partial`[down, 2, channels]` (float64): the tile's S₁ and S₂. */
export const columnGradientSumsKernel = defineKernel(
  "columnGradientSums",
  { ...OPERANDS, partial: "address" },
  (k, { slope, keepsZero, epsilon, x, statistics, gain, bias, dy, partial, ...parameters }) => {
    const { channels } = parameters;
    const tile = tileOf(k, parameters);
    const { slopes, zeros } = activationLanes(k, slope, keepsZero);
    const sums = k.i32(partial.add(tile.down.mul(channels).shl(4)));
    const products = k.i32(sums.add(channels.shl(3)));
    const scale = tileScales(k, tile, k.i32(statistics.add(tile.rowBytes)), gain, k.f32x4(F32x4.splat(epsilon)));
    const first = k.i32(x.add(tile.rowBegin.mul(tile.rowBytes)));
    const last = k.i32(x.add(tile.rowEnd.mul(tile.rowBytes)));
    const xToDy = k.i32(dy.sub(x));

    /** Sums four adjacent columns, or one that `read` gives in every lane. */
    const block = (channel: I32, read: (at: I32) => F32x4, write: (at: I32, low: F64x2, high: F64x2) => void) => {
      const offset = k.i32(channel.shl(2));
      const [mean, factor, shift] = [statistics, scale, bias].map((base) => k.f32x4(read(base.add(offset))));
      const sum = [k.f64x2(0), k.f64x2(0)], product = [k.f64x2(0), k.f64x2(0)];
      const at = k.i32(first.add(offset)), end = k.i32(last.add(offset));
      const centred = k.f32x4(0), value = k.f32x4(0), gradient = k.f32x4(0);
      k.while(at.lt(end), () => {
        centred.set(read(at).sub(mean));
        value.set(centred.mulAdd(factor, shift));
        gradient.set(read(at.add(xToDy)));
        gradient.set(activationGradient(value, gradient, slopes, zeros));
        centred.set(centred.mul(gradient));
        sum[0].set(sum[0].add(gradient.lowToF64x2()));
        sum[1].set(sum[1].add(gradient.highToF64x2()));
        product[0].set(product[0].add(centred.lowToF64x2()));
        product[1].set(product[1].add(centred.highToF64x2()));
        at.set(at.add(tile.rowBytes));
      });
      write(sums.add(channel.shl(3)), sum[0], sum[1]);
      write(products.add(channel.shl(3)), product[0], product[1]);
    };
    const afterFours = k.steps(
      tile.channelBegin,
      tile.channelEnd,
      4,
      (channel) =>
        block(channel, (at) => load.f32x4(at), (at, low, high) => {
          k.store(at, low);
          k.store(at, high, 16);
        }),
    );
    k.range(
      afterFours,
      tile.channelEnd,
      (channel) => block(channel, (at) => load.splatF32(at), (at, low) => k.store(at, low.lane(0))),
    );
  },
);

/** From the tiles' sums: means`[2, channels]` (float32) for {@link batchNormBackward}; dGain and dBias, unless 0. */
export const columnGradientsKernel = defineKernel(
  "columnGradients",
  {
    partial: "address",
    statistics: "address",
    means: "address",
    dGain: "address",
    dBias: "address",
    tiles: "i32",
    channels: "i32",
    rows: "f64",
    epsilon: "f64",
  },
  (k, { partial, statistics, means, dGain, dBias, tiles, channels, rows, epsilon }) => {
    k.range(k.begin, k.end, (channel) => {
      const [sum, product] = addTiles(k, partial, tiles, channels, channel);
      const offset = k.i32(channel.shl(2)), second = k.i32(offset.add(channels.shl(2)));
      const variance = k.f64(load.f32(statistics.add(second)).toF64().add(epsilon));
      k.store(means.add(offset), sum.div(rows).toF32());
      k.store(means.add(second), product.div(variance).div(rows).toF32());
      k.if(dGain, () => {
        const gainAt = k.i32(dGain.add(offset)), biasAt = k.i32(dBias.add(offset));
        k.store(gainAt, load.f32(gainAt).toF64().add(product.div(variance.sqrt())).toF32());
        k.store(biasAt, load.f32(biasAt).toF64().add(sum).toF32());
      });
    });
  },
);

/** dx of one tile. */
export const batchNormInputGradientKernel = defineKernel(
  "batchNormInputGradient",
  { ...OPERANDS, means: "address", dx: "address" },
  (k, { slope, keepsZero, epsilon, x, statistics, gain, bias, dy, means, dx, ...parameters }) => {
    const tile = tileOf(k, parameters);
    const { slopes, zeros } = activationLanes(k, slope, keepsZero);
    const scale = tileScales(k, tile, k.i32(statistics.add(tile.rowBytes)), gain, k.f32x4(F32x4.splat(epsilon)));
    const projection = k.i32(means.add(tile.rowBytes));
    k.range(tile.rowBegin, tile.rowEnd, (row) => {
      const offset = k.i32(row.mul(tile.rowBytes));
      const [xRow, dyRow, dxRow] = [x, dy, dx].map((base) => k.i32(base.add(offset)));
      eachElement(k, tile.channelBegin, tile.channelEnd, (lanes) => {
        const centred = k.f32x4(lanes.load(xRow).sub(lanes.load(statistics)));
        const factor = k.f32x4(lanes.load(scale));
        const value = k.f32x4(centred.mulAdd(factor, lanes.load(bias)));
        const gradient = k.f32x4(lanes.load(dyRow));
        const remaining = activationGradient(value, gradient, slopes, zeros).sub(lanes.load(means))
          .sub(centred.mul(lanes.load(projection)));
        lanes.store(dxRow, factor.mul(remaining));
      });
    });
  },
);

/** See `batchNormGradientMeans` in the table: the second mean is over √(variance + ε). */
export const batchNormGradientMeans = wasmOperation<"batchNormGradientMeans">(
  [columnGradientSumsKernel, columnGradientsKernel],
  (engine, shape, { means, dGain, dBias, ...inputs }) => {
    const { rows, channels, epsilon } = shape, { statistics } = inputs;
    const tiles = columnTiles(rows, channels);
    const partial = engine.workspace(tiles.tilesDown * 2 * channels * 8);
    const values = { ...tiles.values, ...activationArguments(shape), epsilon, ...inputs };
    engine.run(columnGradientSumsKernel, tiles.split, { ...values, partial });
    engine.run(columnGradientsKernel, { count: channels, grain: rowGrain(tiles.tilesDown) }, {
      ...{ partial, statistics, means, dGain: dGain ?? 0, dBias: dBias ?? 0, channels, rows, epsilon },
      tiles: tiles.tilesDown,
    });
  },
);

/** See `batchNormBackward` in the table. */
export const batchNormBackward = wasmOperation<"batchNormBackward">(
  [batchNormInputGradientKernel],
  (engine, shape, addresses) => {
    const tiles = columnTiles(shape.rows, shape.channels);
    const values = { ...tiles.values, ...activationArguments(shape), epsilon: shape.epsilon, ...addresses };
    engine.run(batchNormInputGradientKernel, tiles.split, values);
  },
);
