/** How often a small convolutional network that learned to tell two sets of scenes apart is right. */
import { concatenate } from "../../../base/bytes.ts";
import { type Grid, voxelCount } from "../../../data/grid.ts";
import { epochOrder } from "../../../data/scenes/shuffle.ts";
import type { Backend } from "../../../nn/backend/backend.ts";
import { SceneClassifier } from "../../../nn/models/scene_classifier.ts";
import { bceLogits } from "../../../nn/ops/bce_logits.ts";
import { oneHot } from "../../../nn/ops/one_hot.ts";
import { Adam } from "../../../nn/optim/adam.ts";
import { Tape } from "../../../nn/tape.ts";
import { Tensor } from "../../../nn/tensor.ts";
import { binomialShare, type Estimate } from "./bootstrap.ts";

/** Stream of the weights at the start; training, codes and rooms use others. */
const CLASSIFIER_STREAM = 49;
/** Adam's settings; the learning rate falls to 0 along the training. */
const ADAM = { learningRate: 4e-3, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
/** Scenes of each set in a batch. */
const HALF_BATCH = 8;
/** Voxels that a training looks at, within the steps below: seconds on a processor. */
const TRAINED_VOXELS = 1.6e8;
/** So many steps at most: more only learn the scenes by heart. */
const MOST_STEPS = 600;
/** So few even of large scenes: fewer learn nothing. */
const LEAST_STEPS = 100;
/** A small set is gone through so often at most. */
const MOST_EPOCHS = 40;

/** What {@link classifierAccuracy} works with. */
export interface ClassifierOptions {
  /** Size of every scene. */
  readonly grid: Grid;
  /** Number of classes. */
  readonly classes: number;
  /** Engine that the classifier is trained on. */
  readonly backend: Backend;
  /** uint32; equal seeds give equal accuracies, on the CPU engine with any number of threads. */
  readonly seed: number;
  /** Told how many more scenes were trained on; {@link classifierScenes} altogether. */
  onScenes?(count: number): void;
}

/**
 * Classifier two-sample test (D. Lopez-Paz and M. Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017): a network
 * is trained to tell the first halves of two sets apart, and its accuracy on the second halves is measured. ½ if it finds
 * no difference, 1 if every scene gives itself away. Of the larger set, the first as many scenes as the smaller one has
 * are taken. Scenes that are in both sets at the same place are called the same, so identical sets give exactly ½.
 *
 * @param a scenes `[D, H, W]` each, in an order that has nothing to do with what they show.
 * @param b the other set.
 * @returns NaN if a set has fewer than two scenes.
 */
export function classifierAccuracy(
  a: readonly Uint8Array[],
  b: readonly Uint8Array[],
  options: ClassifierOptions,
): Estimate {
  const count = Math.min(a.length, b.length), trained = Math.floor(count / 2);
  if (trained === 0) return binomialShare(0, 0);
  const { classes, backend, seed } = options;
  using network = new SceneClassifier(backend, classes);
  network.initialize(seed, CLASSIFIER_STREAM);
  train(network, [a.slice(0, trained), b.slice(0, trained)], options);
  const tested = (scenes: readonly Uint8Array[]) => logitsOf(network, scenes.slice(trained, count), options);
  const right = tested(a).filter((logit) => logit > 0).length + tested(b).filter((logit) => !(logit > 0)).length;
  return binomialShare(right, 2 * (count - trained));
}

/** Scenes, repeated, that {@link classifierAccuracy} trains on for sets of `count` scenes. */
export function classifierScenes(count: number, grid: Grid): number {
  const { steps, half } = schedule(Math.floor(count / 2), grid);
  return steps * 2 * half;
}

/** Length of a training on `count` scenes of each set, `half` of each in a batch. */
function schedule(count: number, grid: Grid): { readonly steps: number; readonly half: number } {
  const half = Math.min(HALF_BATCH, count);
  if (half === 0) return { steps: 0, half };
  const affordable = Math.round(TRAINED_VOXELS / (2 * half * voxelCount(grid)));
  const steps = Math.min(MOST_STEPS, Math.max(LEAST_STEPS, affordable), MOST_EPOCHS * Math.floor(count / half));
  return { steps, half };
}

/** Trains for high logits on the scenes of the first set and low ones on those of the second, equally many. */
function train(
  network: SceneClassifier,
  [a, b]: readonly (readonly Uint8Array[])[],
  { grid, classes, backend, seed, onScenes }: ClassifierOptions,
): void {
  const { parameters } = network, { steps, half } = schedule(a.length, grid);
  const stepsPerEpoch = Math.floor(a.length / half);
  using adam = new Adam(parameters, ADAM);
  for (let step = 0; step < steps; step++) {
    const first = step % stepsPerEpoch * half;
    const chosen = epochOrder(a.length, seed, Math.floor(step / stepsPerEpoch)).subarray(first, first + half);
    const batch = [a, b].flatMap((scenes) => Array.from(chosen, (index) => scenes[index]));
    using tape = new Tape(backend, { trains: parameters });
    const logits = network.forward(tape, volumesOf(tape, batch, grid, classes));
    const loss = bceLogits(
      tape,
      logits,
      [{ start: 0, count: half, target: 1 }, { start: half, count: half, target: 0 }],
      tape.allocate([1], "loss"),
    );
    using gradients = parameters.zeroGradients();
    tape.backward([{ loss, weight: 0.5 }]);
    adam.step(gradients.value, 1 - step / steps);
    onScenes?.(batch.length);
  }
}

/** A logit per scene. */
function logitsOf(
  network: SceneClassifier,
  scenes: readonly Uint8Array[],
  { grid, classes, backend }: ClassifierOptions,
): number[] {
  const logits: number[] = [], batch = 2 * HALF_BATCH;
  for (let start = 0; start < scenes.length; start += batch) {
    using tape = new Tape(backend);
    logits.push(
      ...network.forward(tape, volumesOf(tape, scenes.slice(start, start + batch), grid, classes)).toFloat32(),
    );
  }
  return logits;
}

/** Scenes `[D, H, W]` one-hot on the tape's engine: float32 `[n, D, H, W, classes]`. */
function volumesOf(tape: Tape, scenes: readonly Uint8Array[], grid: Grid, classes: number): Tensor {
  const labels = Tensor.from(tape.backend, concatenate(scenes), [scenes.length, ...grid], "labels");
  return tape.scope(() => oneHot(tape, tape.own(labels), classes));
}
