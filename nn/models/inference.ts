/** The trained networks at work: scenes to codes, codes to class probabilities, with and without the refiner. */
import { softmax } from "../ops/reconstruction.ts";
import { oneHot } from "../ops/one_hot.ts";
import { type NormStatistics, Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import type { Networks } from "./networks.ts";

/** Class probabilities `[n, D, H, W, classes]` of each stage; `refined` is null unless it was asked for. */
export interface Volumes {
  /** The generator's output after its softmax. */
  readonly probabilities: Tensor;
  /** The same volumes after the refiner and its softmax. */
  readonly refined: Tensor | null;
}

/** Labels uint8 `[n, D, H, W]` to latent codes `[n, …]` on `tape`: the means of a variational encoder. */
export function encode(tape: Tape, networks: Networks, labels: Tensor): Tensor {
  return tape.scope(() => networks.encoder.forward(tape, oneHot(tape, labels, networks.config.classes)));
}

/** Latent codes to volumes on `tape`; with the refiner's if `refine`. */
export function decode(tape: Tape, networks: Networks, codes: Tensor, refine: boolean): Volumes {
  const probabilities = softmax(tape, networks.generator.forward(tape, codes));
  const refined = refine ? softmax(tape, networks.refiner.forward(tape, probabilities)) : null;
  return { probabilities, refined };
}

/** A tape for inference. */
export function inferenceTape(networks: Networks, statistics: NormStatistics): Tape {
  return new Tape(networks.backend, { statistics });
}
