/** Cuts rows and panels into tasks; depends on sizes only, so that results do not depend on the threads. */
import type { PlanBuilder } from "../multiply/plan_builder.ts";
import type { TileSize } from "../multiply/tile_size.ts";

/** Number of panels for so many columns. */
export function panelCount(columns: number, tile: TileSize): number {
  return Math.ceil(columns / tile.columns);
}

/** Cuts 0 … count − 1 into `parts` ranges of nearly equal size. */
export function cut(count: number, parts: number): [begin: number, end: number][] {
  return Array.from({ length: parts }, (_, part) => [
    Math.floor(part * count / parts),
    Math.floor((part + 1) * count / parts),
  ]);
}

/** Number of tasks that suits an operation of so many multiply-adds: enough to share out, none of them tiny. */
export function taskTarget(multiplyAdds: number, tile: TileSize): number {
  return Math.max(1, Math.min(tile.tasks, Math.floor(multiplyAdds / tile.taskMultiplyAdds)));
}

/** How many segments of a panel, and how many panels of so many segments, stay in the cache. */
export function cacheBlocking(
  segments: number,
  depth: number,
  tile: TileSize,
): { segmentsPerBlock: number; panelsPerPass: number } {
  const segmentBytes = Math.max(1, depth) * tile.columns * 4;
  const fitting = Math.max(1, Math.floor(tile.packedBytes / segmentBytes));
  const parts = Math.max(1, Math.ceil(segments / fitting));
  const segmentsPerBlock = Math.max(1, Math.ceil(segments / parts));
  return { segmentsPerBlock, panelsPerPass: Math.max(1, Math.floor(fitting / segmentsPerBlock)) };
}

/**
 * Adds the tasks for a group of lines that share B: at most `tile.taskRows` rows each, and as few panels as it takes to
 * have `target` tasks. `addBlocks` writes the blocks of some of the lines.
 */
export function addTasks(
  builder: PlanBuilder,
  tile: TileSize,
  lines: number,
  rowsPerLine: number,
  columns: number,
  target: number,
  addBlocks: (lineBegin: number, lineEnd: number) => void,
): void {
  const rows = lines * rowsPerLine, panels = panelCount(columns, tile);
  const rowTasks = Math.max(1, Math.min(lines, Math.max(Math.ceil(rows / tile.taskRows), 1)));
  const panelTasks = Math.min(panels, Math.ceil(target / rowTasks));
  for (const [lineBegin, lineEnd] of cut(lines, rowTasks)) {
    const begin = builder.blockCount;
    addBlocks(lineBegin, lineEnd);
    for (const range of cut(panels, panelTasks)) {
      builder.task({ blocks: [begin, builder.blockCount], panels: range });
    }
  }
}
