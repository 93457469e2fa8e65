/** Sizes that plans are cut to for the WebAssembly kernels. Another engine plans with sizes of its own. */
export const TILE = {
  /** Most rows of C kept in registers. */
  rows: 6,
  /** Columns of C kept in registers, the width of a panel of B. */
  columns: 8,
  /** B that stays in the second-level cache while a task passes over its rows. */
  packedBytes: 384 * 1024,
  /** Rows (positions) per task. */
  taskRows: 144,
  /** Tasks that an operation is cut into if it is large enough: plenty for dynamic claiming on many cores. */
  tasks: 64,
  /** Least work of a task in multiply-adds, about 10 µs. */
  taskMultiplyAdds: 300_000,
} as const;
