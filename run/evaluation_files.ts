/** What an evaluation leaves in its folder, as programs and people look at it: tables, and volumes side by side. */

/** How well unseen scenes came back: aligned tables for the terminal. */
export const SUMMARY_FILE = "summary.txt";

/** Measures of new rooms, Markdown under one heading. */
export const GENERATION_REPORT = "generation_metrics.md";

/** Versions of the same rooms. */
export interface VolumeSet {
  /** For people. */
  readonly title: string;
  /** Name of the contact sheet. */
  readonly sheet: string;
  /** Whether each room is its own, so that a sheet may set rooms beside each other, too. */
  readonly tiled: boolean;
  /** Stacks `[n, D, H, W]` by their names without `.npy`, each with its title, from left to right. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Unseen scenes, and what came back. */
export const RECONSTRUCTIONS = {
  title: "reconstructions",
  sheet: "reconstructions.png",
  tiled: false,
  versions: { real: "real", recons: "reconstruction", recons_refine: "refined" },
} as const satisfies VolumeSet;

/** New rooms. */
export const GENERATED = {
  title: "generated rooms",
  sheet: "generated.png",
  tiled: true,
  versions: { generate: "generated", generate_refine: "refined" },
} as const satisfies VolumeSet;

/** All of them. */
export const VOLUME_SETS: readonly VolumeSet[] = [RECONSTRUCTIONS, GENERATED];
