/** Loops over contiguous floats: four at a time while they last, then one at a time. */
import { F32x4, type FunctionBuilder, type I32, I32x4, load } from "../wasm/mod.ts";

/** The elements a loop is at: four of them, or one in the first lane (the others then hold what must not count). */
export interface Lanes {
  /** How many elements count: 4 or 1. */
  readonly width: number;
  /** The floats of the array at `base`. In the tail the one float is in every lane. */
  load(base: I32): F32x4;
  /** Writes the floats of the array at `base`. */
  store(base: I32, value: F32x4): void;
  /** `value` with zeros in lanes that do not count. */
  counted(value: F32x4): F32x4;
}

/** Runs `body` over elements `begin` … `end` − 1. The code of `body` is written twice, for the vectors and the tail. */
export function eachElement(f: FunctionBuilder, begin: I32, end: I32, body: (lanes: Lanes) => void): void {
  const at = f.i32(begin.shl(2)), last = f.i32(end.shl(2));
  f.while(at.add(16).le(last), () => {
    body({
      width: 4,
      load: (base) => load.f32x4(base.add(at)),
      store: (base, value) => f.store(base.add(at), value),
      counted: (value) => value,
    });
    at.set(at.add(16));
  });
  f.while(at.lt(last), () => {
    body({
      width: 1,
      load: (base) => load.splatF32(base.add(at)),
      store: (base, value) => f.storeLane(base.add(at), value, 0),
      counted: (value) => value.and(I32x4.constant(-1, 0, 0, 0)),
    });
    at.set(at.add(4));
  });
}

/** In every lane the largest lane of `value`. */
export function horizontalMax(f: FunctionBuilder, value: F32x4): F32x4 {
  const pairs = f.f32x4(value);
  pairs.set(pairs.quickMax(pairs.shuffle(pairs, [2, 3, 0, 1])));
  return f.f32x4(pairs.quickMax(pairs.shuffle(pairs, [1, 0, 3, 2])));
}

/** In every lane the sum of the lanes of `value`. */
export function horizontalSum(f: FunctionBuilder, value: F32x4): F32x4 {
  const pairs = f.f32x4(value);
  pairs.set(pairs.add(pairs.shuffle(pairs, [2, 3, 0, 1])));
  return f.f32x4(pairs.add(pairs.shuffle(pairs, [1, 0, 3, 2])));
}
