/** How a matrix product is cut into tasks and steps of the depth; follows from the sizes only. */
import type { GemmShape } from "../../backend.ts";
import type { Accumulating } from "../../operation_shapes.ts";
import { TILE, type TileSize } from "../multiply/tile_size.ts";

/** Least rows that make packing B for each task worthwhile. */
const ROWS = 96;

/** Tasks of a product number `rowTasks` · `panelTasks`; the panels of a task follow each other. */
export interface GemmSplit {
  readonly rowTasks: number;
  readonly rowsPerTask: number;
  readonly panelTasks: number;
  readonly panelsPerTask: number;
  /** Steps of the depth that are packed at once. */
  readonly depthPerPass: number;
}

/** The split of a product, for kernels that work with tiles of this size (default: those of WebAssembly). */
export function splitGemm({ m, n, k }: Pick<GemmShape, "m" | "n" | "k">, tile: TileSize = TILE): GemmSplit {
  const panels = Math.ceil(n / tile.columns);
  const passes = Math.ceil(k / tile.productDepth);
  const depthPerPass = Math.ceil(k / passes / 4) * 4;
  const mostPanels = Math.floor(tile.packedBytes / (tile.columns * 4 * Math.max(depthPerPass, tile.productDepth)));
  const target = Math.max(1, Math.min(tile.tasks, Math.floor(m * n * k / tile.taskMultiplyAdds)));
  let panelTasks = Math.ceil(panels / mostPanels);
  const rowTasks = Math.min(Math.ceil(target / panelTasks), Math.ceil(m / ROWS));
  panelTasks = Math.max(panelTasks, Math.min(panels, Math.ceil(target / rowTasks)));
  const rowsPerTask = Math.ceil(m / rowTasks / tile.rows) * tile.rows;
  const panelsPerTask = Math.ceil(panels / panelTasks);
  return {
    rowTasks: Math.ceil(m / rowsPerTask),
    rowsPerTask,
    panelTasks: Math.ceil(panels / panelsPerTask),
    panelsPerTask,
    depthPerPass,
  };
}

/** What a kernel of a product is told: its operands, sizes and split. */
export const GEMM_PARAMETERS = {
  a: "address",
  b: "address",
  c: "address",
  m: "i32",
  n: "i32",
  k: "i32",
  transposeB: "i32",
  productTasks: "i32",
  panelTasks: "i32",
  rowsPerTask: "i32",
  panelsPerTask: "i32",
  depthPerPass: "i32",
  accumulate: "i32",
} as const;

/** All of it but the operands; `productTasks` tasks make one product of the batch. */
export function gemmArguments(
  { m, n, k, transposeB, accumulate }: GemmShape & Accumulating,
  { rowTasks, panelTasks, rowsPerTask, panelsPerTask, depthPerPass }: GemmSplit,
): Record<Exclude<keyof typeof GEMM_PARAMETERS, "a" | "b" | "c">, number> {
  return {
    ...{ m, n, k, panelTasks, rowsPerTask, panelsPerTask, depthPerPass },
    productTasks: rowTasks * panelTasks,
    transposeB: Number(transposeB),
    accumulate: Number(accumulate),
  };
}
