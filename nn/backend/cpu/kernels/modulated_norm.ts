/** Each row normalised by itself, then scaled and shifted by blocks of its sample's row of modulations. */
import type { ModulatedNormShape } from "../../backend.ts";
import { wasmOperation } from "../operation.ts";
import { defineKernel, type KernelBuilder } from "../threads/kernel.ts";
import { F32, F32x4, I32, load, type Local } from "../wasm/mod.ts";
import { eachElement } from "./elements.ts";
import { rowGrain } from "./grain.ts";
import { LaneSum } from "./sample_tasks.ts";

/** Sizes and operands of all kernels of this norm; `scale` and `shift` are the first sample's blocks. */
export const ROW_PARAMETERS = {
  cells: "i32",
  channels: "i32",
  /** Bytes of a row of the modulation. */
  modulationBytes: "i32",
  x: "address",
  scale: "address",
  shift: "address",
  means: "address",
  inverses: "address",
} as const;

/** Values of {@link ROW_PARAMETERS}. */
export function rowArguments(
  { samples, cells, channels, blocks, scale, shift }: ModulatedNormShape,
  { x, modulation, statistics }: Readonly<Record<"x" | "modulation" | "statistics", number>>,
): { readonly [Name in keyof typeof ROW_PARAMETERS]: number } {
  const block = (index: number) => modulation + index * channels * 4;
  return {
    ...{ cells, channels, x, modulationBytes: blocks * channels * 4 },
    ...{ scale: block(scale), shift: block(shift), means: statistics, inverses: statistics + samples * cells * 4 },
  };
}

/** Sums in double precision over `channels` floats: what `terms` gives for each four of them. */
export function rowSums(
  k: KernelBuilder,
  channels: Local<I32>,
  count: number,
  terms: (...lanes: Parameters<Parameters<typeof eachElement>[3]>) => readonly F32x4[],
): LaneSum[] {
  const sums = Array.from({ length: count }, () => new LaneSum(k)), value = k.f32x4(0);
  eachElement(k, I32.of(0), channels, (lanes) => {
    terms(lanes).forEach((term, index) => {
      value.set(lanes.counted(term));
      sums[index].add(value);
    });
  });
  return sums;
}

/** Rows `begin` … `end` − 1 of y, and their statistics. */
export const modulatedNormKernel = defineKernel(
  "modulatedNorm",
  { ...ROW_PARAMETERS, epsilon: "f64", y: "address" },
  (k, { cells, channels, modulationBytes, x, scale, shift, means, inverses, epsilon, y }) => {
    const rowBytes = k.i32(channels.shl(2)), count = k.f64(channels.unsignedToF64());
    const mean = k.f32x4(0), inverse = k.f32x4(0), centred = k.f32x4(0);
    k.range(k.begin, k.end, (row) => {
      const from = k.i32(x.add(row.mul(rowBytes))), to = k.i32(y.add(row.mul(rowBytes)));
      const sample = k.i32(row.div(cells).mul(modulationBytes)), at = k.i32(row.shl(2));
      const scales = k.i32(scale.add(sample)), shifts = k.i32(shift.add(sample));
      const [sum] = rowSums(k, channels, 1, (lanes) => [lanes.load(from)]);
      k.store(means.add(at), sum.total().div(count).toF32());
      mean.set(load.splatF32(means.add(at)));
      const [squares] = rowSums(k, channels, 1, (lanes) => {
        centred.set(lanes.load(from).sub(mean));
        return [centred.mul(centred)];
      });
      k.store(inverses.add(at), F32.of(1).toF64().div(squares.total().div(count).add(epsilon).sqrt()).toF32());
      inverse.set(load.splatF32(inverses.add(at)));
      eachElement(k, I32.of(0), channels, (lanes) => {
        const normalised = lanes.load(from).sub(mean).mul(inverse);
        lanes.store(to, normalised.mulAdd(lanes.load(scales).add(1), lanes.load(shifts)));
      });
    });
  },
);

/** See `modulatedNorm` in the table. */
export const modulatedNorm = wasmOperation<"modulatedNorm">(
  [modulatedNormKernel],
  (engine, shape, { y, ...operands }) => {
    const { samples, cells, channels, epsilon } = shape;
    const values = { ...rowArguments(shape, operands), epsilon, y };
    engine.run(modulatedNormKernel, { count: samples * cells, grain: rowGrain(channels) }, values);
  },
);
