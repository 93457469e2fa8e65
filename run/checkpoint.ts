/**
 * Checkpoints: `step-000123.safetensors` with every tensor a run needs to go on, its options, and a checksum over all
 * of it. Files appear whole or not at all.
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "@std/path";
import { z } from "zod";
import { ioError, UserError } from "../base/errors.ts";
import { exists } from "../base/files.ts";
import { VERSION } from "../base/version.ts";
import { readSafetensors, type TensorData, writeSafetensors } from "../data/formats/safetensors.ts";
import type { TrainOptions } from "./config.ts";
import { widened } from "./half_weights.ts";
import { optionsJson, resolveOptions, savedLayer } from "./options.ts";

/** Version of the format below; a reader refuses others. */
const FORMAT_VERSION = "1";
const ENDING = ".safetensors";

/** `step-000123`: what belongs to the weights after `step` iterations is called so, here and in other folders of a run. */
export function stepName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}

/** The step in a name that {@link stepName} made; null in any other. */
export function stepOf(name: string): number | null {
  const match = /^step-(\d{6,})$/.exec(name);
  return match && Number(match[1]);
}

/** The step of a checkpoint's file by its name; null if that is not the name of a checkpoint. */
export function checkpointStep(name: string): number | null {
  return name.endsWith(ENDING) ? stepOf(name.slice(0, -ENDING.length)) : null;
}

/** State of a run between two iterations. */
export interface Checkpoint {
  /** Iterations finished over all phases. */
  readonly step: number;
  /** Name of the phase it was taken in. */
  readonly phase: string;
  /** Iterations finished of that phase. */
  readonly iteration: number;
  /** Options of the run. */
  readonly options: TrainOptions;
  /** Weights, moments and statistics by name. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** Labels of scenes that the prior was trained with, in the order of their numbers; none if left out. */
  readonly sceneLabels?: readonly string[];
}

/** A checkpoint as it was found on disk. */
export interface VerifiedCheckpoint extends Checkpoint {
  /** SHA-256 over all of its content, in hexadecimal. */
  readonly checksum: string;
}

/** A checkpoint's place. */
export interface CheckpointFile {
  /** Iterations finished over all phases. */
  readonly step: number;
  /** The file. */
  readonly path: string;
}

const wholeNumber = z.string().regex(/^\d+$/).transform(Number);
const labelsSchema = z.string().optional().transform((text) => text === undefined ? [] : JSON.parse(text))
  .pipe(z.array(z.string()));
const MetadataSchema = z.object({
  step: wholeNumber,
  phase: z.string().min(1),
  iteration: wholeNumber,
  options: z.string(),
  sceneLabels: labelsSchema,
  checksum: z.string(),
});

