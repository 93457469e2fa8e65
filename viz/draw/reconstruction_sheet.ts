import type { ClassSet } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import { contactSheet, type SheetColumn } from "./contact_sheet.ts";
import type { Image } from "./image.ts";

/** Labels `[D, H, W]` of scenes and what became of them. */
export interface ReconstructionVolumes {
  readonly real: readonly Uint8Array[];
  readonly recons: readonly Uint8Array[];
  /** Null where there is no trained refiner. */
  readonly refined: readonly Uint8Array[] | null;
}

/**
 * The sheet real | reconstruction | refined of the first `rows` scenes.
 *
 * @param classes what the labels stand for; the published classes if left out.
 * @throws {UserError} if there is no scene.
 */
export function reconstructionSheet(
  { real, recons, refined }: ReconstructionVolumes,
  grid: Grid,
  rows: number,
  classes?: ClassSet,
): Image {
  const columns: SheetColumn[] = [
    { title: "real", volumes: real.slice(0, rows) },
    { title: "reconstruction", volumes: recons.slice(0, rows) },
    ...refined ? [{ title: "refined", volumes: refined.slice(0, rows) }] : [],
  ];
  return contactSheet(columns, grid, { classes });
}
