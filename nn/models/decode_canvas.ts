/** Codes on any grid of cells to labels, in memory that does not grow with the grid. */
import type { Size3 } from "../backend/backend.ts";
import { argmax } from "../ops/one_hot.ts";
import { forEachRun, windowOf } from "../canvas.ts";
import type { NormStatistics } from "../tape.ts";
import { Tensor } from "../tensor.ts";
import { CELL_VOXELS, voxelsOf } from "./config.ts";
import { inferenceTape } from "./inference.ts";
import type { Networks } from "./networks.ts";

/** Strided layers of the generator. */
const LAYERS = 4;

/**
 * Voxels that are decoded at once unless told otherwise: some 300 MB of the paper's networks, less of smaller ones; in
 * it fits a scene of 160×48×160 with what lies around it.
 */
const TILE_VOXELS = 2 ** 21;

/**
 * Cells before and after a cell that its voxels depend on, along an axis of so many taps. A layer makes voxel v of
 * cells (v − p)/2 to (v + p)/2, p taps of padding on each side, and so does each before it.
 */
export function reach(taps: number): readonly [before: number, after: number] {
  const padding = (taps - 1) / 2;
  let first = 0, last = CELL_VOXELS - 1;
  for (let layer = 0; layer < LAYERS; layer++) {
    first = Math.ceil((first - padding) / 2);
    last = Math.floor((last + padding) / 2);
  }
  return [-first, last];
}

/** Cells of one axis: from `first` up to, but not including, `end`. */
interface Span {
  readonly first: number;
  readonly end: number;
}

/** A canvas' axis in pieces of at most so many cells. */
function pieces(cells: number, most: number): Span[] {
  return Array.from({ length: Math.ceil(cells / most) }, (_, i) => ({
    first: i * most,
    end: Math.min(cells, (i + 1) * most),
  }));
}

/** Most cells of a tile along each axis, so that it has, with what it depends on, no more than so many voxels. */
function tileCells(canvas: Size3, around: readonly number[], mostVoxels: number): Size3 {
  const tile: [number, number, number] = [...canvas];
  const voxels = () =>
    tile.reduce((product, cells, i) => product * Math.min(canvas[i], cells + around[i]) * CELL_VOXELS, 1);
  while (voxels() > mostVoxels && tile.some((cells) => cells > 1)) {
    const longest = tile.indexOf(Math.max(...tile));
    tile[longest] = Math.ceil(tile[longest] / 2);
  }
  return tile;
}

/**
 * Labels uint8 `[16·d, 16·h, 16·w]` of a code on a canvas of cells, as the generator gives them, tile by tile: each with
 * the cells around it that its voxels depend on, so that the labels are those of the canvas decoded as a whole.
 *
 * @param codes float32 `[d, h, w, channels]`, of a generator that begins with a convolution.
 * @param canvas `[d, h, w]`.
 * @param statistics of batch norm; those of a batch would differ from tile to tile.
 * @param mostVoxels of a tile, with what it depends on; a tile has a cell at least.
 */
export function decodeCanvas(
  networks: Networks,
  codes: Float32Array,
  canvas: Size3,
  statistics: NormStatistics,
  mostVoxels: number = TILE_VOXELS,
): Uint8Array<ArrayBuffer> {
  const { latentChannels, kernel } = networks.config, reaches = kernel.map(reach);
  const around = reaches.map(([before, after]) => before + after);
  const [xs, ys, zs] = tileCells(canvas, around, mostVoxels).map((most, axis) => pieces(canvas[axis], most));
  const grid = voxelsOf(canvas), labels = new Uint8Array(grid[0] * grid[1] * grid[2]);
  for (const tile of xs.flatMap((x) => ys.flatMap((y) => zs.map((z) => [x, y, z])))) {
    const needed = tile.map(({ first, end }, axis): Span => ({
      first: Math.max(0, first - reaches[axis][0]),
      end: Math.min(canvas[axis], end + reaches[axis][1]),
    }));
    const from = size3(needed, ({ first }) => first), cells = size3(needed, lengthOf);
    const made = decodeWhole(networks, windowOf(codes, canvas, cells, from, latentChannels), cells, statistics);
    const size = voxelsOf(size3(tile, lengthOf)), place = voxelsOf(size3(tile, ({ first }) => first));
    const kept = windowOf(made, voxelsOf(cells), size, voxelsOf(size3(tile, ({ first }, i) => first - from[i])));
    forEachRun(grid, size, place, 1, (inTile, at, length) => labels.set(kept.subarray(inTile, inTile + length), at));
  }
  return labels;
}

function decodeWhole(networks: Networks, codes: Float32Array, cells: Size3, statistics: NormStatistics): Uint8Array {
  const { backend, config: { latentChannels }, generator } = networks;
  using tensor = Tensor.from(backend, codes, [1, ...cells, latentChannels], "latent codes");
  using tape = inferenceTape(networks, statistics);
  return argmax(tape, generator.forward(tape, tensor)).toUint8();
}

function lengthOf({ first, end }: Span): number {
  return end - first;
}

function size3(spans: readonly Span[], of: (span: Span, axis: number) => number): Size3 {
  return [of(spans[0], 0), of(spans[1], 1), of(spans[2], 2)];
}
