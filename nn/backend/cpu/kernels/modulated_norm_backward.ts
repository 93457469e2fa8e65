/** Gradients of the modulated norm: by columns what belongs to a sample's modulation, then row by row the input's. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4, I32, load } from "../wasm/mod.ts";
import { columnStrips, eachStrip, SUM_PARAMETERS, sumColumns } from "./column_sums.ts";
import { eachElement } from "./elements.ts";
import { rowGrain } from "./grain.ts";
import { ROW_PARAMETERS, rowArguments, rowSums } from "./modulated_norm.ts";

/** dScale += Σ dy·n and dShift += Σ dy over the rows of a sample, with n the normalised x. */
export const modulationGradientsKernel = defineKernel(
  "modulationGradients",
  { ...ROW_PARAMETERS, ...SUM_PARAMETERS, dy: "address", dScale: "address", dShift: "address" },
  (k, { cells, channels, strips, modulationBytes, x, means, inverses, dy, dScale, dShift }) => {
    const rowBytes = k.i32(channels.shl(2)), mean = k.f32x4(0), inverse = k.f32x4(0), gradient = k.f32x4(0);
    eachStrip(k, { channels, strips }, (sample, begin, end) => {
      const first = k.i32(sample.mul(cells)), at = k.i32(0), from = k.i32(0), fromGradient = k.i32(0);
      const [toScale, toShift] = [dScale, dShift].map((block) => k.i32(block.add(sample.mul(modulationBytes))));
      const eachRow = (add: () => void) => {
        from.set(x.add(first.mul(rowBytes)));
        fromGradient.set(dy.add(first.mul(rowBytes)));
        at.set(first.shl(2));
        k.range(0, cells, () => {
          mean.set(load.splatF32(means.add(at)));
          inverse.set(load.splatF32(inverses.add(at)));
          add();
          from.set(from.add(rowBytes));
          fromGradient.set(fromGradient.add(rowBytes));
          at.set(at.add(4));
        });
      };
      sumColumns(k, [begin, end], 2, eachRow, (lanes) => {
        gradient.set(lanes.load(fromGradient));
        return [lanes.load(from).sub(mean).mul(inverse).mul(gradient), gradient];
      }, (lanes, [scale, shift]) => {
        lanes.store(toScale, lanes.load(toScale).add(scale));
        lanes.store(toShift, lanes.load(toShift).add(shift));
      });
    });
  },
);

/** dx = (g − mean(g) − n·mean(g·n))·inverse with g = dy·(1 + scale), for rows `begin` … `end` − 1. */
export const modulatedInputGradientKernel = defineKernel(
  "modulatedInputGradient",
  { ...ROW_PARAMETERS, dy: "address", dx: "address" },
  (k, { cells, channels, modulationBytes, x, scale, means, inverses, dy, dx }) => {
    const rowBytes = k.i32(channels.shl(2)), count = k.f64(channels.unsignedToF64());
    const mean = k.f32x4(0), inverse = k.f32x4(0), normalised = k.f32x4(0), gradient = k.f32x4(0);
    const average = k.f32x4(0), projection = k.f32x4(0);
    k.range(k.begin, k.end, (row) => {
      const [from, fromGradient, to] = [x, dy, dx].map((base) => k.i32(base.add(row.mul(rowBytes))));
      const scales = k.i32(scale.add(row.div(cells).mul(modulationBytes))), at = k.i32(row.shl(2));
      mean.set(load.splatF32(means.add(at)));
      inverse.set(load.splatF32(inverses.add(at)));
      const read = (lanes: Parameters<Parameters<typeof eachElement>[3]>[0]) => {
        normalised.set(lanes.load(from).sub(mean).mul(inverse));
        gradient.set(lanes.load(scales).add(1).mul(lanes.load(fromGradient)));
      };
      const [sum, product] = rowSums(k, channels, 2, (lanes) => {
        read(lanes);
        return [gradient, gradient.mul(normalised)];
      });
      average.set(F32x4.splat(sum.total().div(count).toF32()));
      projection.set(F32x4.splat(product.total().div(count).toF32()));
      eachElement(k, I32.of(0), channels, (lanes) => {
        read(lanes);
        lanes.store(to, gradient.sub(average).sub(normalised.mul(projection)).mul(inverse));
      });
    });
  },
);

/** See `modulatedNormBackward` in the table. */
export const modulatedNormBackward = wasmOperation<"modulatedNormBackward">(
  [modulationGradientsKernel, modulatedInputGradientKernel],
  (engine, shape, { dy, dx, dModulation, ...operands }) => {
    const { samples, cells, channels, scale, shift } = shape, values = { ...rowArguments(shape, operands), dy };
    if (dModulation !== null) {
      const strips = columnStrips(samples, cells, channels);
      const [dScale, dShift] = [scale, shift].map((block) => dModulation + block * channels * 4);
      engine.run(modulationGradientsKernel, strips.split, { ...values, ...strips.values, dScale, dShift });
    }
    engine.run(modulatedInputGradientKernel, { count: samples * cells, grain: rowGrain(channels) }, { ...values, dx });
  },
);
