/** Sizes of a dense, row-major tensor, outermost first. A volume is `[n, D, H, W, C]`. */
export type Shape = readonly number[];

/** Whether a number may be a size: whole and not 0. */
export function isSize(size: number): boolean {
  return Number.isInteger(size) && size >= 1;
}

/** Number of elements of a shape. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `[2, 80, 48, 80, 12]`, for messages. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** @throws {RangeError} naming `what` and both shapes if they differ. */
export function assertShape(what: string, found: Shape, expected: Shape): void {
  if (!sameShape(found, expected)) {
    throw new RangeError(`${what}: found shape ${shapeText(found)}, expected ${shapeText(expected)}`);
  }
}
