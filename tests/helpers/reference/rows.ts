/** Rows of arrays: which group each belongs to, and where it goes when axes change places. */
import type { GroupedRows, Permutation } from "../../../nn/backend/backend.ts";
import { elementCount } from "../../../nn/shape.ts";

/** Calls `visit` for each row with the group it belongs to. */
export function eachRow({ outer, groups, repeat }: GroupedRows, visit: (row: number, group: number) => void): void {
  for (let row = 0; row < outer * groups * repeat; row++) visit(row, Math.floor(row / repeat) % groups);
}

/** y = x with its axes in another order, element by element. */
export function permute({ sizes, order }: Permutation, x: Float32Array, y: Float32Array): void {
  const index = sizes.map(() => 0),
    place = (axes: readonly number[]) => axes.reduce((sum, axis) => sum * sizes[axis] + index[axis], 0);
  for (let i = 0; i < elementCount(sizes); i++) {
    y[place(order)] = x[place(sizes.map((_, axis) => axis))];
    for (let axis = sizes.length - 1; axis >= 0 && ++index[axis] === sizes[axis]; axis--) index[axis] = 0;
  }
}
