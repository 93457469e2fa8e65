/** Pictures of generated scenes beside real ones. */
import type { Grid } from "../data/grid.ts";
import { barChart } from "./draw/bar_chart.ts";
import { contactSheet } from "./draw/contact_sheet.ts";
import type { Figure } from "./draw/figure.ts";
import type { Image } from "./draw/image.ts";
import type { ClassSet } from "../data/classes.ts";

/** How often each class is in a set of scenes. */
export interface ClassShares {
  /** Name of the set. */
  readonly name: string;
  /** Voxels of each class, in per cent of the filled ones. */
  readonly percent: readonly number[];
}

/** Bars of the share of each class, a series per set; the first name, of empty space, is left out. */
export function classShareChart(classNames: readonly string[], sets: readonly ClassShares[]): Figure {
  return barChart(
    classNames.slice(1),
    sets.map(({ name, percent }) => ({ name, values: percent.slice(1) })),
    { title: "Share of the filled voxels, %" },
  );
}

/** A generated scene and the training scene nearest to it. */
export interface NearestPair {
  /** Labels `[D, H, W]`. */
  readonly scene: Uint8Array;
  /** Labels `[D, H, W]`. */
  readonly nearest: Uint8Array;
  /** Share of the voxels filled in either that differ, 0–1. */
  readonly distance: number;
}

/** Scenes of a set, named `title`, beside their nearest training scenes. */
export function nearestSheet(title: string, pairs: readonly NearestPair[], grid: Grid, classes: ClassSet): Image {
  return contactSheet(
    [
      { title, volumes: pairs.map(({ scene }) => scene) },
      { title: "nearest training scene", volumes: pairs.map(({ nearest }) => nearest) },
    ],
    grid,
    { classes, rowTitles: pairs.map(({ distance }) => `${(100 * distance).toFixed(0)} % differ`) },
  );
}
