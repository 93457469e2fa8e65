/** Batches for a prior, each given by the options and its iteration alone. */
import type { BatchPart } from "../../data/scenes/loader.ts";
import { fillNormal, UniformSequence } from "../../base/random.ts";
import type { Condition, KnownPart } from "../../nn/prior/condition.ts";
import { type FlowArrays, flowArrays, writeSample } from "../../nn/prior/flow_state.ts";
import { codeSize, type PriorConfig } from "../../nn/prior/config.ts";
import { timeFeatures } from "../../nn/prior/time_features.ts";
import type { MeasuredCodes } from "../../run/prior_state.ts";

/** Streams of the random numbers. */
const CHOICE_STREAM = 17, NOISE_STREAM = 18, TIME_STREAM = 20;

/** Chance that nothing at all is asked of a sample, and that each kind of condition is left out otherwise. */
const DROPPED = { all: 0.1, label: 0.3, classes: 0.4, known: 0.3 } as const;

/** A training scene as the prior sees it. */
export interface EncodedScene {
  /** Its code, normalised. */
  readonly code: Float32Array;
  /** Place of its label in {@link PriorCodes.labels}; undefined if it has none. */
  readonly label: number | undefined;
  /** Whether each class occurs, 1 or 0. */
  readonly present: Uint8Array;
  /** Parts of it. */
  readonly parts: readonly KnownPart[];
}

/** The training scenes of a run, encoded. */
export interface PriorCodes extends MeasuredCodes {
  /** Sizes of the prior that can learn from them. */
  readonly config: PriorConfig;
  /** Labels of scenes, in the order of their numbers. */
  readonly labels: readonly string[];
  /** Scenes, each as often as it is varied. */
  readonly scenes: readonly EncodedScene[];
}

/** States on the way from codes to noise, and the velocities there. */
export interface PriorBatch {
  /** `n` states. */
  readonly state: FlowArrays;
  /** ε − x, `[n, codeSize]`. */
  readonly target: Float32Array;
}

/** Memory for batches of `n`. */
export function emptyBatch({ config }: Pick<PriorCodes, "config">, n: number): PriorBatch {
  return { state: flowArrays(config, n), target: new Float32Array(n * codeSize(config)) };
}

/**
 * Fills a batch: scenes drawn with replacement, noise from N(0, 1), times with normal logits, which are most often where
 * velocities are hardest to tell (P. Esser et al., "Scaling Rectified Flow Transformers for High-Resolution Image
 * Synthesis", ICML 2024, section 3.1).
 *
 * @param part which part of a batch of `of` times as many it is.
 */
export function fillBatch(
  { state, target }: PriorBatch,
  codes: PriorCodes,
  seed: number,
  iteration: number,
  part: BatchPart = { index: 0, of: 1 },
): void {
  const { config, scenes } = codes, size = codeSize(config), n = target.length / size;
  const key = (stream: number) => ({ seed, stream, iteration }), first = part.index * n;
  const noise = new Float32Array(part.of * target.length), logits = new Float32Array(part.of * n);
  fillNormal(noise, key(NOISE_STREAM));
  fillNormal(logits, key(TIME_STREAM));
  const times = logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  state.time.set(timeFeatures(times.subarray(first, first + n)));
  const dice = new UniformSequence(key(CHOICE_STREAM));
  for (let drawn = 0; drawn < first + n; drawn++) { // those before the part too, whose dice come first
    const scene = scenes[dice.below(scenes.length)], condition = randomCondition(scene, dice), i = drawn - first;
    if (i < 0) continue;
    writeSample(config, state, i, condition);
    const time = times[drawn];
    for (let j = 0, at = i * size, from = drawn * size; j < size; j++, at++, from++) {
      state.x[at] = (1 - time) * scene.code[j] + time * noise[from];
      target[at] = noise[from] - scene.code[j];
    }
  }
}

/** What might be asked of a scene such that it is an answer. */
function randomCondition({ label, present, parts }: EncodedScene, dice: UniformSequence): Condition {
  if (dice.next() < DROPPED.all) return {};
  const asksLabel = dice.next() >= DROPPED.label, asksClasses = dice.next() >= DROPPED.classes;
  const asksKnown = dice.next() >= DROPPED.known, share = dice.next(), part = parts[dice.below(parts.length)];
  const asked = asksClasses ? [...present.keys()].filter(() => dice.next() < share) : [];
  return {
    label: asksLabel ? label : undefined,
    present: asked.filter((each) => present[each] === 1),
    absent: asked.filter((each) => present[each] === 0),
    known: asksKnown ? part : undefined,
  };
}
