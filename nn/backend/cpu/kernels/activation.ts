/** The piecewise linear activations and their gradient. */
import type { Activation } from "../../backend.ts";
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4, type FunctionBuilder, type I32, I32x4 } from "../wasm/mod.ts";
import { eachElement } from "./elements.ts";
import { ELEMENT_GRAIN } from "./grain.ts";

/** Arguments of kernels that contain an activation. */
export const ACTIVATION_PARAMETERS = { slope: "f32", keepsZero: "i32" } as const;

/** Values of {@link ACTIVATION_PARAMETERS}: at 0 the derivative is 1, unless the slope is 0. */
export function activationArguments({ slope }: Activation): { slope: number; keepsZero: number } {
  return { slope, keepsZero: slope === 0 ? 0 : -1 };
}

/** x where it is positive, slope·x elsewhere. `x` is used three times. */
export function activate(x: F32x4, slope: F32x4): F32x4 {
  return x.gt(0).select<F32x4>(x, x.mul(slope));
}

/** dy times the derivative where the output is `y`. Both are used twice. `keepsZero`: 0, or −1 if 0 counts as positive. */
export function activationGradient(y: F32x4, dy: F32x4, slope: F32x4, keepsZero: I32x4): F32x4 {
  return y.gt(0).or(y.eq(0).and(keepsZero)).select<F32x4>(dy, dy.mul(slope));
}

/** Slope and {@link activationArguments}' flag in every lane, kept in locals. */
export function activationLanes(
  f: FunctionBuilder,
  slope: Parameters<typeof F32x4.splat>[0],
  keepsZero: I32,
): { slopes: F32x4; zeros: I32x4 } {
  return { slopes: f.f32x4(F32x4.splat(slope)), zeros: f.i32x4(I32x4.splat(keepsZero)) };
}

/** y = act(x). */
export const activationKernel = defineKernel(
  "activation",
  { slope: "f32", x: "address", y: "address" },
  (k, { slope, x, y }) => {
    const slopes = k.f32x4(F32x4.splat(slope));
    eachElement(k, k.begin, k.end, (lanes) => {
      const value = k.f32x4(lanes.load(x));
      lanes.store(y, activate(value, slopes));
    });
  },
);

/** dx = dy·act′. */
export const activationBackwardKernel = defineKernel(
  "activationBackward",
  { ...ACTIVATION_PARAMETERS, y: "address", dy: "address", dx: "address" },
  (k, { slope, keepsZero, y, dy, dx }) => {
    const { slopes, zeros } = activationLanes(k, slope, keepsZero);
    eachElement(k, k.begin, k.end, (lanes) => {
      const output = k.f32x4(lanes.load(y)), gradient = k.f32x4(lanes.load(dy));
      lanes.store(dx, activationGradient(output, gradient, slopes, zeros));
    });
  },
);

/** y = act(a + b). */
export const addActivationKernel = defineKernel(
  "addActivation",
  { slope: "f32", a: "address", b: "address", y: "address" },
  (k, { slope, a, b, y }) => {
    const slopes = k.f32x4(F32x4.splat(slope));
    eachElement(k, k.begin, k.end, (lanes) => {
      const sum = k.f32x4(lanes.load(a).add(lanes.load(b)));
      lanes.store(y, activate(sum, slopes));
    });
  },
);

/** y`[count]` = act(x). `x` and `y` are addresses, as below. */
export const activation = wasmOperation<"activation">([activationKernel], (engine, { count, slope }, { x, y }) => {
  engine.run(activationKernel, { count, grain: ELEMENT_GRAIN }, { slope, x, y });
});

/** dx`[count]` = dy·act′, told from the output y. */
export const activationBackward = wasmOperation<"activationBackward">(
  [activationBackwardKernel],
  (engine, shape, { y, dy, dx }) => {
    const values = { ...activationArguments(shape), y, dy, dx };
    engine.run(activationBackwardKernel, { count: shape.count, grain: ELEMENT_GRAIN }, values);
  },
);

/** y`[count]` = act(a + b). */
export const addActivation = wasmOperation<"addActivation">(
  [addActivationKernel],
  (engine, { count, slope }, { a, b, y }) => {
    engine.run(addActivationKernel, { count, grain: ELEMENT_GRAIN }, { slope, a, b, y });
  },
);
