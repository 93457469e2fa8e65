/** All measures of generated scenes at once. */
import type { Grid } from "../../../data/grid.ts";
import { emptyWhereUnknown } from "../../../data/labels.ts";
import type { Backend } from "../../../nn/backend/backend.ts";
import { bootstrap, bootstrapMean, type BootstrapOptions } from "./bootstrap.ts";
import { codeMetrics } from "./code_metrics.ts";
import { pooledDivergence } from "./divergence.ts";
import type { Points } from "./distances.ts";
import { classifierAccuracy, classifierScenes } from "./two_sample_classifier.ts";
import { copyingProbability, NearestScenes } from "./memorisation.ts";
import type { Metrics } from "./metric.ts";
import { countScenes, type Encode, encodeScenes, type SceneCounts, sum } from "./scene_set.ts";

/** Scenes under a name. */
export interface NamedScenes {
  /** E.g. "generated" or "refined". */
  readonly name: string;
  /** Labels `[D, H, W]` each. */
  readonly scenes: readonly Uint8Array[];
}

/** What to measure {@link measureGeneration} with. */
export interface MeasureOptions {
  /** Size of every scene. */
  readonly grid: Grid;
  /** Names by label; the first is empty space. */
  readonly classNames: readonly string[];
  /** Training scenes, in an order that has nothing to do with what they show. */
  readonly training: {
    /** How many are at hand. */
    readonly count: number;
    /** Labels `[D, H, W]` of the scene at a place in that order. */
    read(index: number): Promise<Uint8Array>;
  };
  /** How many of the training scenes the sets are compared with; all of them are searched for copies. */
  readonly references: number;
  /** Real scenes that were not trained on: what the measures say of perfect scenes. */
  readonly unseen: NamedScenes | null;
  /** What the decoder makes of the codes of unseen scenes: the best that generated ones can be. */
  readonly reconstructions: NamedScenes | null;
  /** Sets to measure. */
  readonly generated: readonly NamedScenes[];
  /** Encoder whose codes are compared. */
  readonly encode: Encode;
  /** Scenes encoded together. */
  readonly batch: number;
  /** Engine that classifiers are trained on. */
  readonly backend: Backend;
  /** uint32; seed of the confidence intervals and of the classifiers. */
  readonly seed: number;
  /** Sets drawn for a confidence interval; 200 if left out. */
  readonly replicates?: number;
  /** Told how many scenes of how many were counted, encoded or searched. */
  onProgress?(done: number, total: number): void;
}

/** What one class is like in a set. */
export interface ClassMeasures {
  /** Voxels of the class in per cent of all filled ones; of all voxels for class 0. */
  readonly percent: number;
  /** Pieces per scene, over all scenes. */
  readonly pieces: number;
  /** Floating voxels in per cent of the class'; NaN for a class that never occurs. */
  readonly floatingPercent: number;
}

/** Nearest training scene of each scene of a set. */
export interface NearestTraining {
  /** Share of differing voxels, `[scenes]`. */
  readonly distances: Float64Array;
  /** Place in the order of the training scenes, `[scenes]`. */
  readonly indices: Int32Array;
}

/** What the scenes of a set are. */
export type SetKind = "training" | "unseen" | "reconstructions" | "generated";

/** What was measured of a set. */
export interface SetMeasures {
  /** What its scenes are. */
  readonly kind: SetKind;
  /** Name of the set. */
  readonly name: string;
  /** How many scenes it has. */
  readonly scenes: number;
  /** Measures with their 95 % intervals; what does not apply is missing, NaN what needs more scenes. */
  readonly metrics: Metrics;
  /** An entry per class. */
  readonly classes: readonly ClassMeasures[];
  /** Nearest training scenes; null for the training scenes themselves. */
  readonly nearest: NearestTraining | null;
}

/**
 * Measures sets of scenes against training scenes. The first entry is the training scenes themselves, with what can be
 * said of a set alone; then real scenes that were not trained on and their reconstructions, where there are any; then
 * the generated sets.
 *
 * Unknown voxels count as empty, and every made-up scene is empty where a real one is unknown before it is compared: a
 * reconstruction where its own scene is, generated scene i where training scene i is.
 */
