/** Elementary functions and joins of lanes in registers; the same polynomials as in WebAssembly. */
import { EXP, LN2_HIGH, LN2_LOW, LOG, SQRT_HALF_BITS } from "../../kernels/polynomials.ts";
import type { VectorRegister } from "../assembler/mod.ts";
import type { CodeBuilder } from "../code_builder.ts";

/** Bits below the exponent of a float32. */
const MANTISSA_BITS = 23;
const BIAS = 127;
/** Below, exp gives e to this: divided by the sum of a row it is a normal number still. Others take 20 times as long. */
const EXP_MINIMUM = -84;

/** sum = Horner's scheme in `x`, highest coefficient first. */
function polynomial(k: CodeBuilder, sum: VectorRegister, x: VectorRegister, coefficients: readonly number[]): void {
  k.vmovups(sum, k.constant(coefficients[0]));
  for (const coefficient of coefficients.slice(1)) k.vfmadd213ps(sum, x, k.constant(coefficient));
}

/** x = eˣ for x ≤ 0, at least e⁻⁸⁴. NaN stays. Uses three registers. */
export function exp(k: CodeBuilder, x: VectorRegister, spare: readonly VectorRegister[]): void {
  const [power, sum, exponent] = spare;
  k.vmovups(sum, k.constant(EXP_MINIMUM));
  k.vmaxps(x, sum, x);
  k.vmulps(power, x, k.constant(Math.LOG2E));
  k.vcvtps2dq(exponent, power);
  k.vcvtdq2ps(power, exponent);
  k.vfnmadd231ps(x, power, k.constant(LN2_HIGH));
  k.vfnmadd231ps(x, power, k.constant(LN2_LOW));
  polynomial(k, sum, x, EXP);
  k.vmulps(power, x, x);
  k.vfmadd213ps(sum, power, x);
  k.vaddps(sum, sum, k.constant(1));
  k.vpaddd(exponent, exponent, k.constantBits(BIAS));
  k.vpslld(exponent, exponent, MANTISSA_BITS);
  k.vmulps(x, sum, exponent);
}

/** x = natural logarithm of x, a positive normal number. Uses three registers. */
export function log(k: CodeBuilder, x: VectorRegister, spare: readonly VectorRegister[]): void {
  const [exponent, tail, square] = spare;
  k.vpsubd(exponent, x, k.constantBits(SQRT_HALF_BITS));
  k.vpsrad(exponent, exponent, MANTISSA_BITS);
  // The mantissa between √½ and √2, minus 1.
  k.vpslld(square, exponent, MANTISSA_BITS);
  k.vpsubd(x, x, square);
  k.vsubps(x, x, k.constant(1));
  k.vcvtdq2ps(exponent, exponent);
  k.vmulps(square, x, x);
  polynomial(k, tail, x, LOG);
  k.vmulps(tail, tail, x);
  k.vmulps(tail, tail, square);
  k.vfmadd231ps(tail, exponent, k.constant(LN2_LOW));
  k.vfnmadd231ps(tail, square, k.constant(0.5));
  k.vaddps(x, x, tail);
  k.vfmadd231ps(x, exponent, k.constant(LN2_HIGH));
}

/** Every lane of `value` = the sum or the maximum over its lanes. */
export function joinLanes(
  k: CodeBuilder,
  how: "vaddps" | "vmaxps",
  value: VectorRegister,
  spare: VectorRegister,
): void {
  for (let step = 0; step < k.vectors.swapSteps; step++) {
    k.vectors.swapLanes(k, step, spare, value);
    k[how](value, value, spare);
  }
}
