/** Single elements of a convolution's results in double precision, each with the size of its rounding errors. */
import type { ConvGeometry, Size3 } from "../../../../../nn/backend/backend.ts";
import type { ConvDirection } from "../../../../../nn/backend/counting_backend.ts";
import type { HostOperands } from "./operands.ts";

/** Place of an element: of a volume `[n, position, channel]`, of a filter `[filter, tap, channel]`. */
export interface Place {
  /** Sample, or filter. */
  readonly first: number;
  /** Voxel, or tap. */
  readonly at: Size3;
  readonly channel: number;
}

/** Σ of products with what errors are measured by. */
export interface ExactSum {
  readonly value: number;
  /** √Σ products²: relative errors δ of the single products make one of δ times this. */
  readonly scale: number;
  /** How many products. */
  readonly terms: number;
}

const index = ([d, h, w]: Size3, [, height, width]: Size3) => (d * height + h) * width + w;
const size = ([d, h, w]: Size3) => d * h * w;

/** Index of an element in the result of a direction. */
export function indexOf(geometry: ConvGeometry, direction: ConvDirection, { first, at, channel }: Place): number {
  const { input, output, kernel, channels, filters } = geometry;
  const [grid, count] = {
    forward: [output, filters],
    inputGradient: [input, channels],
    filterGradient: [kernel, channels],
  }[
    direction
  ] as [Size3, number];
  return (first * size(grid) + index(at, grid)) * count + channel;
}

/** The element by the definition of the direction. */
export function exactSum(
  geometry: ConvGeometry,
  direction: ConvDirection,
  { first, at, channel }: Place,
  { x, w, y }: HostOperands,
): ExactSum {
  const { batch, input, output, kernel, channels, filters, stride, padding } = geometry;
  let value = 0, squares = 0, terms = 0;
  const add = (a: number, b: number) => {
    value += a * b;
    squares += (a * b) ** 2;
    terms++;
  };
  const xAt = (n: number, voxel: number, c: number) => x[(n * size(input) + voxel) * channels + c];
  const wAt = (k: number, tap: number, c: number) => w[(k * size(kernel) + tap) * channels + c];
  const yAt = (n: number, voxel: number, k: number) => y[(n * size(output) + voxel) * filters + k];
  const reach = (position: Size3, tap: Size3): number | null => {
    const voxel = position.map((p, axis) => p * stride - padding[axis] + tap[axis]) as [number, number, number];
    return voxel.every((v, axis) => v >= 0 && v < input[axis]) ? index(voxel, input) : null;
  };
  if (direction === "forward") {
    for (const tap of positions(kernel)) {
      const voxel = reach(at, tap);
      if (voxel === null) continue;
      for (let c = 0; c < channels; c++) add(xAt(first, voxel, c), wAt(channel, index(tap, kernel), c));
    }
  } else if (direction === "inputGradient") {
    for (const tap of positions(kernel)) {
      const from = at.map((p, axis) => (p + padding[axis] - tap[axis]) / stride) as [number, number, number];
      if (!from.every((p, axis) => Number.isInteger(p) && p >= 0 && p < output[axis])) continue;
      for (let k = 0; k < filters; k++) add(yAt(first, index(from, output), k), wAt(k, index(tap, kernel), channel));
    }
  } else {
    for (const position of positions(output)) {
      const voxel = reach(position, at);
      if (voxel === null) continue;
      for (let n = 0; n < batch; n++) add(xAt(n, voxel, channel), yAt(n, index(position, output), first));
    }
  }
  return { value, scale: Math.sqrt(squares), terms };
}

/** All positions of a grid. */
function* positions([depth, height, width]: Size3): Generator<[number, number, number]> {
  for (let d = 0; d < depth; d++) {
    for (let h = 0; h < height; h++) {
      for (let w = 0; w < width; w++) yield [d, h, w];
    }
  }
}

/** Corners, middles of the edges and faces, the centre: every way in which a kernel can reach over a border. */
export function borderPositions(grid: Size3): Size3[] {
  const [ds, hs, ws] = grid.map((length) => [...new Set([0, length >> 1, length - 1])]);
  return ds.flatMap((d) => hs.flatMap((h) => ws.map((w): Size3 => [d, h, w])));
}
