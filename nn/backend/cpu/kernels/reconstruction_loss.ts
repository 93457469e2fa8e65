/** The class-weighted, γ-balanced reconstruction loss. */
import { wasmOperation } from "../operation.ts";
import { defineKernel, type KernelBuilder } from "../threads/kernel.ts";
import { F32x4, I32, I32x4, load } from "../wasm/mod.ts";
import { eachElement } from "./elements.ts";
import { log } from "./float_math.ts";
import { rowGrain } from "./grain.ts";
import { LaneSum } from "./sample_tasks.ts";

const PARAMETERS = {
  classes: "i32",
  labels: "address",
  weights: "address",
  p: "address",
  gamma: "f32",
  epsilon: "f32",
  partial: "address",
} as const;

/** weights·γ·log(ε + p) for the row's class, weights·(1 − γ)·log(1 + ε − p) for the others, as one logarithm. */
function lossTerms(
  k: KernelBuilder,
  values: Record<"gamma" | "epsilon", Parameters<typeof F32x4.splat>[0]>,
): (p: F32x4, isRight: I32x4, weights: F32x4) => F32x4 {
  const gamma = k.f32x4(F32x4.splat(values.gamma)), epsilon = k.f32x4(F32x4.splat(values.epsilon));
  const rest = k.f32x4(F32x4.splat(1).sub(gamma)), onePlusEpsilon = k.f32x4(epsilon.add(1));
  return (p, isRight, weights) => {
    const mask = k.i32x4(isRight), probability = k.f32x4(p);
    const argument = mask.select<F32x4>(epsilon.add(probability), onePlusEpsilon.sub(probability));
    return log(k, argument).mul(weights.mul(mask.select<F32x4>(gamma, rest)));
  };
}

/** partial`[task]` (float64) = the sum over known rows of twelve. */
export const reconstructionLoss12Kernel = defineKernel("reconstructionLoss12", PARAMETERS, (k, parameters) => {
  const { labels, weights, p, partial } = parameters;
  const term = lossTerms(k, parameters), sum = new LaneSum(k);
  const weightParts = [0, 16, 32].map((offset) => k.f32x4(load.f32x4(weights, offset)));
  const indices = [0, 4, 8].map((first) => I32x4.constant(first, first + 1, first + 2, first + 3));
  const at = k.i32(p.add(k.begin.mul(48))), own = k.i32(0), label = k.i32x4(0), row = k.f32x4(0);
  k.range(k.begin, k.end, (index) => {
    own.set(load.u8(labels.add(index)));
    k.if(own.lt(12), () => {
      label.set(I32x4.splat(own));
      const [a, b, c] = indices.map((index, part) =>
        k.f32x4(term(load.f32x4(at, part * 16), index.eq(label), weightParts[part]))
      );
      row.set(a.add(b).add(c));
      sum.add(row);
    });
    at.set(at.add(48));
  });
  k.store(partial.add(k.task.shl(3)), sum.total());
});

/** partial`[task]` (float64) = the sum over known rows of any length. */
export const reconstructionLossKernel = defineKernel("reconstructionLoss", PARAMETERS, (k, parameters) => {
  const { classes, labels, weights, p, partial } = parameters;
  const term = lossTerms(k, parameters), sum = new LaneSum(k);
  const at = k.i32(p.add(k.begin.mul(classes).shl(2))), own = k.i32(0);
  const label = k.i32x4(0), index = k.i32x4(0), value = k.f32x4(0);
  k.range(k.begin, k.end, (row) => {
    own.set(load.u8(labels.add(row)));
    k.if(own.lt(classes), () => {
      label.set(I32x4.splat(own));
      index.set(I32x4.constant(0, 1, 2, 3));
      eachElement(k, I32.of(0), classes, (lanes) => {
        value.set(lanes.counted(term(lanes.load(at), index.eq(label), lanes.load(weights))));
        sum.add(value);
        index.set(index.add(lanes.width));
      });
    });
    at.set(at.add(classes.shl(2)));
  });
  k.store(partial.add(k.task.shl(3)), sum.total());
});

/** loss (float32) = −Σ partial`[count]`/samples, in order. */
export const negativeMeanKernel = defineKernel(
  "negativeMean",
  { partial: "address", samples: "f64", loss: "address" },
  (k, { partial, samples, loss }) => {
    const sum = k.f64(0);
    k.range(k.begin, k.end, (index) => sum.set(sum.add(load.f64(partial.add(index.shl(3))))));
    k.store(loss, sum.neg().div(samples).toF32());
  },
);

/** loss`[1]` from uint8 labels`[rows]`, weights`[classes]`, probabilities`[rows, classes]`. */
export const reconstructionLoss = wasmOperation<"reconstructionLoss">(
  [reconstructionLossKernel, reconstructionLoss12Kernel, negativeMeanKernel],
  (engine, { rows, classes, samples, gamma, epsilon }, { labels, classWeights: weights, probabilities: p, loss }) => {
    const split = { count: rows, grain: rowGrain(classes) };
    const tasks = Math.ceil(split.count / split.grain);
    const partial = engine.workspace(tasks * 8);
    const kernel = classes === 12 ? reconstructionLoss12Kernel : reconstructionLossKernel;
    engine.run(kernel, split, { classes, labels, weights, p, gamma, epsilon, partial });
    engine.run(negativeMeanKernel, { count: tasks, grain: tasks }, { partial, samples, loss });
  },
);
