/** Scenes side by side: a row per scene, a column per version of it. */
import { UserError } from "../../base/errors.ts";
import type { Grid } from "../../data/grid.ts";
import type { Image } from "./image.ts";
import { classLegend } from "./legend.ts";
import { frameOf, type RenderOptions, renderVolume } from "./render.ts";
import { pictureSheet } from "./sheet.ts";

/** A column of a contact sheet. */
export interface SheetColumn {
  /** Written above the column, e.g. "reconstruction". */
  readonly title: string;
  /** Labels `[D, H, W]` of each row's volume. */
  readonly volumes: readonly Uint8Array[];
}

/** How {@link contactSheet} looks; `width` and `height` are those of one cell, 320 × 240 if left out. */
export interface SheetOptions extends Omit<RenderOptions, "frame" | "background"> {
  /** Written to the left of each row; none if left out. */
  readonly rowTitles?: readonly string[];
  /** Told after each picture how many of all are drawn. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Draws every volume into a sheet with titles and a legend of the classes. The camera of a row frames its first
 * volume, so the volumes of a row can be compared cube by cube.
 *
 * @throws {UserError} if there is nothing to draw, the columns differ in length, or a volume is not valid.
 */
export function contactSheet(columns: readonly SheetColumn[], grid: Grid, options: SheetOptions = {}): Image {
  const { width = 320, height = 240, rowTitles = [], onProgress, ...rendering } = options;
  const rows = columns[0]?.volumes.length ?? 0;
  if (rows === 0) throw new UserError("a contact sheet of no scenes: at least one is needed");
  const odd = columns.find(({ volumes }) => volumes.length !== rows);
  if (odd) throw new UserError(`"${odd.title}" has ${odd.volumes.length} scenes, "${columns[0].title}" has ${rows}`);

  const cells = columns[0].volumes.map((leader, row) => {
    const frame = frameOf(leader, grid, rendering);
    return columns.map(({ volumes }, column) => {
      const cell = renderVolume(volumes[row], grid, { ...rendering, width, height, frame });
      onProgress?.(row * columns.length + column + 1, rows * columns.length);
      return cell;
    });
  });
  const legend = (width: number, size: number) => classLegend(width, size, rendering.classes);
  return pictureSheet(cells, { columnTitles: columns.map(({ title }) => title), rowTitles, legend });
}
