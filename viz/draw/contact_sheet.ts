/** Scenes below and beside each other, the versions of each side by side. */
import { UserError } from "../../base/errors.ts";
import type { Grid } from "../../data/grid.ts";
import { boxAround } from "./camera.ts";
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
  /** Scenes side by side; 1 if left out. */
  readonly across?: number;
  /** Written to the left of each row; none if left out. */
  readonly rowTitles?: readonly string[];
  /** Told after each picture how many of all are drawn. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Draws every volume into a sheet with titles and a legend of the classes. All versions of a scene are seen from one
 * place that shows all of them, so they can be compared cube by cube.
 *
 * @throws {UserError} if there is nothing to draw, the columns differ in length, or a volume is not valid.
 */
export function contactSheet(columns: readonly SheetColumn[], grid: Grid, options: SheetOptions = {}): Image {
  const { width = 320, height = 240, across = 1, rowTitles = [], onProgress, ...rendering } = options;
  const scenes = columns[0]?.volumes.length ?? 0;
  if (scenes === 0) throw new UserError("a contact sheet of no scenes: at least one is needed");
  const odd = columns.find(({ volumes }) => volumes.length !== scenes);
  if (odd) throw new UserError(`"${odd.title}" has ${odd.volumes.length} scenes, "${columns[0].title}" has ${scenes}`);

  const rows: Image[][] = [];
  for (let scene = 0; scene < scenes; scene++) {
    const frame = columns.map(({ volumes }) => frameOf(volumes[scene], grid, rendering)).reduce(boxAround);
    const versions = columns.map(({ volumes }, column) => {
      const cell = renderVolume(volumes[scene], grid, { ...rendering, width, height, frame });
      onProgress?.(scene * columns.length + column + 1, scenes * columns.length);
      return cell;
    });
    if (scene % across === 0) rows.push(versions);
    else rows.at(-1)!.push(...versions);
  }
  const legend = (width: number, size: number) => classLegend(width, size, rendering.classes);
  const titles = columns.map(({ title }) => title);
  const columnTitles = Array.from({ length: Math.min(across, scenes) }, () => titles).flat();
  return pictureSheet(rows, { columnTitles, rowTitles, legend });
}
