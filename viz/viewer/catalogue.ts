/** What the page and the server tell each other about the folder. Types only: the page imports this file as well. */
import type { ClassSet } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import type { CurvePanel } from "../draw/curves.ts";
import type { Project } from "../../run/project.ts";

/** Everything in the served folder that can be shown. */
export interface Catalogue {
  /** Name of the folder. */
  readonly folder: string;
  readonly runs: readonly RunEntry[];
  readonly sequences: readonly Sequence[];
  /** Files that look like volumes but cannot be shown, and why. */
  readonly problems: readonly Problem[];
  /** True if the folder holds more files than are listed. */
  readonly truncated: boolean;
  /** True if the server can run the networks of a checkpoint. */
  readonly generates: boolean;
}

/** A folder of a training run. */
export interface RunEntry {
  /** Relative to the served folder; "" if it is the run itself. */
  readonly path: string;
  readonly title: string;
  /** Whether there are losses. */
  readonly losses: boolean;
  /** Whether there is a checkpoint. */
  readonly checkpoint: boolean;
}

/** Scenes in an order, in one or more versions that belong side by side. */
export interface Sequence {
  readonly title: string;
  /** Folder of the files, relative to the served folder. */
  readonly folder: string;
  readonly grid: Grid;
  /** Number of scenes. */
  readonly count: number;
  readonly versions: readonly Version[];
}

/** One version of the scenes of a sequence, e.g. their reconstructions. */
export interface Version {
  readonly title: string;
  /** One stack with all scenes, or a file per scene; relative to the served folder. */
  readonly files: readonly string[];
  /** Scene of the stack that is shown at every place of the sequence: what the others are compared with. */
  readonly still?: number;
}

/** A file that cannot be shown. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** How far a training is. */
export interface TrainingStatus {
  readonly phase: string;
  /** Iterations finished over all phases. */
  readonly step: number;
  /** Finite losses of the last tick. */
  readonly losses: Readonly<Record<string, number>>;
  /** Seconds since the last tick was written. */
  readonly age: number;
  /** Changes when there are new losses. */
  readonly revision: string;
}

/** Most runs whose curves lie over each other: there are as many colours. */
export const MOST_CURVES = 8;

/** Learning curves of runs over each other. */
export interface TrainingCurves {
  readonly svg: string;
  /** Of the figure in pixels. */
  readonly width: number;
  /** Where lines lie, to tell their values. */
  readonly panels: readonly CurvePanel[];
}

/** What a new room is asked to be like. */
export interface RoomWish {
  /** A type of {@link ModelInfo.types}; any if left out. */
  readonly type?: string;
  /** Names of classes that it must have. */
  readonly with: readonly string[];
  /** Names of classes that it must not have. */
  readonly without: readonly string[];
}

/** What is told of each of several scenes. */
export interface SceneHeader {
  readonly grid: Grid;
  /** Its `fingerprint`. */
  readonly result: string;
}

/** Sizes of a checkpoint's networks. */
export interface ModelInfo {
  readonly grid: Grid;
  /** Latent cells along depth, height and width. */
  readonly latentGrid: Grid;
  /** Numbers per latent cell. */
  readonly latentChannels: number;
  /** What the labels of its rooms stand for; the published classes if left out. */
  readonly classes?: ClassSet;
  /** Iterations that the weights were trained for. */
  readonly step: number;
  /** Whether there is a trained refiner. */
  readonly refines: boolean;
  /** Types that new rooms can be asked to be of; null if nothing can be asked, as no distribution of codes was learned. */
  readonly types: readonly string[] | null;
  /** What computes, where that is the page itself. */
  readonly engine?: string;
  /** Who makes proposals for edits, as projects tell it; null where no prior completes scenes. */
  readonly editor: Project["run"] | null;
}
