/**
 * Elementary functions of four single precision numbers, with the polynomials of the Cephes library (S. L. Moshier):
 * at most 2 units in the last place off.
 */
import { F32x4, type FunctionBuilder, I32x4 } from "../wasm/mod.ts";
import { EXP, EXP_MAXIMUM, EXP_MINIMUM, LN2_HIGH, LN2_LOW, LOG, SQRT_HALF_BITS } from "./polynomials.ts";

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
