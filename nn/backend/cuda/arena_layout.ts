/** Where buffers whose lives are known lie in one piece of memory, so that those alive together do not overlap. */

/** A buffer's size in bytes, and its life in steps: from the request at `from` until the release at `to`. */
export interface Lifetime {
  readonly byteLength: number;
  readonly from: number;
  readonly to: number;
}

/** A place for each buffer. */
export interface ArenaLayout {
  /** Of the whole piece. */
  readonly byteLength: number;
  /** Of each buffer, in the order given. */
  readonly offsets: readonly number[];
}

/** Orders to place buffers in. None is the best for every training; the first or the second reaches the least possible. */
const ORDERS: readonly ((life: Lifetime) => number)[] = [
  ({ byteLength }) => byteLength,
  ({ from, to }) => to - from,
  ({ byteLength, from, to }) => byteLength * (to - from),
];

/**
 * A layout as small as the best of {@link ORDERS} makes it: greedily, each buffer in the tightest gap that those placed
 * before leave it (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
 */
export function layOut(lives: readonly Lifetime[]): ArenaLayout {
  const layouts = ORDERS.map((order) => layOutBy(lives, order));
  return layouts.reduce((best, layout) => layout.byteLength < best.byteLength ? layout : best);
}

function layOutBy(lives: readonly Lifetime[], order: (life: Lifetime) => number): ArenaLayout {
  const offsets = lives.map(() => 0), placed: number[] = [];
  let total = 0;
  const indices = lives.map((_, index) => index);
  for (
    const index of indices.sort((a, b) =>
      order(lives[b]) - order(lives[a]) || lives[b].byteLength - lives[a].byteLength
    )
  ) {
    const { byteLength, from, to } = lives[index];
    const neighbours = placed.filter((other) => lives[other].from < to && from < lives[other].to)
      .sort((a, b) => offsets[a] - offsets[b]);
    let end = 0, tightest = Infinity, offset: number | null = null;
    for (const other of neighbours) {
      const gap = offsets[other] - end;
      if (gap >= byteLength && gap < tightest) [tightest, offset] = [gap, end];
      end = Math.max(end, offsets[other] + lives[other].byteLength);
    }
    offsets[index] = offset ?? end;
    placed.push(index);
    total = Math.max(total, offsets[index] + byteLength);
  }
  return { byteLength: total, offsets };
}
