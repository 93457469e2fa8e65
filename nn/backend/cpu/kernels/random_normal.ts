/** The normal numbers of `base/random.ts`: four Philox blocks, sixteen numbers, at a time. */
import { PHILOX_MULTIPLIER, PHILOX_ROUNDS, PHILOX_WEYL } from "../../../../base/random.ts";
import { wasmOperation } from "../operation.ts";
import { defineKernel, type KernelBuilder } from "../threads/kernel.ts";
import { type F64, F64x2, type I32, I32x4, type Local } from "../wasm/mod.ts";
import { logScaled, sineAndCosine } from "./double_math.ts";
import { ELEMENT_GRAIN } from "./grain.ts";

/** Numbers per turn of the loop. */
const AT_ONCE = 16;

/** High and low words of the 64-bit products of four words with a constant. */
function multiply(k: KernelBuilder, words: I32x4, factor: number): { high: I32x4; low: I32x4 } {
  const factors = I32x4.splat(factor);
  const first = k.i32x4(words.multiplyLow(factors).as(I32x4)), second = k.i32x4(words.multiplyHigh(factors).as(I32x4));
  return { high: first.shuffle(second, [1, 3, 5, 7]), low: first.shuffle(second, [0, 2, 4, 6]) };
}

/** The words of four consecutive blocks from `block` on, word by word. */
function philox(k: KernelBuilder, block: I32, iteration: I32, seed: I32, stream: I32): I32x4[] {
  let c0: I32x4 = k.i32x4(I32x4.splat(block).add(I32x4.constant(0, 1, 2, 3)));
  let c1: I32x4 = I32x4.splat(0), c2: I32x4 = I32x4.splat(iteration), c3: I32x4 = I32x4.splat(0);
  for (let round = 0; round < PHILOX_ROUNDS; round++) {
    const a = multiply(k, c0, PHILOX_MULTIPLIER[0]), b = multiply(k, c2, PHILOX_MULTIPLIER[1]);
    const key0 = I32x4.splat(seed.add(Math.imul(round, PHILOX_WEYL[0]))),
      key1 = I32x4.splat(stream.add(Math.imul(round, PHILOX_WEYL[1])));
    [c0, c2] = [k.i32x4(b.high.xor(c1).xor(key0)), k.i32x4(a.high.xor(c3).xor(key1))];
    [c1, c3] = [k.i32x4(b.low), k.i32x4(a.low)];
  }
  return [c0, c1, c2, c3];
}

/** Two pairs of normal numbers from two first words and two second words (the first lanes of each). */
function boxMuller(
  k: KernelBuilder,
  first: I32x4,
  second: I32x4,
  mean: F64x2,
  deviation: F64x2,
): { cosines: F64x2; sines: F64x2 } {
  const radius = k.f64x2(logScaled(k, first.lowUnsignedToF64x2().add(0.5), -32).mul(-2).sqrt());
  // The angle is a multiple of a quarter turn and a rest between −1/8 and 1/8 of a turn.
  const turns = k.i32x4(second);
  const quarter = k.i32x4(turns.add(1 << 29).shr(30));
  const rest = turns.sub(quarter.shl(30)).lowToF64x2().mul(2 * Math.PI * 2 ** -32);
  const { sine, cosine } = sineAndCosine(k, rest);
  // Masks and signs for 64-bit lanes, from the 32-bit lanes 0 and 1.
  const wide = k.i32x4(quarter.shuffle(quarter, [0, 0, 1, 1]));
  const odd = k.i32x4(wide.and(I32x4.splat(1)).eq(1));
  const signBit = I32x4.constant(0, 1 << 31, 0, 1 << 31);
  const cosineSign = wide.add(1).shl(30).and(signBit), sineSign = wide.shl(30).and(signBit);
  const number = (size: F64x2, sign: I32x4) => k.f64x2(radius.mul(size.xor(sign)).mul(deviation).add(mean));
  return {
    cosines: number(odd.select<F64x2>(sine, cosine), cosineSign),
    sines: number(odd.select<F64x2>(cosine, sine), sineSign),
  };
}

/** Numbers `begin` … `end` − 1 of the sequence; `begin` is a multiple of 16. */
export const randomNormalKernel = defineKernel(
  "randomNormal",
  { seed: "i32", stream: "i32", iteration: "i32", mean: "f64", deviation: "f64", x: "address" },
  (k, { seed, stream, iteration, mean, deviation, x }) => {
    const splat = (value: Local<F64>) => k.f64x2(F64x2.splat(value));
    const means = splat(mean), deviations = splat(deviation);
    const sixteen = (index: I32, to: I32) => {
      const words = philox(k, k.i32(index.shr(2)), iteration, seed, stream);
      for (const half of [0, 1]) {
        const lanes = half === 0 ? [0, 1, 0, 1] as const : [2, 3, 2, 3] as const;
        const pairs = [0, 2].map((word) => {
          const [first, second] = [words[word], words[word + 1]].map((value) => value.shuffle(value, lanes));
          const { cosines, sines } = boxMuller(k, first, second, means, deviations);
          return k.f32x4(cosines.toF32x4().shuffle(sines.toF32x4(), [0, 4, 1, 5]));
        });
        k.store(to, pairs[0].shuffle(pairs[1], [0, 1, 4, 5]), half * 32);
        k.store(to, pairs[0].shuffle(pairs[1], [2, 3, 6, 7]), half * 32 + 16);
      }
    };
    // The last numbers go through the scratch memory, to keep the loop free of a second copy of its code.
    const index = k.i32(k.begin), target = k.i32(0), whole = k.i32(0);
    k.while(index.lt(k.end), () => {
      whole.set(index.add(AT_ONCE).le(k.end));
      target.set(whole.select(x.add(index.shl(2)), k.scratch));
      sixteen(index, target);
      k.if(whole.not(), () => k.copyBytes(x.add(index.shl(2)), k.scratch, k.end.sub(index).shl(2)));
      index.set(index.add(AT_ONCE));
    });
  },
);

/** x`[count]` = normal numbers with the given mean and deviation. `x` is an address. */
export const randomNormal = wasmOperation<"randomNormal">([randomNormalKernel], (engine, shape, { x }) => {
  const { count, seed, stream, iteration, mean, deviation } = shape;
  engine.run(randomNormalKernel, { count, grain: ELEMENT_GRAIN }, { seed, stream, iteration, mean, deviation, x });
});