export async function measureGeneration(options: MeasureOptions): Promise<SetMeasures[]> {
  const { grid, classNames, training, unseen, reconstructions, generated, encode, batch, seed, replicates = 200 } =
    options;
  const references = Math.min(options.references, training.count), compared: Uint8Array[] = [];
  for (let index = 0; index < references; index++) compared.push(await training.read(index));
  const ofKind = (kind: SetKind, sets: readonly (NamedScenes | null)[], real: readonly Uint8Array[]) =>
    sets.filter((set) => set !== null).map(({ name, scenes }) => {
      return { kind, name, scenes: scenes.map((scene, i) => emptyWhereUnknown(scene, real[i % real.length])) };
    });
  const unseenScenes = unseen?.scenes ?? [];
  const sets = [
    ...ofKind("unseen", [unseen], unseenScenes),
    ...ofKind("reconstructions", [reconstructions], unseenScenes),
    ...ofKind("generated", generated, compared),
  ];
  const reconstructed = sets.find(({ kind }) => kind === "reconstructions")?.scenes ?? null;
  const classified = (tested: readonly NamedScenes[], others: number) =>
    sum(tested.map(({ scenes }) => classifierScenes(Math.min(scenes.length, others), grid)));
  const total = training.count + 2 * (references + sum(sets.map(({ scenes }) => scenes.length))) +
    classified(sets, references) + classified(generated, reconstructed?.length ?? 0);
  let done = 0;
  const advance = (count: number) => options.onProgress?.(done += count, total);

  const nearest = sets.map(({ scenes }) => new NearestScenes(scenes));
  const reference = compared.map((scene) => emptyWhereUnknown(scene));
  for (let index = 0; index < training.count; index++) {
    const labels = reference[index] ?? emptyWhereUnknown(await training.read(index));
    for (const each of nearest) each.show(labels);
    advance(1);
  }
  const study = (scenes: readonly Uint8Array[]): Studied => ({
    counts: countScenes(scenes, grid, classNames.length, () => advance(1)),
    codes: encodeScenes(scenes, encode, batch, advance),
  });
  const classifying = { grid, classes: classNames.length, backend: options.backend, seed, onScenes: advance };
  const bootstrapping = { seed, replicates };
  const real = study(reference);
  const unseenDistances = unseen ? nearest[0].distances : null;
  const measured: SetMeasures[] = [{
    kind: "training",
    name: "training",
    scenes: reference.length,
    metrics: alone(real.counts, bootstrapping),
    classes: classMeasures(real.counts, grid),
    nearest: null,
  }];
  sets.forEach(({ kind, name, scenes }, i) => {
    const studied = study(scenes), { distances, indices } = nearest[i];
    const metrics = {
      ...alone(studied.counts, bootstrapping),
      ...divergences(studied.counts, real.counts, bootstrapping),
      ...codeMetrics(studied.codes, real.codes, bootstrapping),
      classifier_accuracy: classifierAccuracy(scenes, reference, classifying),
      ...(reconstructed && kind === "generated"
        ? { reconstruction_classifier_accuracy: classifierAccuracy(scenes, reconstructed, classifying) }
        : {}),
      nearest_training_distance: bootstrapMean(distances, { ...bootstrapping, range: [0, 1] }),
      ...(unseenDistances && kind !== "unseen" ? copying(distances, unseenDistances, bootstrapping) : {}),
    };
    const classes = classMeasures(studied.counts, grid);
    measured.push({ kind, name, scenes: scenes.length, metrics, classes, nearest: { distances, indices } });
  });
  return measured;
}

interface Studied {
  readonly counts: SceneCounts;
  readonly codes: Points;
}

function alone(counts: SceneCounts, options: BootstrapOptions): Metrics {
  return {
    filled_percent: bootstrapMean(counts.filledPercent, { ...options, range: [0, 100] }),
    pieces: bootstrapMean(counts.pieces, { ...options, range: [0, Infinity] }),
    specks: bootstrapMean(counts.specks, { ...options, range: [0, Infinity] }),
    floating_percent: bootstrapMean(counts.floatingPercent, { ...options, range: [0, 100] }),
  };
}

function divergences(counts: SceneCounts, real: SceneCounts, options: BootstrapOptions): Metrics {
  const filled = (classes: readonly Float64Array[]) => classes.map((ofScene) => ofScene.subarray(1));
  return {
    occupancy_jsd: pooledDivergence(counts.occupancy, real.occupancy, options),
    class_frequency_jsd: pooledDivergence(filled(counts.classes), filled(real.classes), options),
    class_adjacency_jsd: pooledDivergence(counts.adjacency, real.adjacency, options),
  };
}

function copying(generated: Float64Array, unseen: Float64Array, options: BootstrapOptions): Metrics {
  return {
    copying_probability: bootstrap(
      [generated.length, unseen.length],
      (weights) => copyingProbability(generated, unseen, weights),
      { ...options, range: [0, 1] },
    ),
  };
}

function classMeasures(counts: SceneCounts, grid: Grid): ClassMeasures[] {
  const scenes = counts.classes.length, voxels = scenes * grid[0] * grid[1] * grid[2];
  return Array.from(counts.classes[0] ?? [], (_, label): ClassMeasures => {
    const of = (rows: readonly Float64Array[]) => sum(rows.map((row) => row[label]));
    const filled = voxels - sum(counts.classes.map((row) => row[0])), here = of(counts.classes);
    return {
      percent: 100 * here / (label === 0 ? voxels : filled),
      pieces: of(counts.classPieces) / scenes,
      floatingPercent: 100 * of(counts.classFloating) / here,
    };
  });
}
