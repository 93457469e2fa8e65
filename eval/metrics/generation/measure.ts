/** All measures of generated scenes at once. */
import type { Grid } from "../../../data/grid.ts";
import { bootstrap, bootstrapMean, type BootstrapOptions, type Estimate } from "./bootstrap.ts";
import { pooledDivergence } from "./divergence.ts";
import type { Points } from "./distances.ts";
import { FrechetProducts } from "./frechet.ts";
import { manifoldShares } from "./manifold.ts";
import { copyingProbability, NearestScenes } from "./memorisation.ts";
import type { MetricName } from "./metric.ts";
import { nearestNeighbourHits } from "./nearest_neighbour.ts";
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
  /** Sets to measure. */
  readonly generated: readonly NamedScenes[];
  /** Encoder whose codes are compared. */
  readonly encode: Encode;
  /** Scenes encoded together. */
  readonly batch: number;
  /** uint32; seed of the confidence intervals. */
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

/** What was measured of a set. */
export interface SetMeasures {
  /** Name of the set. */
  readonly name: string;
  /** How many scenes it has. */
  readonly scenes: number;
  /** Measures with their 95 % intervals; what does not apply is missing, NaN what needs more scenes. */
  readonly metrics: Partial<Record<MetricName, Estimate>>;
  /** An entry per class. */
  readonly classes: readonly ClassMeasures[];
  /** Nearest training scenes; null for the training scenes themselves. */
  readonly nearest: NearestTraining | null;
}

/**
 * Measures sets of scenes against training scenes. The first entry is the training scenes themselves, with what can be
 * said of a set alone; the second real scenes that were not trained on, if there are any; then the generated sets.
 */
export async function measureGeneration(options: MeasureOptions): Promise<SetMeasures[]> {
  const { grid, classNames, training, unseen, generated, encode, batch, seed, replicates = 200 } = options;
  const sets = [...unseen ? [unseen] : [], ...generated];
  const references = Math.min(options.references, training.count);
  const total = training.count + 2 * (references + sum(sets.map(({ scenes }) => scenes.length)));
  let done = 0;
  const advance = (count: number) => options.onProgress?.(done += count, total);

  const nearest = sets.map(({ scenes }) => new NearestScenes(scenes)), reference: Uint8Array[] = [];
  for (let index = 0; index < training.count; index++) {
    const labels = await training.read(index);
    if (index < references) reference.push(labels);
    for (const each of nearest) each.show(labels);
    advance(1);
  }
  const study = (scenes: readonly Uint8Array[]): Studied => ({
    counts: countScenes(scenes, grid, classNames.length, () => advance(1)),
    codes: encodeScenes(scenes, encode, batch, advance),
  });
  const bootstrapping = { seed, replicates };
  const real = study(reference);
  const unseenDistances = unseen ? nearest[0].distances : null;
  const measured: SetMeasures[] = [{
    name: "training",
    scenes: reference.length,
    metrics: alone(real.counts, bootstrapping),
    classes: classMeasures(real.counts, grid),
    nearest: null,
  }];
  sets.forEach(({ name, scenes }, i) => {
    const studied = study(scenes), { distances, indices } = nearest[i];
    const metrics = {
      ...alone(studied.counts, bootstrapping),
      ...divergences(studied.counts, real.counts, bootstrapping),
      ...latentMetrics(studied.codes, real.codes, bootstrapping),
      nearest_training_distance: bootstrapMean(distances, { ...bootstrapping, range: [0, 1] }),
      ...(unseenDistances && scenes !== unseen?.scenes ? copying(distances, unseenDistances, bootstrapping) : {}),
    };
    const classes = classMeasures(studied.counts, grid);
    measured.push({ name, scenes: scenes.length, metrics, classes, nearest: { distances, indices } });
  });
  return measured;
}

interface Studied {
  readonly counts: SceneCounts;
  readonly codes: Points;
}

type Metrics = Partial<Record<MetricName, Estimate>>;

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

function latentMetrics(fake: Points, real: Points, options: BootstrapOptions): Metrics {
  const { precision, recall, density, coverage } = manifoldShares(real, fake);
  const share = { ...options, range: [0, 1] } as const;
  const products = new FrechetProducts(fake, real);
  return {
    precision: bootstrapMean(precision, share),
    recall: bootstrapMean(recall, share),
    density: bootstrapMean(density, { ...options, range: [0, Infinity] }),
    coverage: bootstrapMean(coverage, share),
    frechet_distance: bootstrap(
      [fake.count, real.count],
      (weights) => products.distance(weights),
      { ...options, range: [0, Infinity] },
    ),
    nearest_neighbour_accuracy: bootstrapMean(nearestNeighbourHits(fake, real), share),
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
