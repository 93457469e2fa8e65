import { type ClassSet, PAPER_CLASSES } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import { contactSheet, type SheetColumn, type SheetOptions } from "./contact_sheet.ts";
import type { Image } from "./image.ts";

/**
 * A contact sheet of scenes of many rooms: all walls stand, and the ceiling is left out, since a cut that opens one room
 * would take the walls of others.
 *
 * @throws {UserError} as `contactSheet`.
 */
export function largerSheet(columns: readonly SheetColumn[], grid: Grid, options: SheetOptions = {}): Image {
  const { classes = PAPER_CLASSES } = options;
  const opened = columns.map(({ title, volumes }) => ({
    title,
    volumes: volumes.map((labels) => withoutCeiling(labels, classes)),
  }));
  return contactSheet(opened, grid, { width: 480, height: 340, ...options, cut: false });
}

/** The scene as it looks from above once its ceiling is off; classes are known by the published names. */
function withoutCeiling(labels: Uint8Array, { names }: ClassSet = PAPER_CLASSES): Uint8Array {
  const ceiling = names.indexOf("ceiling");
  return ceiling <= 0 ? labels : labels.map((label) => label === ceiling ? 0 : label);
}
