/**
 * Packing B into panels: 8 columns side by side for each step of the depth; a last panel of at most 4 columns is 4 wide.
 * Lanes beyond the last column hold anything: what they lead to is never stored.
 */
import { type Callable, type FunctionBuilder, I32, load, type ModuleBuilder } from "../wasm/mod.ts";

/**
 * The function `(source, rowStride, rows, depth, target)`: one panel from up to 8 rows of `source`, each contiguous in
 * the depth, i.e. a transposition.
 */
export function packTransposedFunction(module: ModuleBuilder): Callable {
  return module.shared("pack transposed", (f) => {
    const source = f.parameter(I32), rowStride = f.parameter(I32), rows = f.parameter(I32), depth = f.parameter(I32);
    const target = f.parameter(I32);
    f.if(
      rows.gt(4),
      () => transpose(f, 8, source, rowStride, rows, depth, target),
      () => transpose(f, 4, source, rowStride, rows, depth, target),
    );
  });
}

function transpose(
  f: FunctionBuilder,
  width: 4 | 8,
  source: I32,
  rowStride: I32,
  rows: I32,
  depth: I32,
  target: I32,
): void {
  // Rows that do not exist are read as the first one.
  const pointers = Array.from(
    { length: width },
    (_, row) => f.i32(source.add(rows.gt(row).select(rowStride.mul(row), I32.of(0)))),
  );
  const to = f.i32(target), left = f.i32(depth);
  f.while(left.ge(4), () => {
    for (let half = 0; half < width / 4; half++) {
      const [a, b, c, d] = pointers.slice(half * 4, half * 4 + 4).map((pointer) => f.f32x4(load.f32x4(pointer)));
      const ab = f.f32x4(a.shuffle(b, [0, 4, 1, 5])), cd = f.f32x4(c.shuffle(d, [0, 4, 1, 5]));
      const abHigh = f.f32x4(a.shuffle(b, [2, 6, 3, 7])), cdHigh = f.f32x4(c.shuffle(d, [2, 6, 3, 7]));
      f.store(to, ab.shuffle(cd, [0, 1, 4, 5]), half * 16);
      f.store(to, ab.shuffle(cd, [2, 3, 6, 7]), half * 16 + width * 4);
      f.store(to, abHigh.shuffle(cdHigh, [0, 1, 4, 5]), half * 16 + width * 8);
      f.store(to, abHigh.shuffle(cdHigh, [2, 3, 6, 7]), half * 16 + width * 12);
    }
    for (const pointer of pointers) pointer.set(pointer.add(16));
    to.set(to.add(width * 16));
    left.set(left.sub(4));
  });
  f.while(left, () => {
    pointers.forEach((pointer, row) => {
      f.store(to, load.f32(pointer), row * 4);
      pointer.set(pointer.add(4));
    });
    to.set(to.add(width * 4));
    left.set(left.sub(1));
  });
}

/**
 * The function `(source, rowStride, depth, columns, target, panelStride, narrower)`: all panels of `columns` columns from
 * `depth` rows, each contiguous in the columns. A narrow last panel starts `narrower` bytes earlier than panels of full
 * width do. Reads up to 28 bytes past the end of a row.
 */
export function packRowsFunction(module: ModuleBuilder): Callable {
  return module.shared("pack rows", (f) => {
    const source = f.parameter(I32), rowStride = f.parameter(I32), depth = f.parameter(I32);
    const columns = f.parameter(I32), target = f.parameter(I32), panelStride = f.parameter(I32);
    const narrower = f.parameter(I32);
    f.range(0, depth, (step) => {
      const from = f.i32(source.add(step.mul(rowStride))), to = f.i32(target.add(step.shl(5)));
      const left = f.i32(columns);
      f.while(left.gt(4), () => {
        f.store(to, load.f32x4(from));
        f.store(to, load.f32x4(from, 16), 16);
        from.set(from.add(32));
        to.set(to.add(panelStride));
        left.set(left.sub(left.min(8)));
      });
      f.if(left, () => f.store(to.sub(step.shl(4)).sub(narrower), load.f32x4(from)));
    });
  });
}
