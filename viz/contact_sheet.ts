/** Scenes side by side: a row per scene, a column per version of it. */
import { UserError } from "../base/errors.ts";
import type { Grid } from "../data/grid.ts";
import { createImage, drawImage, type Image, type Rgb } from "./image.ts";
import { classLegend } from "./legend.ts";
import { frameOf, type RenderOptions, renderVolume } from "./render.ts";
import { drawText, textWidth } from "./text.ts";

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

const INK: Rgb = [40, 40, 46], PALE_INK: Rgb = [120, 120, 128];

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

  const size = Math.max(11, Math.min(24, Math.round(width / 20)));
  const gap = Math.round(size / 2), titleHeight = Math.round(size * 2.2);
  const rowTitleWidth = Math.ceil(Math.max(0, ...rowTitles.map((title) => textWidth(title, size))));
  const firstColumn = gap + (rowTitleWidth > 0 ? rowTitleWidth + gap : 0);
  const sheetWidth = firstColumn + columns.length * (width + gap);
  const legend = classLegend(sheetWidth - 2 * gap, Math.round(size * 0.9));
  const bodyHeight = titleHeight + rows * (height + gap);
  const sheet = createImage(sheetWidth, bodyHeight + legend.height + gap);

  columns.forEach(({ title }, column) => {
    const middle = firstColumn + column * (width + gap) + width / 2;
    drawText(sheet, title, middle, titleHeight - size * 0.6, { size, color: INK, anchor: "middle", bold: true });
  });
  for (let row = 0; row < rows; row++) {
    const top = titleHeight + row * (height + gap);
    const baseline = top + height / 2 + size * 0.34;
    drawText(sheet, rowTitles[row] ?? "", gap, baseline, { size, color: PALE_INK });
    const frame = frameOf(columns[0].volumes[row], grid, rendering);
    columns.forEach(({ volumes }, column) => {
      const cell = renderVolume(volumes[row], grid, { ...rendering, width, height, frame });
      drawImage(sheet, cell, firstColumn + column * (width + gap), top);
      onProgress?.(row * columns.length + column + 1, rows * columns.length);
    });
  }
  drawImage(sheet, legend, gap, bodyHeight);
  return sheet;
}
