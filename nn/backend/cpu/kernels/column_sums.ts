/** Sums over rows, column by column, in double precision: what each of some groups of rows adds up to. */
import type { KernelBuilder } from "../threads/kernel.ts";
import type { Split } from "../threads/thread_pool.ts";
import { F32x4, type I32, load, type Local } from "../wasm/mod.ts";
import { eachElement, type Lanes } from "./elements.ts";
import { ELEMENT_GRAIN } from "./grain.ts";

/** Columns that are summed in one go through the rows: whole lines of the cache. */
const COLUMNS = 64;

/** Arguments of kernels that sum columns of groups. */
export const SUM_PARAMETERS = { channels: "i32", strips: "i32" } as const;

/** The split of `groups` groups of `rows` rows of `channels` columns, by size only: strips of columns of one group. */
export function columnStrips(
  groups: number,
  rows: number,
  channels: number,
): { readonly split: Split; readonly values: { readonly [Name in keyof typeof SUM_PARAMETERS]: number } } {
  const strips = Math.ceil(channels / COLUMNS);
  const grain = Math.max(1, Math.floor(ELEMENT_GRAIN / (rows * Math.min(channels, COLUMNS))));
  return { split: { count: groups * strips, grain }, values: { channels, strips } };
}

/** Runs `body` for each strip of the running task: its group, its first column and the one after its last. */
export function eachStrip(
  k: KernelBuilder,
  { channels, strips }: { readonly [Name in keyof typeof SUM_PARAMETERS]: Local<I32> },
  body: (group: Local<I32>, begin: Local<I32>, end: Local<I32>) => void,
): void {
  k.range(k.begin, k.end, (strip) => {
    const begin = k.i32(strip.rem(strips).mul(COLUMNS));
    body(k.i32(strip.div(strips)), begin, k.i32(begin.add(COLUMNS).min(channels)));
  });
}

/** The sums of four columns. */
class ColumnSums {
  readonly #low;
  readonly #high;

  /** Zero at this point of the kernel. */
  constructor(k: KernelBuilder) {
    this.#low = k.f64x2(0);
    this.#high = k.f64x2(0);
  }

  /** Adds a row's numbers. `value` is used twice. */
  add(value: F32x4): void {
    this.#low.set(this.#low.add(value.lowToF64x2()));
    this.#high.set(this.#high.add(value.highToF64x2()));
  }

  /** The sums, rounded. */
  rounded(): F32x4 {
    return this.#low.toF32x4().shuffle(this.#high.toF32x4(), [0, 1, 4, 5]);
  }
}

/**
 * Sums of columns `begin` … `end` − 1: `eachRow` runs its argument for every row, `terms` gives what a row adds to each
 * of the `count` sums, `store` is given the sums.
 */
export function sumColumns(
  k: KernelBuilder,
  [begin, end]: readonly [begin: I32, end: I32],
  count: number,
  eachRow: (add: () => void) => void,
  terms: (lanes: Lanes) => readonly F32x4[],
  store: (lanes: Lanes, sums: readonly F32x4[]) => void,
): void {
  const value = k.f32x4(0);
  const block = (vectors: readonly Lanes[]) => {
    const sums = vectors.map(() => Array.from({ length: count }, () => new ColumnSums(k)));
    eachRow(() => {
      vectors.forEach((lanes, vector) =>
        terms(lanes).forEach((term, index) => {
          value.set(term);
          sums[vector][index].add(value);
        })
      );
    });
    vectors.forEach((lanes, vector) => store(lanes, sums[vector].map((each) => each.rounded())));
  };
  const rest = k.steps(begin, end, 16, (column) => {
    const at = k.i32(column.shl(2));
    block([0, 16, 32, 48].map((offset) => ({
      width: 4,
      load: (base) => load.f32x4(base.add(at), offset),
      store: (base, sum) => k.store(base.add(at), sum, offset),
      counted: (sum) => sum,
    })));
  });
  eachElement(k, rest, end, (lanes) => block([lanes]));
}
