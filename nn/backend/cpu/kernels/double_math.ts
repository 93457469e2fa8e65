/**
 * Logarithm, sine and cosine of two double precision numbers at a time, with the polynomials of fdlibm (Sun
 * Microsystems): about one unit in the last place off.
 */
import { F64x2, type FunctionBuilder, I64x2 } from "../wasm/mod.ts";

const LN2_HIGH = 6.93147180369123816490e-01, LN2_LOW = 1.90821492927058770002e-10;
const LOG = [
  1.479819860511658591e-01,
  1.531383769920937332e-01,
  1.818357216161805012e-01,
  2.222219843214978396e-01,
  2.857142874366239149e-01,
  3.999999999940941908e-01,
  6.666666666666735130e-01,
];
const SINE = [
  1.58969099521155010221e-10,
  -2.50507602534068634195e-08,
  2.75573137070700676789e-06,
  -1.98412698298579493134e-04,
  8.33333333332248946124e-03,
  -1.66666666666666324348e-01,
];
const COSINE = [
  -1.13596475577881948265e-11,
  2.08757232129817482790e-09,
  -2.75573143513906633035e-07,
  2.48015872894767294178e-05,
  -1.38888888888741095749e-03,
  4.16666666666666019037e-02,
];
/** Bits of 1, of √½ and of 2⁵² (a double whose low bits are those of a whole number added to it). */
const ONE_BITS = 0x3ff0000000000000n, SQRT_HALF_BITS = 0x3fe6a09e667f3bcdn, TWO_52_BITS = 0x4330000000000000n;

/** Horner's scheme, highest coefficient first. */
function polynomial(x: F64x2, coefficients: readonly number[]): F64x2 {
  return coefficients.slice(1).reduce((sum, c) => sum.mulAdd(x, c), F64x2.splat(coefficients[0]));
}

/** log(x·2^exponent) for normal x; exact powers of two come in through `exponent` without rounding. */
export function logScaled(f: FunctionBuilder, x: F64x2, exponent: number): F64x2 {
  const bits = f.i64x2(x.as(I64x2));
  const biased = f.i64x2(bits.add(I64x2.splat(ONE_BITS - SQRT_HALF_BITS)).shr(52));
  const mantissa = bits.sub(biased.shl(52)).add(I64x2.splat(ONE_BITS)).as(F64x2);
  const power = f.f64x2(biased.or(I64x2.splat(TWO_52_BITS)).as(F64x2).sub(2 ** 52 + 1023 - exponent));
  const fraction = f.f64x2(mantissa.sub(1));
  const s = f.f64x2(fraction.div(fraction.add(2)));
  const square = f.f64x2(s.mul(s));
  const half = f.f64x2(fraction.mul(fraction).mul(0.5));
  const tail = square.mul(polynomial(square, LOG)).add(half).mul(s).add(power.mul(LN2_LOW));
  return f.f64x2(power.mul(LN2_HIGH).sub(half.sub(tail).sub(fraction)));
}

/** Sine and cosine of angles between −π/4 and π/4. */
export function sineAndCosine(f: FunctionBuilder, angle: F64x2): { sine: F64x2; cosine: F64x2 } {
  const x = f.f64x2(angle), square = f.f64x2(x.mul(x));
  const sine = f.f64x2(x.mul(square).mulAdd(polynomial(square, SINE), x));
  const tail = square.mul(square).mul(polynomial(square, COSINE));
  const cosine = f.f64x2(F64x2.splat(1).sub(square.mul(0.5)).add(tail));
  return { sine, cosine };
}
