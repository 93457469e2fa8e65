/** `--mode latent`: scenes on a map by their codes, beside where things are in them. */
import { csvText } from "../../../base/csv.ts";
import { createHash } from "node:crypto";
import { basename, join } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { readTextFile, writeFileAtomic } from "../../../base/files.ts";
import { markdownTable } from "../../../base/table.ts";
import { scatterMaps } from "../../../viz/draw/scatter.ts";
import { writeFigure } from "../../../viz/draw/write_figure.ts";
import { type EncodedScenes, encodeScenes } from "../../codes.ts";
import { type Mode, SCENES, SHARED_FLAGS } from "../../mode.ts";
import { paragraphsOf, tablesOf } from "../../report.ts";
import type { Run } from "../../run.ts";
import type { UnseenScenes } from "../../unseen_scenes.ts";
import type { Workspace } from "../../workspace.ts";
import { classCentroids, fillGaps, sceneCentroid } from "./centroids.ts";
import { pairDistances, pearson, spearman } from "./correlation.ts";
import { embed } from "./embedding.ts";

const { allowOverlap, count } = SHARED_FLAGS, FLAGS = { allowOverlap, count };

/** Files of the mode. */
const FILES = ["latent.csv", "latent.md", "latent.svg", "latent.png"] as const;
/** Scenes that a decomposition takes seconds for. */
const MOST_SCENES = 2000;
/** With fewer scenes a map in two dimensions shows nothing. */
const LEAST_SCENES = 3;

/** The mode. */
export const LATENT: Mode<typeof FLAGS> = {
  name: "latent",
  help: "a map of codes",
  flags: FLAGS,
  picture: "latent.png",
  severalRuns: true,
  scenes: ({ count = SCENES }) => count,
  leftOut: ({ scenes: { count } }) => isMappable(count) ? null : `${count} scenes: no map of codes.`,
  work: async ({ workspace, scenes, others }) => await mapCodes(workspace, scenes, others) ?? "",
  async section({ workspace: { out } }) {
    const markdown = await readTextFile(join(out, "latent.md"));
    return {
      id: "latent",
      title: "Map of codes",
      text: paragraphsOf(markdown),
      pictures: [{
        file: "latent.svg",
        alt: "Scatter plot: a point per scene at the first two components of its code, darker to lighter by where " +
          "the middle of the scene is",
      }],
      tables: tablesOf(markdown, "Correlations, Pearson / Spearman"),
      files: ["latent.csv", "latent.png", "latent.md"],
    };
  },
};

function isMappable(scenes: number): boolean {
  return scenes >= LEAST_SCENES && scenes <= MOST_SCENES;
}

/** A correlation in both kinds. */
export interface Correlation {
  /** Of the numbers. */
  readonly pearson: number;
  /** Of their ranks. */
  readonly spearman: number;
}

/** A run's codes on a map, and how they go with where things are. */
interface RunMap {
  readonly title: string;
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  /** By the centre of all things, and by the centres of each class. */
  readonly agreement: { readonly scene: Agreement; readonly classes: Agreement };
}

/** How codes go with where things are. */
export interface Agreement {
  /** Of the shade with the direction of the map, among all, that goes with it best. */
  readonly map: Correlation;
  /** Of the distances of all pairs of scenes: of their whole codes, and of their centres. */
  readonly distances: Correlation;
}

/** Where things are in some scenes. */
interface Places {
  /** `[n, width]`. */
  readonly points: Float64Array;
  readonly width: number;
  /** Their main direction: the shade. */
  readonly shade: Float64Array;
}

/**
 * Maps the codes of scenes to two dimensions by a singular value decomposition, shaded by a one-dimensional one of the
 * scenes' centroids, as in the paper. Writes `latent.csv`, `latent.svg`, `latent.png` and `latent.md`.
 *
 * @param others runs whose codes of the same scenes are mapped beside, e.g. of a model with a flat code.
 * @returns the report, Markdown; null if it is finished from the same scenes and runs already.
 * @throws {UserError} if there are too few or too many scenes, or a run is for others.
 */
