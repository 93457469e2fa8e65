/**
 * Gradient of a softmax: dx = p·(g − Σp·g), with g the incoming gradient, that of the reconstruction loss computed on
 * the fly, or their sum.
 */
import { wasmOperation } from "../operation.ts";
import { defineKernel, type Kernel, type KernelBuilder } from "../threads/kernel.ts";
import { F32x4, I32, I32x4, load, type Local } from "../wasm/mod.ts";
import { eachElement, horizontalSum } from "./elements.ts";
import { rowGrain } from "./grain.ts";

const PARAMETERS = {
  classes: "i32",
  p: "address",
  dp: "address",
  labels: "address",
  weights: "address",
  /** −scale/samples·γ and scale/samples·(1 − γ): numerators of the loss's derivative. */
  right: "f32",
  wrong: "f32",
  epsilon: "f32",
  onePlusEpsilon: "f32",
  dx: "address",
} as const;

type Variant = { readonly incoming: boolean; readonly fused: boolean };

/** The derivative of the reconstruction loss, four classes at a time. */
class FusedGradient {
  readonly #right: F32x4;
  readonly #wrong: F32x4;
  readonly #epsilon: F32x4;
  readonly #onePlusEpsilon: F32x4;
  readonly #label: Local<I32x4>;
  /** All bits of each lane set where the row's voxel is known. */
  readonly #isKnown: Local<I32x4>;

  constructor(
    readonly k: KernelBuilder,
    values: Record<"right" | "wrong" | "epsilon" | "onePlusEpsilon", Parameters<typeof F32x4.splat>[0]>,
  ) {
    const splat = (value: Parameters<typeof F32x4.splat>[0]) => k.f32x4(F32x4.splat(value));
    this.#right = splat(values.right);
    this.#wrong = splat(values.wrong);
    this.#epsilon = splat(values.epsilon);
    this.#onePlusEpsilon = splat(values.onePlusEpsilon);
    this.#label = k.i32x4(0);
    this.#isKnown = k.i32x4(0);
  }

  /** Starts a row of the class at address `label`, one of `classes`. */
  startRow(label: I32, classes: I32): void {
    this.#label.set(I32x4.splat(load.u8(label)));
    this.#isKnown.set(this.#label.ltSigned(I32x4.splat(classes)));
  }

