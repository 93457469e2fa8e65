/** Finished pictures in rows and columns under titles, with a legend below. */
import { UserError } from "../../base/errors.ts";
import { createImage, drawImage, type Image, type Rgb } from "./image.ts";
import { drawText, textWidth } from "./text.ts";

/** A picture of a sheet, or null for a gap. */
export type Cell = Image | null;

/** Titles and legend of {@link pictureSheet}. */
export interface PictureSheetOptions {
  /** Written above each column; none if left out. */
  readonly columnTitles?: readonly string[];
  /** Written to the left of each row; none if left out. */
  readonly rowTitles?: readonly string[];
  /** Draws what stands below, in a picture of `width` pixels and letters of `size`. */
  legend?(width: number, size: number): Image;
}

const INK: Rgb = [40, 40, 46], PALE_INK: Rgb = [120, 120, 128];

/** Puts pictures of one size side by side. @throws {UserError} if there is none, or they differ in size. */
export function pictureSheet(rows: readonly (readonly Cell[])[], options: PictureSheetOptions = {}): Image {
  const { columnTitles = [], rowTitles = [], legend } = options;
  const pictures = rows.flat().filter((cell) => cell !== null);
  if (pictures.length === 0) throw new UserError("a sheet of no pictures: at least one is needed");
  const [{ width, height }] = pictures;
  const odd = pictures.find((cell) => cell.width !== width || cell.height !== height);
  if (odd) throw new UserError(`a sheet with pictures of ${width}x${height} and ${odd.width}x${odd.height} pixels`);
  const columns = Math.max(...rows.map((row) => row.length));

  const size = Math.max(11, Math.min(24, Math.round(width / 20)));
  const gap = Math.round(size / 2), titleHeight = columnTitles.length > 0 ? Math.round(size * 2.2) : gap;
  const rowTitleWidth = Math.ceil(Math.max(0, ...rowTitles.map((title) => textWidth(title, size))));
  const firstColumn = gap + (rowTitleWidth > 0 ? rowTitleWidth + gap : 0);
  const sheetWidth = firstColumn + columns * (width + gap);
  const below = legend?.(sheetWidth - 2 * gap, Math.round(size * 0.9));
  const bodyHeight = titleHeight + rows.length * (height + gap);
  const sheet = createImage(sheetWidth, bodyHeight + (below ? below.height + gap : 0));
  columnTitles.forEach((title, column) => {
    const middle = firstColumn + column * (width + gap) + width / 2;
    drawText(sheet, title, middle, titleHeight - size * 0.6, { size, color: INK, anchor: "middle", bold: true });
  });
  rows.forEach((row, index) => {
    const top = titleHeight + index * (height + gap);
    drawText(sheet, rowTitles[index] ?? "", gap, top + height / 2 + size * 0.34, { size, color: PALE_INK });
    row.forEach((cell, column) => {
      if (cell) drawImage(sheet, cell, firstColumn + column * (width + gap), top);
    });
  });
  if (below) drawImage(sheet, below, gap, bodyHeight);
  return sheet;
}
