/**
 * Elementary functions of four single precision numbers, with the polynomials of the Cephes library (S. L. Moshier):
 * at most 2 units in the last place off.
 */
import { F32x4, type FunctionBuilder, I32x4 } from "../wasm/mod.ts";

const LN2_HIGH = 0.693359375, LN2_LOW = -2.12194440e-4;
/** exp stays a normal number between these; below, it gives the smallest one. */
const EXP_MINIMUM = -87.3, EXP_MAXIMUM = 88.37;
const EXP = [
  1.9875691500e-4,
  1.3981999507e-3,
  8.3334519073e-3,
  4.1665795894e-2,
  1.6666665459e-1,
  5.0000001201e-1,
];
const LOG = [
  7.0376836292e-2,
  -1.1514610310e-1,
  1.1676998740e-1,
  -1.2420140846e-1,
  1.4249322787e-1,
  -1.6668057665e-1,
  2.0000714765e-1,
  -2.4999993993e-1,
  3.3333331174e-1,
];
/** Bits of √½. */
const SQRT_HALF_BITS = 0x3f3504f3;

/** Horner's scheme, highest coefficient first. */
function polynomial(x: F32x4, coefficients: readonly number[]): F32x4 {
  return coefficients.slice(1).reduce((sum, c) => sum.mulAdd(x, c), F32x4.splat(coefficients[0]));
}

/** eˣ, clamped to normal numbers. */
export function exp(f: FunctionBuilder, argument: F32x4): F32x4 {
  const x = f.f32x4(argument.quickMax(EXP_MINIMUM).quickMin(EXP_MAXIMUM));
  const power = f.f32x4(x.mul(Math.LOG2E).nearest());
  x.set(power.mulAdd(-LN2_HIGH, x));
  x.set(power.mulAdd(-LN2_LOW, x));
  const mantissa = polynomial(x, EXP).mulAdd(x.mul(x), x).add(1);
  return f.f32x4(mantissa.mul(power.toI32x4().add(127).shl(23).as(F32x4)));
}

/** Natural logarithm of positive normal numbers. */
export function log(f: FunctionBuilder, argument: F32x4): F32x4 {
  const bits = f.i32x4(argument.as(I32x4));
  const power = f.i32x4(bits.sub(SQRT_HALF_BITS).shrSigned(23));
  // The mantissa between √½ and √2, minus 1.
  const x = f.f32x4(bits.sub(power.shl(23)).as(F32x4).sub(1));
  const exponent = f.f32x4(power.toF32x4());
  const square = f.f32x4(x.mul(x));
  const tail = f.f32x4(polynomial(x, LOG).mul(x).mul(square));
  tail.set(exponent.mulAdd(LN2_LOW, tail));
  tail.set(square.mulAdd(-0.5, tail));
  return f.f32x4(exponent.mulAdd(LN2_HIGH, x.add(tail)));
}

/** log(1 + x) for 0 ≤ x ≤ 1, accurate for small x too: log(w)·x/(w − 1) with w = 1 + x rounded. */
export function log1p(f: FunctionBuilder, argument: F32x4): F32x4 {
  const x = f.f32x4(argument);
  const w = f.f32x4(x.add(1));
  const step = f.f32x4(w.sub(1));
  const logarithm = log(f, w);
  return f.f32x4(step.eq(0).select<F32x4>(x, logarithm.mul(x).div(step)));
}