export async function mapCodes(
  workspace: Workspace,
  scenes: UnseenScenes,
  others: readonly Run[],
): Promise<string | null> {
  const { run, out, ledger, batch, say } = workspace, { grid, classes } = run.config;
  const n = scenes.count, runs = [run, ...others];
  if (!isMappable(n)) {
    throw new UserError(`a map of ${n} scenes: expected ${LEAST_SCENES} to ${MOST_SCENES}; give another --count`);
  }
  for (const other of others) {
    if (other.config.grid.join() === grid.join() && other.config.classes === classes) continue;
    const sizes = [other, run].map(({ config }) => `${config.grid.join("x")} with ${config.classes} classes`);
    throw new UserError(
      `${other.root} is for scenes of ${sizes[0]}, ${run.root} for ${sizes[1]}; name runs of one data`,
    );
  }
  const encoded = await encodeScenes(run, scenes, batch);
  const inputs = { scenes: fingerprint(encoded.fingerprints), runs: runs.map(({ checksum }) => checksum), batch };
  const worked = await ledger.once("latent", inputs, async () => {
    const all = [encoded, ...await Promise.all(others.map((other) => encodeScenes(other, scenes, batch)))];
    const scene = places(encoded.labels.map((labels) => sceneCentroid(labels, grid)), 3);
    const perClass = places(encoded.labels.map((labels) => classCentroids(labels, grid, classes)), 3 * (classes - 1));
    const maps = runs.map((each, index) => runMap(titleOf(each), all[index], each.codeSize, scene, perClass));
    const figure = scatterMaps(
      maps.map(({ title, xs, ys, agreement: { scene: { map } } }) => {
        const subtitle = `r = ${map.pearson.toFixed(2)}, rho = ${map.spearman.toFixed(2)}`;
        return { title, subtitle, xs, ys, shades: scene.shade };
      }),
      { labels: { x: "component 1", y: "component 2", shade: "centre of the scene, 1-D" } },
    );
    await writeFigure(out, "latent", figure);
    await writeFileAtomic(join(out, "latent.csv"), csv(maps, scene.shade, perClass.shade));
    await writeFileAtomic(join(out, "latent.md"), report(maps, scenes.description, n));
    return FILES;
  });
  if (!worked) say("The map of codes was finished already and stays as it is.");
  return worked ? await Deno.readTextFile(join(out, "latent.md")) : null;
}

/** E.g. `fc-alphagan, 5x3x5x16`: the system and the shape of its code. */
function titleOf(run: Run): string {
  return `${basename(run.root)}: ${run.options.model}, code ${run.codeShape.join("x")}`;
}

function fingerprint(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join()).digest("hex");
}

function places(rows: readonly ArrayLike<number>[], width: number): Places {
  const points = fillGaps(Float64Array.from(rows.flatMap((row) => Array.from(row))), width);
  return { points, width, shade: embed(points, width, 1)[0] };
}

function runMap(title: string, { codes }: EncodedScenes, codeSize: number, scene: Places, perClass: Places): RunMap {
  const [xs, ys] = embed(codes, codeSize, 2);
  const distances = pairDistances(codes, codeSize);
  const agreement = (with_: Places): Agreement => {
    const apart = pairDistances(with_.points, with_.width);
    return {
      map: bestDirection(xs, ys, with_.shade),
      distances: { pearson: pearson(distances, apart), spearman: spearman(distances, apart) },
    };
  };
  return { title, xs, ys, agreement: { scene: agreement(scene), classes: agreement(perClass) } };
}

/**
 * Correlation of `shade` with its least squares fit by both coordinates (the multiple correlation). The coordinates are
 * uncorrelated, so each is fitted by itself.
 */
function bestDirection(xs: Float64Array, ys: Float64Array, shade: Float64Array): Correlation {
  const weigh = (coordinate: Float64Array) => {
    const r = pearson(coordinate, shade), size = Math.hypot(...coordinate);
    return Number.isNaN(r) ? 0 : r / size;
  };
  const [ofX, ofY] = [weigh(xs), weigh(ys)];
  const fitted = xs.map((x, i) => ofX * x + ofY * ys[i]);
  return { pearson: pearson(fitted, shade), spearman: spearman(fitted, shade) };
}

function csv(maps: readonly RunMap[], scene: Float64Array, classes: Float64Array): string {
  const rows = maps.flatMap(({ title, xs, ys }) =>
    Array.from(xs, (x, i) => [title, i, x, ys[i], scene[i], classes[i]])
  );
  const heads = ["run", "scene", "component_1", "component_2", "scene_centroid_1d", "class_centroids_1d"];
  return csvText([heads, ...rows]);
}

function report(maps: readonly RunMap[], description: string, count: number): string {
  const both = ({ pearson, spearman }: Correlation) => `${pearson.toFixed(3)} / ${spearman.toFixed(3)}`;
  const rows = maps.map(({ title, agreement: { scene, classes } }) => [
    title,
    ...[scene.map, scene.distances, classes.map, classes.distances].map(both),
  ]);
  const header = ["run", "centre: map", "centre: distances", "class centres: map", "class centres: distances"];
  return [
    "# Do codes know where things are?",
    "",
    `${description}; ${count} codes, centred, on their first two principal components (SVD). Correlations, Pearson / ` +
    "Spearman:",
    "",
    markdownTable([header, ...rows]),
    "",
    "*Centre* is the centroid of all voxels of a scene that are not empty (3 numbers), *class centres* those of each " +
    "class (a class that is not there takes the mean of the other scenes). *Map*: the first principal component of the " +
    "centroids, which shades the points, with its best fit by the two coordinates of the map (the multiple " +
    "correlation; of two random coordinates its expected size is about " +
    `${Math.sqrt(2 / (count - 1)).toFixed(2)}). *Distances*: distances of all pairs of scenes, in the whole code and ` +
    "between centroids.",
    "",
  ].join("\n");
}
