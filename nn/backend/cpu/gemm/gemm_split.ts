/** How a matrix product is cut into tasks and steps of the depth; follows from the sizes only. */
import type { GemmShape } from "../../backend.ts";
import { TILE } from "../multiply/tile_size.ts";

/** Most of the depth that a task packs at once: a panel of B then stays in the first-level cache. */
const DEPTH = 512;
/** Least rows that make packing B for each task worthwhile. */
const ROWS = 96;

/** Tasks number `rowTasks` · `panelTasks`; the panels of a task follow each other. */
export interface GemmSplit {
  readonly rowTasks: number;
  readonly rowsPerTask: number;
  readonly panelTasks: number;
  readonly panelsPerTask: number;
  /** Steps of the depth that are packed at once. */
  readonly depthPerPass: number;
}

/** The split of a product. */
export function splitGemm({ m, n, k }: GemmShape): GemmSplit {
  const panels = Math.ceil(n / TILE.columns);
  const passes = Math.ceil(k / DEPTH);
  const depthPerPass = Math.ceil(k / passes / 4) * 4;
  const mostPanels = Math.floor(TILE.packedBytes / (TILE.columns * 4 * Math.max(depthPerPass, DEPTH)));
  const target = Math.max(1, Math.min(TILE.tasks, Math.floor(m * n * k / TILE.taskMultiplyAdds)));
  let panelTasks = Math.ceil(panels / mostPanels);
  const rowTasks = Math.min(Math.ceil(target / panelTasks), Math.ceil(m / ROWS));
  panelTasks = Math.max(panelTasks, Math.min(panels, Math.ceil(target / rowTasks)));
  const rowsPerTask = Math.ceil(m / rowTasks / TILE.rows) * TILE.rows;
  const panelsPerTask = Math.ceil(panels / panelTasks);
  return {
    rowTasks: Math.ceil(m / rowsPerTask),
    rowsPerTask,
    panelTasks: Math.ceil(panels / panelsPerTask),
    panelsPerTask,
    depthPerPass,
  };
}
