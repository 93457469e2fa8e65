/** The file that tells which scenes a run used and which of them it trained on. */
import { z } from "zod";
import { UserError } from "../../base/errors.ts";
import { readTextFile, writeFileAtomic } from "../../base/files.ts";
import { parseJson } from "../../base/json.ts";
import { type ClassEntry, classListOf, classListSchema, isPublished } from "../class_file.ts";
import { checkGrid, type Grid } from "../grid.ts";
import { provenanceSchema } from "./provenance.ts";
import type { SceneProvenance, SceneSource } from "./scene_source.ts";
import { type SceneSplit, splitScenes, TEST_FRACTION } from "./split.ts";

/** Version of the file, raised when old readers would misunderstand it. */
export const MANIFEST_FORMAT = 1 as const;

/** Which scenes a run used, where they came from, and how they were divided; plain JSON. */
export interface Manifest extends SceneSplit {
  /** Always {@link MANIFEST_FORMAT}. */
  readonly format: typeof MANIFEST_FORMAT;
  /** Size of every scene. */
  readonly grid: Grid;
  /** What the labels stand for; the published classes if left out. */
  readonly classes?: readonly ClassEntry[];
  /** Where the scenes came from, with the SHA-256 of every file. */
  readonly source: SceneProvenance;
  /** Seed of the split. */
  readonly seed: number;
  /** Share of the scenes to test on. */
  readonly testFraction: number;
}

const names = z.array(z.string().min(1)).readonly();
const size = z.int().positive();

const manifestSchema = z.object({
  format: z.literal(MANIFEST_FORMAT, `expected ${MANIFEST_FORMAT}; the file is of another version of this program`),
  grid: z.tuple([size, size, size]),
  classes: classListSchema.optional(),
  source: provenanceSchema,
  seed: z.int(),
  testFraction: z.number().min(0).lt(1),
  train: names.refine((ids) => ids.length > 0, "expected at least one scene to train on"),
  test: names,
});

/** Options of {@link makeManifest}. */
export interface ManifestOptions {
  /** Seed of the split. */
  readonly seed: number;
  /** Share of the scenes to test on, default {@link TEST_FRACTION}. */
  readonly testFraction?: number;
  /** Told how many files of how many are hashed. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Divides the scenes of a source and hashes its files. @throws {UserError} as {@link splitScenes} does. */
export async function makeManifest(source: SceneSource, options: ManifestOptions): Promise<Manifest> {
  const { seed, testFraction = TEST_FRACTION, onProgress } = options;
  const split = splitScenes(source.sceneIds, seed, testFraction);
  const provenance = await source.provenance(onProgress);
  const classes = source.classes && !isPublished(source.classes) ? { classes: classListOf(source.classes) } : {};
  return { format: MANIFEST_FORMAT, grid: source.grid, ...classes, source: provenance, seed, testFraction, ...split };
}

/** Writes a manifest as JSON, atomically. @throws {UserError} if it cannot be written. */
export async function writeManifest(path: string, manifest: Manifest): Promise<void> {
  await writeFileAtomic(path, JSON.stringify(manifest, null, 1) + "\n");
}

/** Reads and checks a manifest. @throws {UserError} if it cannot be read, or names the field that is not valid. */
export async function readManifest(path: string): Promise<Manifest> {
  const manifest: Manifest = parseJson(await readTextFile(path), path, manifestSchema);
  checkGrid(manifest.grid, `${path}: grid`);
  const seen = new Set<string>();
  for (const id of [...manifest.train, ...manifest.test]) {
    if (seen.has(id)) throw new UserError(`${path}: scene ${JSON.stringify(id)} occurs twice in train and test`);
    seen.add(id);
  }
  return manifest;
}

/**
 * Indices of the named scenes in a source, in the order of the names.
 *
 * @throws {UserError} if the source lacks one of them: it is not the data set that the names are from.
 */
export function sceneIndices(source: SceneSource, sceneIds: readonly string[]): number[] {
  const indexOf = new Map(source.sceneIds.map((id, index) => [id, index]));
  return sceneIds.map((id) => {
    const index = indexOf.get(id);
    if (index === undefined) {
      throw new UserError(
        `${source.description}: there is no scene ${
          JSON.stringify(id)
        }, which the manifest of the run names; open the ` +
          `data that the run was started with (--data <path> if it has moved)`,
      );
    }
    return index;
  });
}
