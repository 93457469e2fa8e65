/** Sizes that plans are cut to. They follow from the registers and caches that a set of kernels works with. */
export interface TileSize {
  /** Most rows of C kept in registers. */
  readonly rows: number;
  /** Columns of C kept in registers, the width of a panel of B: two vectors. */
  readonly columns: number;
  /** B that stays in the second-level cache while a task passes over its rows. */
  readonly packedBytes: number;
  /** Most of the depth that a task of a matrix product packs at once: a panel of B then stays in the first-level cache. */
  readonly productDepth: number;
  /** Positions over which a filter gradient keeps a tile of C in registers. */
  readonly groupPositions: number;
  /** Rows (positions) per task. */
  readonly taskRows: number;
  /** Tasks that an operation is cut into if it is large enough: plenty for dynamic claiming on many cores. */
  readonly tasks: number;
  /** Least work of a task in multiply-adds, about 10 µs. */
  readonly taskMultiplyAdds: number;
}

/** The sizes of the WebAssembly kernels. */
export const TILE = {
  rows: 6,
  columns: 8,
  packedBytes: 384 * 1024,
  productDepth: 512,
  groupPositions: 160,
  taskRows: 144,
  tasks: 64,
  taskMultiplyAdds: 300_000,
} as const satisfies TileSize;
