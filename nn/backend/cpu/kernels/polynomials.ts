/** Polynomials of the Cephes library (S. L. Moshier) for exp and log in single precision: 2 units in the last place. */

/** ln 2 in two parts, of which multiples of the first by an exponent are exact. */
export const LN2_HIGH = 0.693359375, LN2_LOW = -2.12194440e-4;
/** exp stays a normal number between these; below, it gives the smallest one. */
export const EXP_MINIMUM = -87.3, EXP_MAXIMUM = 88.37;
/** (eˣ − 1 − x)/x² for |x| ≤ ½ ln 2, highest power first. */
export const EXP: readonly number[] = [
  1.9875691500e-4,
  1.3981999507e-3,
  8.3334519073e-3,
  4.1665795894e-2,
  1.6666665459e-1,
  5.0000001201e-1,
];
/** (log(1 + x) − x + ½x²)/x³ for √½ ≤ 1 + x < √2, highest power first. */
export const LOG: readonly number[] = [
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
export const SQRT_HALF_BITS = 0x3f3504f3;
