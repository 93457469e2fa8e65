/**
 * Launch shapes of the kernels in `kernels/`, as functions of sizes.
 *
 * Grids are a few blocks per multiprocessor, kernels stride over the rest: enough threads to saturate memory, few
 * partial sums.
 */

/** What launch shapes depend on besides sizes. */
export interface LaunchDevice {
  /** cudaDevAttrMultiProcessorCount. */
  readonly multiprocessors: number;
}

/** Shape of one launch. */
export interface Launch {
  readonly grid: readonly [x: number, y: number, z: number];
  readonly block: readonly [x: number, y: number, z: number];
  /** Dynamic shared memory; never above the 48 KiB that need no opt-in. */
  readonly sharedBytes: number;
}

/** Most classes that the row kernels take: labels are bytes. */
export const MAXIMUM_CLASSES = 256;

const THREADS = 256, FINISH_THREADS = 128;
const MAXIMUM_GRID_Y = 65535;

function launch(x: number, y: number, blockX: number, blockY = 1, sharedBytes = 0): Launch {
  return { grid: [Math.max(1, x), Math.max(1, y), 1], block: [blockX, blockY, 1], sharedBytes };
}

/** One block of 256 threads. */
export const SINGLE_BLOCK: Launch = launch(1, 1, THREADS);

/** Kernels over `count` elements, four (bfloat16: eight) per thread and step. */
export function elementwiseLaunch(count: number, { multiprocessors }: LaunchDevice): Launch {
  return launch(Math.min(Math.ceil(count / (4 * THREADS)), 8 * multiprocessors), 1, THREADS);
}

/** Threads of a block over `[rows, channels]`: x along groups of `width` channels, y along rows; `tiles` blocks abreast. */
function columnBlock(channels: number, width: number): { lanes: number; rows: number; tiles: number } {
  const groups = Math.ceil(channels / width), lanes = Math.min(groups, THREADS);
  return { lanes, rows: Math.floor(THREADS / lanes), tiles: Math.ceil(groups / lanes) };
}

function columnLaunch(rows: number, channels: number, width: number, step: number, blocks: number): Launch {
  const block = columnBlock(channels, width);
  const wanted = Math.ceil(rows / (block.rows * step));
  return launch(Math.min(wanted, Math.ceil(blocks / block.tiles)), block.tiles, block.lanes, block.rows);
}

/** Kernels that write `[rows, channels]` column-wise; `width` is the 1 or 4 of the kernel's name. */
export function columnMapLaunch(rows: number, channels: number, width: 1 | 4, device: LaunchDevice): Launch {
  return columnLaunch(rows, channels, width, 1, 8 * device.multiprocessors);
}

/** Kernels that reduce columns of `[rows, channels]`: two partial sums (f64) per channel and grid.x. */
export function columnReductionLaunch(rows: number, channels: number, width: 1 | 4, device: LaunchDevice): Launch {
  return columnLaunch(rows, channels, width, 16, 4 * device.multiprocessors);
}

/**
 * Kernels that add up the partial sums of columns, `blocks` (grid.x of the reduction) for each channel: a row of threads
 * per channel, a power of two of them, and as many channels as a block has room for.
 */
export function columnFinishLaunch(channels: number, blocks: number): Launch {
  const lanes = Math.min(FINISH_THREADS, 2 ** Math.ceil(Math.log2(blocks))), rows = FINISH_THREADS / lanes;
  return launch(Math.ceil(channels / rows), 1, lanes, rows);
}

/** Kernels over `[samples, features]`, grid.y = samples: two partial sums (f64) per sample and grid.x (at most 256). */
export function rowReductionLaunch(samples: number, features: number, { multiprocessors }: LaunchDevice): Launch {
  const chunks = Math.min(Math.ceil(features / (8 * THREADS)), Math.ceil(8 * multiprocessors / samples), THREADS);
  return launch(chunks, samples, THREADS);
}

/**
 * Kernels that hold tiles of rows of `[rows, classes]` in shared memory, a row per thread; `tiles`: how many arrays
 * (2 for softmax_backward, else 1).
 */
export function rowTileLaunch(rows: number, classes: number, tiles: 1 | 2, { multiprocessors }: LaunchDevice): Launch {
  const threads = tileThreads(classes);
  const grid = Math.min(Math.ceil(rows / threads), 16 * multiprocessors);
  return launch(grid, 1, threads, 1, tiles * threads * classes * 4);
}

/** Kernels that take a block of so many threads for each row. */
export function rowBlockLaunch(rows: number, threads: 128 | 256, { multiprocessors }: LaunchDevice): Launch {
  return launch(Math.min(rows, 16 * multiprocessors), 1, threads);
}

/** group_sums: 32 channels by 8 rows a block; grid.y takes strips of channels, grid.x the `rows` of each group. */
export function groupSumsLaunch(groups: number, rows: number, channels: number, device: LaunchDevice): Launch {
  const strips = Math.min(groups * Math.ceil(channels / 32), MAXIMUM_GRID_Y);
  return launch(Math.min(Math.ceil(rows / 64), Math.ceil(8 * device.multiprocessors / strips)), strips, 32, 8);
}

/** class_counts: a counter (u32) per class and thread in shared memory, 16 labels per thread and step. */
export function classCountsLaunch(count: number, classes: number, { multiprocessors }: LaunchDevice): Launch {
  const threads = tileThreads(classes);
  return launch(Math.min(Math.ceil(count / (16 * threads)), 4 * multiprocessors), 1, threads, 1, threads * classes * 4);
}

/** to_bf16_padded and from_bf16_padded: eight padded channels per thread. */
export function paddedLaunch(rows: number, paddedChannels: number, device: LaunchDevice): Launch {
  return columnLaunch(rows, paddedChannels, 8, 1, 8 * device.multiprocessors);
}

/** Bytes of the partial sums of a launch: `columnReductionLaunch` (per channel), `rowReductionLaunch` (per sample). */
export function pairPartialBytes({ grid }: Launch, channelsOrSamples: number): number {
  return 2 * 8 * grid[0] * channelsOrSamples;
}

/** Bytes of the partial sums of reconstruction_loss and square_sums, and for each of `count` sums of group_sums. */
export function sumPartialBytes({ grid }: Launch, count: number = 1): number {
  return 8 * grid[0] * count;
}

/** Bytes of the partial counts of class_counts. */
export function countPartialBytes({ grid }: Launch, classes: number): number {
  return 4 * grid[0] * classes;
}

function tileThreads(classes: number): number {
  if (classes > MAXIMUM_CLASSES) throw new RangeError(`${classes} classes; labels are bytes, at most 256`);
  return classes <= 48 ? 128 : 16;
}
