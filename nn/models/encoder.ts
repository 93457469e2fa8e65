import type { Backend } from "../backend/backend.ts";
import { activate, LEAK } from "../ops/activation.ts";
import { batchNorm } from "../ops/batch_norm.ts";
import { conv3d, type ConvolutionResult, IN_FLOAT32 } from "../ops/conv3d.ts";
import { dense, flatten } from "../ops/dense.ts";
import { ParameterBuilder, ParameterSet } from "../parameters.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { deepestSize, type ModelConfig } from "./config.ts";
import { type System, SYSTEMS } from "./systems.ts";

/** Codes as a variational encoder gives them: independent normal distributions. */
export interface CodeDistribution {
  /** `[n, …]`, see `latentShape`. */
  readonly mean: Tensor;
  /** Logarithms of the variances, of the same shape. */
  readonly logVariance: Tensor;
}

/**
 * E: one-hot scenes to latent codes. The code has one vector per 16³ voxels (paper, section 3), or is flat in two of
 * the baselines; variational encoders have a second head of the same kind for the variances.
 */
export class Encoder implements Disposable {
  /** Weights and norms of this network, in one buffer. */
  readonly parameters: ParameterSet;
  readonly #system: System;

  /** Takes memory for the parameters; they have no values until the set is initialised or loaded. */
  constructor(backend: Backend, config: ModelConfig) {
    const { classes, channels: [c1, c2, c3, c4], latentChannels, kernel, system } = config;
    const { flatCode, variational } = this.#system = SYSTEMS[system];
    const builder = new ParameterBuilder()
      .add("conv1.filter", [c1, ...kernel, classes], "weight")
      .add("conv2.filter", [c2, ...kernel, c1], "weight").addBatchNorm("norm2", c2)
      .add("conv3.filter", [c3, ...kernel, c2], "weight").addBatchNorm("norm3", c3)
      .add("conv4.filter", [c4, ...kernel, c3], "weight").addBatchNorm("norm4", c4);
    for (const head of variational ? ["code", "logVariance"] : ["code"]) {
      if (flatCode === null) builder.add(`${head}.filter`, [latentChannels, 1, 1, 1, c4], "weight");
      else builder.add(`${head}.weight`, [deepestSize(config), flatCode], "weight");
    }
    this.parameters = new ParameterSet(backend, "encoder", builder);
  }

  /**
   * One-hot volumes `[n, D, H, W, classes]` to codes `[n, D/16, H/16, W/16, latentChannels]` or `[n, numbers]`: of a
   * variational encoder the means.
   */
  forward(tape: Tape, volumes: Tensor): Tensor {
    return tape.scope(() => this.#head(tape, this.#features(tape, volumes), "code"));
  }

  /** One-hot volumes `[n, D, H, W, classes]` to the distributions of their codes; of variational encoders only. */
  distribution(tape: Tape, volumes: Tensor): CodeDistribution {
    const features = this.#features(tape, volumes);
    return {
      mean: this.#head(tape, features, "code"),
      logVariance: this.#head(tape, features, "logVariance"),
    };
  }

  #features(tape: Tape, volumes: Tensor): Tensor {
    const set = this.parameters;
    const layer = (x: Tensor, i: number, result?: ConvolutionResult) => {
      const filter = set.get(`conv${i}.filter`);
      const h = tape.scope(() => batchNorm(tape, conv3d(tape, x, filter, 2, result), set, `norm${i}`, LEAK));
      return tape.layer(`encoder.h${i}`, h);
    };
    return tape.scope(() => {
      const first = set.get("conv1.filter");
      let h = tape.layer("encoder.h1", activate(tape, conv3d(tape, volumes, first, 2), LEAK)); // [n, D/2, H/2, W/2, c1]
      h = layer(h, 2); // [n, D/4, H/4, W/4, c2]
      h = layer(h, 3); // [n, D/8, H/8, W/8, c3]
      h = layer(h, 4, IN_FLOAT32); // [n, D/16, H/16, W/16, c4]
      return this.#system.flatCode === null ? h : flatten(tape, h); // [n, D/16·H/16·W/16·c4]
    });
  }

  #head(tape: Tape, features: Tensor, name: string): Tensor {
    return this.#system.flatCode === null
      ? conv3d(tape, features, this.parameters.get(`${name}.filter`), 1, IN_FLOAT32) // [n, D/16, H/16, W/16, latentChannels]
      : dense(tape, features, this.parameters.get(`${name}.weight`)); // [n, numbers]
  }

  /** Gives the parameters' memory back. */
  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
