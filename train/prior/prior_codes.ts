/** Codes of the training scenes, computed once for a prior to learn from. */
import { UniformSequence } from "../../base/random.ts";
import { knownScene, randomlyKnown } from "../../data/scenes/known_parts.ts";
import { encode, inferenceTape } from "../../nn/models/inference.ts";
import type { Networks } from "../../nn/models/networks.ts";
import { CodeScale } from "../../nn/prior/code_scale.ts";
import { knownBlocks } from "../../nn/prior/condition.ts";
import { blockFeatures, codeChannels, codeSize, priorConfig } from "../../nn/prior/config.ts";
import { GaussianPrior } from "../../nn/prior/gaussian_prior.ts";
import type { NormStatistics } from "../../nn/tape.ts";
import { Tensor } from "../../nn/tensor.ts";
import type { TrainingData } from "../training_data.ts";
import type { EncodedScene, PriorCodes } from "./prior_batch.ts";

/** Stream of the random numbers that choose what is known of a scene. */
const KNOWN_STREAM = 19;
/** How often each scene is encoded if scenes are varied, each time otherwise; once if not. */
const VARIATIONS = 4;
/** Known parts of each scene: as many as come to so many of all scenes together, between one and a few. */
const KNOWN_PARTS = { together: 16_384, most: 8 } as const;

/** What a caller of {@link encodeTrainingScenes} wants to know and may do. */
export interface EncodingOptions {
  /** Told how many scenes of how many are encoded. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the work. */
  readonly signal?: AbortSignal;
}

/**
 * Encodes the training scenes of a run, with what is known of parts of them, by the encoder as it is now. Given by the
 * options and the encoder alone; null if the signal ended it.
 *
 * @throws {UserError} if a scene cannot be read.
 */
export async function encodeTrainingScenes(
  networks: Networks,
  data: TrainingData,
  { onProgress, signal }: EncodingOptions = {},
): Promise<PriorCodes | null> {
  const { options, manifest: { train }, sceneLabels: labelOf } = data;
  const labels = [...new Set(train.map((id) => labelOf.get(id)).filter((label) => label !== undefined))].sort();
  const config = priorConfig(networks.config, labels.length), { classes, grid } = networks.config;
  const passes = options.augment.length > 0 ? VARIATIONS : 1, count = train.length * passes;
  const partCount = Math.max(1, Math.min(KNOWN_PARTS.most, Math.round(KNOWN_PARTS.together / count)));
  const size = codeSize(config), voxels = grid[0] * grid[1] * grid[2];
  const codes = new Float32Array(count * size), known = new Float32Array(count * partCount * size);
  const blocks = new Uint8Array(count * partCount * blockFeatures(config)), present = new Uint8Array(count * classes);
  for (let start = 0; start < count; start += options.batch) {
    if (signal?.aborted) return null;
    const n = Math.min(options.batch, count - start);
    const versions = Array.from({ length: 1 + partCount }, () => new Uint8Array(n * voxels));
    await Promise.all(Array.from({ length: n }, async (_, i) => {
      const at = start + i, scene = await data.trainingScene(at % train.length, Math.floor(at / train.length));
      for (const label of scene) if (label < classes) present[at * classes + label] = 1;
      const dice = new UniformSequence({ seed: options.seed, stream: KNOWN_STREAM, iteration: at });
      versions[0].set(scene, i * voxels);
      for (let part = 0; part < partCount; part++) {
        const mask = randomlyKnown(scene, grid, dice);
        versions[1 + part].set(knownScene(scene, mask), i * voxels);
        blocks.set(knownBlocks(scene, mask, grid), (at * partCount + part) * blockFeatures(config));
      }
    }));
    const [whole, ...parts] = versions.map((labels) => encodeBatch(networks, labels, options.bn));
    codes.set(whole, start * size);
    for (let i = 0; i < n; i++) {
      parts.forEach((encoded, part) =>
        known.set(encoded.subarray(i * size, (i + 1) * size), ((start + i) * partCount + part) * size)
      );
    }
    onProgress?.(start + n, count);
  }
  const scale = CodeScale.of(codes, size, codeChannels(config));
  const knownScale = CodeScale.of(known, size, codeChannels(config));
  const normalised = scale.normalised(codes), normalisedKnown = knownScale.normalised(known);
  const row = <T extends Float32Array | Uint8Array>(rows: T, index: number, length: number) =>
    rows.subarray(index * length, (index + 1) * length) as T;
  const scenes = Array.from({ length: count }, (_, i): EncodedScene => {
    const label = labelOf.get(train[i % train.length]);
    return {
      code: row(normalised, i, size),
      label: label === undefined ? undefined : labels.indexOf(label),
      present: row(present, i, classes),
      parts: Array.from({ length: partCount }, (_, part) => ({
        code: row(normalisedKnown, i * partCount + part, size),
        blocks: row(blocks, i * partCount + part, blockFeatures(config)),
      })),
    };
  });
  return { config, labels, scenes, scale, knownScale, gaussian: GaussianPrior.of(codes, size) };
}

function encodeBatch(networks: Networks, batch: Uint8Array, statistics: NormStatistics): Float32Array {
  const { grid } = networks.config, voxels = grid[0] * grid[1] * grid[2];
  using labels = Tensor.from(networks.backend, batch, [batch.length / voxels, ...grid], "labels");
  using tape = inferenceTape(networks, statistics);
  return encode(tape, networks, labels).toFloat32();
}