/** SHA-256 over the metadata and every tensor in order of names. */
function checksumOf(metadata: Readonly<Record<string, string>>, tensors: ReadonlyMap<string, TensorData>): string {
  const hash = createHash("sha256");
  const byName = <T>(entries: Iterable<[string, T]>) => [...entries].sort(([a], [b]) => a < b ? -1 : 1);
  hash.update(JSON.stringify(byName(Object.entries(metadata))));
  for (const [name, { dtype, shape, data }] of byName(tensors)) {
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

/**
 * Writes a checkpoint into `folder` and returns its path.
 * @throws {UserError} if it cannot be written; an older file of that step is then unchanged.
 */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<string> {
  const { step, phase, iteration, options, tensors, sceneLabels = [] } = checkpoint;
  const path = join(folder, stepName(step) + ENDING);
  const metadata = {
    format: "fcr-alpha-gan checkpoint",
    formatVersion: FORMAT_VERSION,
    libraryVersion: VERSION,
    step: String(step),
    phase,
    iteration: String(iteration),
    seed: String(options.seed),
    options: optionsJson(options),
    ...sceneLabels.length > 0 ? { sceneLabels: JSON.stringify(sceneLabels) } : {},
  };
  await writeSafetensors(path, tensors, { ...metadata, checksum: checksumOf(metadata, tensors) });
  return path;
}

/** Checkpoints in `folder`, oldest first; none if the folder does not exist. @throws {UserError} if it cannot be read. */
export async function listCheckpoints(folder: string): Promise<CheckpointFile[]> {
  const files: CheckpointFile[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      const step = isFile ? checkpointStep(name) : null;
      if (step !== null) files.push({ step, path: join(folder, name) });
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw ioError(folder, "list", cause);
  }
  return files.sort((a, b) => a.step - b.step);
}

/**
 * Path of the newest checkpoint in `folder`, or of the one of `step`.
 * @throws {UserError} if there is none; it says which there are.
 */
export async function latestCheckpoint(folder: string, step?: number): Promise<string> {
  const files = await listCheckpoints(folder);
  const found = step === undefined ? files.at(-1) : files.find((file) => file.step === step);
  if (found) return found.path;
  if (files.length === 0) {
    const run = dirname(folder), there = await exists(run);
    throw new UserError(
      there
        ? `${folder} has no checkpoint (step-….safetensors); train first`
        : `there is no folder ${run}; name the folder of a run that was trained`,
    );
  }
  throw new UserError(
    `${folder} has no checkpoint of step ${step}; there are ${files.map((file) => file.step).join(", ")}`,
  );
}

/**
 * Reads and verifies a checkpoint; weights in 16 bits, as released models have them, become float32.
 * @throws {UserError} if it cannot be read, is of another format version, incomplete or damaged; the message names the
 * newest older checkpoint beside it.
 */
export async function readCheckpoint(path: string): Promise<VerifiedCheckpoint> {
  try {
    return await readVerified(path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const step = checkpointStep(basename(path)) ?? NaN;
    const older = (await listCheckpoints(dirname(path)).catch(() => [])).filter((file) => file.step < step).at(-1);
    if (!older) throw error;
    throw new UserError(
      `${error.message}; go on from the one before it, step ${older.step} (${older.path}; --resume-step ${older.step} ` +
        `of deno task train, --step ${older.step} of deno task eval)`,
      { cause: error },
    );
  }
}

async function readVerified(path: string): Promise<VerifiedCheckpoint> {
  const { tensors, metadata } = await readSafetensors(path);
  const { formatVersion } = metadata;
  if (formatVersion === undefined) throw new UserError(`${path} is a safetensors file but no checkpoint of a run`);
  if (formatVersion !== FORMAT_VERSION) {
    throw new UserError(
      `${path} has checkpoint format ${formatVersion} (written by version ${metadata.libraryVersion}), this program ` +
        `reads format ${FORMAT_VERSION}; use the program that wrote it`,
    );
  }
  const { checksum, ...rest } = metadata;
  const parsed = MetadataSchema.safeParse(metadata);
  if (!parsed.success || checksumOf(rest, tensors) !== checksum) {
    throw new UserError(`${path} is damaged: its content does not match its checksum`);
  }
  const { step, phase, iteration, options, sceneLabels } = parsed.data;
  return {
    step,
    phase,
    iteration,
    tensors: new Map([...tensors].map(([name, tensor]) => [name, widened(tensor)])),
    ...sceneLabels.length > 0 ? { sceneLabels } : {},
    options: resolveOptions([savedLayer({ source: path, values: JSON.parse(options) })]),
    checksum: parsed.data.checksum,
  };
}

/** Which checkpoints of a folder belong to a run as it is going on now. */
export interface Course {
  /** Step that this process went on from; 0 for a new run. */
  readonly from: number;
  /** Steps whose checkpoints this process wrote. */
  readonly written: ReadonlySet<number>;
}

/**
 * Removes all but the `keep` newest checkpoints and returns the paths removed. Those of the course that a run left when
 * it was resumed from an earlier step go too.
 *
 * @throws {UserError} if one cannot be removed.
 */
export async function pruneCheckpoints(folder: string, keep: number, course?: Course): Promise<string[]> {
  const files = await listCheckpoints(folder);
  const onCourse = files.filter(({ step }) => !course || step <= course.from || course.written.has(step));
  const kept = new Set(onCourse.slice(-keep));
  const surplus = files.filter((file) => !kept.has(file)).map(({ path }) => path);
  for (const path of surplus) {
    try {
      await Deno.remove(path);
    } catch (cause) {
      throw ioError(path, "write", cause);
    }
  }
  return surplus;
}
