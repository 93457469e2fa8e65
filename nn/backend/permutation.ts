/** Axes in another order, as a copy of rows: the last axis stays the last. */
import { elementCount, isSize } from "../shape.ts";
import type { Permutation } from "./operation_shapes.ts";

/** Axes of a permutation before the last. */
const ROW_AXES = 4;

/** A permutation as a copy of rows: `sizes` are y's leading axes, `steps` how many rows of x are between their entries. */
export function permutedRows(
  { sizes, order }: Permutation,
): { rows: number; length: number; sizes: number[]; steps: number[] } {
  const leading = order.slice(0, -1), fill = Array(ROW_AXES - leading.length).fill(1);
  return {
    rows: elementCount(sizes.slice(0, -1)),
    length: sizes.at(-1)!,
    sizes: [...fill, ...leading.map((axis) => sizes[axis])],
    steps: [...fill, ...leading.map((axis) => elementCount(sizes.slice(axis + 1, -1)))],
  };
}

/** What is wrong with a permutation; null if nothing is. */
export function permutationComplaint({ sizes, order }: Permutation): string | null {
  const last = sizes.length - 1;
  if (last < 0 || last > ROW_AXES || !sizes.every(isSize)) return `of sizes ${sizes.join(", ")}`;
  const each = order.length === sizes.length && sizes.every((_, axis) => order.includes(axis));
  return each && order[last] === last ? null : `of ${sizes.length} axes in the order ${order.join(", ")}`;
}