  /** The derivative for probabilities `p` of the classes `index`; 0 where nothing is known. */
  at(p: F32x4, index: I32x4, weights: F32x4): F32x4 {
    const isRight = this.k.i32x4(index.eq(this.#label));
    const numerator = isRight.select<F32x4>(this.#right, this.#wrong);
    const denominator = isRight.select<F32x4>(this.#epsilon.add(p), this.#onePlusEpsilon.sub(p));
    return this.#isKnown.select<F32x4>(weights.mul(numerator.div(denominator)), F32x4.splat(0));
  }
}

/** Incoming and fused gradient of one vector; kept in a local. */
function gradientOf(k: KernelBuilder, { incoming, fused }: Variant, dp: F32x4, loss: () => F32x4): F32x4 {
  if (!fused) return k.f32x4(dp);
  return k.f32x4(incoming ? loss().add(dp) : loss());
}

const FIRST_INDICES = I32x4.constant(0, 1, 2, 3);

/** Rows of twelve, in registers. */
function rowsOfTwelve(variant: Variant): Kernel<typeof PARAMETERS> {
  return defineKernel(`softmaxBackward12 ${JSON.stringify(variant)}`, PARAMETERS, (k, { p, dp, dx, ...values }) => {
    const offset = k.i32(k.begin.mul(48));
    const [pAt, dpAt, dxAt] = [p, dp, dx].map((base) => k.i32(base.add(offset)));
    const fused = variant.fused ? new FusedGradient(k, values) : null;
    const weights = [0, 16, 32].map((at) => fused && k.f32x4(load.f32x4(values.weights, at)));
    k.range(k.begin, k.end, (row) => {
      fused?.startRow(values.labels.add(row), I32.of(12));
      const parts = [0, 16, 32].map((at) => k.f32x4(load.f32x4(pAt, at)));
      const gradients = parts.map((part, index) =>
        gradientOf(
          k,
          variant,
          load.f32x4(dpAt, index * 16),
          () => fused!.at(part, I32x4.constant(...lanesFrom(index * 4)), weights[index]!),
        )
      );
      const products = parts.map((part, index) => part.mul(gradients[index]));
      const dot = horizontalSum(k, products[0].add(products[1]).add(products[2]));
      parts.forEach((part, index) => k.store(dxAt, part.mul(gradients[index].sub(dot)), index * 16));
      for (const at of [pAt, dpAt, dxAt]) at.set(at.add(48));
    });
  });
}

function lanesFrom(first: number): [number, number, number, number] {
  return [first, first + 1, first + 2, first + 3];
}

/** Rows of any length; the gradient is computed twice. */
function rowsOfAnyLength(variant: Variant): Kernel<typeof PARAMETERS> {
  return defineKernel(
    `softmaxBackward ${JSON.stringify(variant)}`,
    PARAMETERS,
    (k, { classes, p, dp, dx, ...values }) => {
      const rowBytes = k.i32(classes.shl(2));
      const offset = k.i32(k.begin.mul(rowBytes));
      const [pAt, dpAt, dxAt] = [p, dp, dx].map((base) => k.i32(base.add(offset)));
      const fused = variant.fused ? new FusedGradient(k, values) : null;
      const dot = k.f32x4(0), index = k.i32x4(0);
      k.range(k.begin, k.end, (row) => {
        fused?.startRow(values.labels.add(row), classes);
        /** Runs `use` with p and g of every class; `index` steps by one in the tail, where only its first lane counts. */
        const pass = (
          use: (part: F32x4, gradient: F32x4, lanes: Parameters<Parameters<typeof eachElement>[3]>[0]) => void,
        ) => {
          index.set(FIRST_INDICES);
          eachElement(k, I32.of(0), classes, (lanes) => {
            const part = k.f32x4(lanes.load(pAt));
            const gradient = gradientOf(
              k,
              variant,
              lanes.load(dpAt),
              () => fused!.at(part, index, lanes.load(values.weights)),
            );
            use(part, gradient, lanes);
            index.set(index.add(lanes.width));
          });
        };
        dot.set(F32x4.splat(0));
        pass((part, gradient, lanes) => dot.set(dot.add(lanes.counted(part.mul(gradient)))));
        dot.set(horizontalSum(k, dot));
        pass((part, gradient, lanes) => lanes.store(dxAt, part.mul(gradient.sub(dot))));
        for (const at of [pAt, dpAt, dxAt]) at.set(at.add(rowBytes));
      });
    },
  );
}

const VARIANTS: readonly Variant[] = [
  { incoming: true, fused: false },
  { incoming: false, fused: true },
  { incoming: true, fused: true },
];
const OF_TWELVE = VARIANTS.map(rowsOfTwelve), OF_ANY_LENGTH = VARIANTS.map(rowsOfAnyLength);

/** See `softmaxBackward` in the table. The kernels: with an incoming gradient, with the loss's, with both. */
export const softmaxBackward = wasmOperation<"softmaxBackward">(
  [...OF_TWELVE, ...OF_ANY_LENGTH],
  (
    engine,
    { rows, classes, reconstruction },
    { probabilities: p, dProbabilities: dp, labels, classWeights, dLogits },
  ) => {
    const fits = ({ incoming, fused }: Variant) => incoming === (dp !== null) && fused === (reconstruction !== null);
    const kernel = (classes === 12 ? OF_TWELVE : OF_ANY_LENGTH)[VARIANTS.findIndex(fits)];
    const { scale, samples, gamma, epsilon } = reconstruction ?? { scale: 0, samples: 1, gamma: 0, epsilon: 0 };
    const factor = scale / samples;
    engine.run(kernel, { count: rows, grain: rowGrain(classes) }, {
      ...{ classes, p, epsilon, dx: dLogits },
      // Variants that ignore an operand get an address that may be read.
      dp: dp ?? p,
      labels: labels ?? 0,
      weights: classWeights ?? 0,
      right: -factor * gamma,
      wrong: factor * (1 - gamma),
      onePlusEpsilon: 1 + Math.fround(epsilon),
    });
  },
);
