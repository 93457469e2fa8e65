/**
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011)
 * and the Box-Muller transform. This file is the definition; every engine must agree with it.
 *
 * Element i of a sequence comes from block floor(i/4), lane i mod 4. The block's counter is
 * `[block mod 2³², floor(block / 2³²), iteration, 0]`, its key `[seed, stream]`. The four words u0..u3 make two pairs
 * (u0,u1), (u2,u3); with a = (u + 0.5)·2⁻³² for the first and b = u'·2⁻³² for the second of a pair, its two normal
 * numbers are √(−2 ln a)·cos(2πb) and √(−2 ln a)·sin(2πb), in double precision and rounded to float32.
 */

/** Names a sequence of numbers: the same key gives the same numbers on every engine and after every resume. */
export interface RandomKey {
  /** Any unsigned 32-bit number. */
  readonly seed: number;
  /** What the numbers are for (initialisation, latent codes, shuffling, ...). */
  readonly stream: number;
  /** Position in the run, e.g. the iteration. */
  readonly iteration: number;
}

/** What Philox4x32 multiplies words 0 and 2 with. */
export const PHILOX_MULTIPLIER = [0xD2511F53, 0xCD9E8D57] as const;
/** What the two key words grow by from round to round. */
export const PHILOX_WEYL = [0x9E3779B9, 0xBB67AE85] as const;
/** Rounds per block. */
export const PHILOX_ROUNDS = 10;

/** High 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16, bLow = b & 0xffff, bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** Writes the four words of one block into `out`. */
export function philox(block: number, key: RandomKey, out: Uint32Array): void {
  let c0 = block >>> 0, c1 = Math.floor(block / 2 ** 32) >>> 0, c2 = key.iteration >>> 0, c3 = 0;
  let k0 = key.seed >>> 0, k1 = key.stream >>> 0;
  for (let round = 0; round < PHILOX_ROUNDS; round++) {
    const high0 = multiplyHigh(PHILOX_MULTIPLIER[0], c0), low0 = Math.imul(PHILOX_MULTIPLIER[0], c0) >>> 0;
    const high1 = multiplyHigh(PHILOX_MULTIPLIER[1], c2), low1 = Math.imul(PHILOX_MULTIPLIER[1], c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + PHILOX_WEYL[0]) >>> 0;
    k1 = (k1 + PHILOX_WEYL[1]) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** Fills `out` with the first numbers of the sequence: normal with the given mean and standard deviation. */
export function fillNormal(out: Float32Array, key: RandomKey, mean = 0, deviation = 1): void {
  const words = new Uint32Array(4);
  for (let start = 0, block = 0; start < out.length; start += 4, block++) {
    philox(block, key, words);
    for (let pair = 0; pair < 4; pair += 2) {
      const radius = Math.sqrt(-2 * Math.log((words[pair] + 0.5) * 2 ** -32));
      const angle = 2 * Math.PI * (words[pair + 1] * 2 ** -32);
      if (start + pair < out.length) out[start + pair] = radius * Math.cos(angle) * deviation + mean;
      if (start + pair + 1 < out.length) out[start + pair + 1] = radius * Math.sin(angle) * deviation + mean;
    }
  }
}

/** A generator of uniform numbers in [0, 1) for code that draws one at a time (shuffles, procedural rooms). */
export class UniformSequence {
  readonly #words = new Uint32Array(4);
  #next = 0;

  constructor(readonly key: RandomKey) {}

  /** The next number in [0, 1), with 32 random bits. */
  next(): number {
    const lane = this.#next % 4;
    if (lane === 0) philox(Math.floor(this.#next / 4), this.key, this.#words);
    this.#next++;
    return this.#words[lane] * 2 ** -32;
  }

  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
}
