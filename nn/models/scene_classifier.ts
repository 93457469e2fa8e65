import type { Backend } from "../backend/backend.ts";
import { activate, LEAK } from "../ops/activation.ts";
import { conv3d, IN_FLOAT32 } from "../ops/conv3d.ts";
import { mean } from "../ops/mean.ts";
import { ParameterBuilder, ParameterSet } from "../parameters.ts";
import { elementCount } from "../shape.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/** Channels after the three strided convolutions. */
const CHANNELS = [16, 32, 48] as const;

/**
 * A small network that learns from a few hundred scenes which of two sets each is from. Every cell of 8³ voxels is
 * judged alike and the scene by the mean, so that what is learned at one place counts at all.
 */
export class SceneClassifier implements Disposable {
  /** Weights of this network, in one buffer. */
  readonly parameters: ParameterSet;

  /** Takes memory for the parameters; they have no values until {@link initialize}. */
  constructor(backend: Backend, classes: number) {
    const [c1, c2, c3] = CHANNELS;
    const builder = new ParameterBuilder()
      .add("conv1.filter", [c1, 3, 3, 3, classes], "weight")
      .add("conv2.filter", [c2, 3, 3, 3, c1], "weight")
      .add("conv3.filter", [c3, 3, 3, 3, c2], "weight")
      .add("conv4.filter", [1, 1, 1, 1, c3], "weight");
    this.parameters = new ParameterSet(backend, "sceneClassifier", builder);
  }

  /**
   * Draws values of variance 2 / inputs, which keep the size of activations without norms (K. He, X. Zhang, S. Ren and
   * J. Sun, "Delving Deep into Rectifiers", ICCV 2015); of a one-hot volume one input a voxel is not 0.
   */
  initialize(seed: number, stream: number): void {
    this.parameters.parameters.forEach(({ shape, value }, index) => {
      const inputs = elementCount(shape.slice(1, index === 0 ? -1 : undefined));
      const key = { count: value.size, seed, stream, iteration: index };
      this.parameters.backend.randomNormal({ ...key, mean: 0, deviation: Math.sqrt(2 / inputs) }, { x: value });
    });
  }

  /** Volumes `[n, D, H, W, classes]`, sizes divisible by 8, to logits `[n, 1]`. */
  forward(tape: Tape, volumes: Tensor): Tensor {
    const filter = (i: number) => this.parameters.get(`conv${i}.filter`);
    return tape.scope(() => {
      let h = activate(tape, conv3d(tape, volumes, filter(1), 2), LEAK); // [n, D/2, H/2, W/2, 16]
      h = activate(tape, conv3d(tape, h, filter(2), 2), LEAK); // [n, D/4, H/4, W/4, 32]
      h = activate(tape, conv3d(tape, h, filter(3), 2), LEAK); // [n, D/8, H/8, W/8, 48]
      return mean(tape, conv3d(tape, h, filter(4), 1, IN_FLOAT32)); // [n, 1]
    });
  }

  /** Gives the parameters' memory back. */
  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
