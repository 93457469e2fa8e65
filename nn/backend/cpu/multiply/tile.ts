/**
 * The innermost code: a tile of up to 6 × 8 elements of C, kept in registers over all segments and their depth.
 *
 * Twelve accumulators, two vectors of B and one of A fill the fifteen registers that the compiler has on x86-64.
 * Four columns instead of eight use the same twelve accumulators for even and odd steps of the depth.
 */
import { type Callable, F32x4, type FunctionBuilder, I32, load, type Local, type ModuleBuilder } from "../wasm/mod.ts";

/**
 * How operands lie in memory. `apart`: the depth of A is contiguous, its rows are `strideA` bytes apart, B is packed in
 * panels. `adjacent`: the rows of A are contiguous, steps of the depth are `strideA` (A) and `strideB` (B) bytes apart.
 */
export type TileKind = "apart" | "adjacent";

const UNROLL = 4;

/** Parameters of a tile function, in the order of the call. */
interface TileParameters {
  /** Addresses of the tile in A, B and C; segments add their offsets to the first two. */
  readonly a: Local<I32>;
  readonly b: Local<I32>;
  readonly c: Local<I32>;
  /** First and end address of the segments: pairs of offsets in A and B. */
  readonly segments: Local<I32>;
  readonly segmentsEnd: Local<I32>;
  readonly depth: Local<I32>;
  readonly strideA: Local<I32>;
  readonly strideB: Local<I32>;
  readonly strideC: Local<I32>;
  /** Columns of C that exist from here on. */
  readonly columns: Local<I32>;
  /** Whether to add to C. */
  readonly accumulate: Local<I32>;
}

/** The function for a tile of `rows` rows and 4 or 8 columns. */
export function tileFunction(module: ModuleBuilder, kind: TileKind, rows: number, columns: 4 | 8): Callable {
  return module.shared(`tile ${kind} ${rows}x${columns}`, (f) => {
    const parameter = () => f.parameter(I32);
    const p: TileParameters = {
      a: parameter(),
      b: parameter(),
      c: parameter(),
      segments: parameter(),
      segmentsEnd: parameter(),
      depth: parameter(),
      strideA: parameter(),
      strideB: parameter(),
      strideC: parameter(),
      columns: parameter(),
      accumulate: parameter(),
    };
    const sums = Array.from({ length: rows }, () => [f.local(F32x4), f.local(F32x4)]);
    f.while(p.segments.lt(p.segmentsEnd), () => {
      if (kind === "apart") addApart(f, p, sums, columns);
      else addAdjacent(f, p, sums, columns);
      p.segments.set(p.segments.add(8));
    });
    if (columns === 4) { for (const [even, odd] of sums) even.set(even.add(odd)); }
    storeTile(f, module, p, sums, columns);
  });
}

/** One step of the depth: `sums` += column of A (addressed by `row`) × row of B at `b + offset`. */
function addStep(
  f: FunctionBuilder,
  sums: Local<F32x4>[][],
  row: (index: number) => F32x4,
  b: I32,
  offset: number,
  phase: number | null,
): void {
  const low = f.f32x4(load.f32x4(b, offset));
  const high = phase === null ? f.f32x4(load.f32x4(b, offset + 16)) : null;
  sums.forEach((pair, index) => {
    if (high === null) return pair[phase!].set(row(index).mulAdd(low, pair[phase!]));
    const a = f.f32x4(row(index));
    pair[0].set(a.mulAdd(low, pair[0]));
    pair[1].set(a.mulAdd(high, pair[1]));
  });
}

function addApart(f: FunctionBuilder, p: TileParameters, sums: Local<F32x4>[][], columns: 4 | 8): void {
  const width = columns * 4;
  // Offsets in B are those of full panels; in a narrow one everything is half as wide.
  const offsetB = load.i32(p.segments, 4);
  const b = f.i32(p.b.add(columns === 8 ? offsetB : offsetB.shrSigned(1)));
  const pointers = [f.i32(p.a.add(load.i32(p.segments)))];
  while (pointers.length < sums.length) pointers.push(f.i32(pointers.at(-1)!.add(p.strideA)));
  const end = f.i32(pointers[0].add(p.depth.shl(2)));
  const steps = (count: number) => {
    for (let u = 0; u < count; u++) {
      const phase = columns === 8 ? null : u % 2;
      addStep(f, sums, (index) => load.splatF32(pointers[index], u * 4), b, u * width, phase);
    }
    for (const pointer of pointers) pointer.set(pointer.add(count * 4));
    b.set(b.add(count * width));
  };
  const whole = f.i32(pointers[0].add(p.depth.and(-UNROLL).shl(2)));
  f.while(pointers[0].ne(whole), () => steps(UNROLL));
  f.while(pointers[0].ne(end), () => steps(1));
}

function addAdjacent(f: FunctionBuilder, p: TileParameters, sums: Local<F32x4>[][], columns: 4 | 8): void {
  const a = f.i32(p.a.add(load.i32(p.segments)));
  const b = f.i32(p.b.add(load.i32(p.segments, 4)));
  const left = f.i32(p.depth);
  const steps = (count: number) => {
    for (let u = 0; u < count; u++) {
      addStep(f, sums, (index) => load.splatF32(a, index * 4), b, 0, columns === 8 ? null : u % 2);
      a.set(a.add(p.strideA));
      b.set(b.add(p.strideB));
    }
    left.set(left.sub(count));
  };
  f.while(left.ge(UNROLL), () => steps(UNROLL));
  f.while(left, () => steps(1));
}

function storeTile(
  f: FunctionBuilder,
  module: ModuleBuilder,
  p: TileParameters,
  sums: Local<F32x4>[][],
  columns: 4 | 8,
): void {
  const vectors = columns / 4;
  const each = (store: (sum: F32x4, offset: number) => void, afterRow: () => void) => {
    for (const row of sums) {
      for (let v = 0; v < vectors; v++) store(row[v], v * 16);
      afterRow();
    }
  };
  const nextRow = () => p.c.set(p.c.add(p.strideC));
  f.if(p.columns.lt(columns), () => {
    const partial = storePartialRow(module);
    each(
      (sum, offset) => f.store(module.scratch, sum, offset),
      () => {
        f.call(partial, p.c, p.columns, p.accumulate);
        nextRow();
      },
    );
  }, () => {
    f.if(
      p.accumulate,
      () => each((sum, offset) => f.store(p.c, load.f32x4(p.c, offset).add(sum), offset), nextRow),
      () => each((sum, offset) => f.store(p.c, sum, offset), nextRow),
    );
  });
}

/** Stores the first `columns` numbers at the start of the thread's scratch to `c`. */
function storePartialRow(module: ModuleBuilder): Callable {
  return module.shared("store partial row", (f) => {
    const c = f.parameter(I32), columns = f.parameter(I32), accumulate = f.parameter(I32);
    f.range(0, columns, (index) => {
      const offset = f.i32(index.shl(2)), target = f.i32(c.add(offset));
      const sum = f.f32(load.f32(module.scratch.add(offset)));
      f.if(accumulate, () => f.store(target, sum.add(load.f32(target))), () => f.store(target, sum));
    });
  });
}
