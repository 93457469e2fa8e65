import type { Backend } from "../backend/backend.ts";
import { batchNorm } from "../ops/batch_norm.ts";
import { conv3d, transposedConv3d } from "../ops/conv3d.ts";
import { dense, flatten, reshape } from "../ops/dense.ts";
import { ParameterBuilder, ParameterSet } from "../parameters.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { deepestSize, latentGrid, latentSize, type ModelConfig } from "./config.ts";

/** How codes go through the generator. */
export interface GeneratorOptions {
  /** The batch is this many equal parts, each with batch statistics of its own (1). */
  readonly groups?: number;
  /** Where the logits go: `[n, D, H, W, classes]`, memory of the caller. */
  readonly into?: Tensor;
}

/**
 * G: latent codes to class logits of every voxel (paper, section 3). The paper's first layer is dense; a 1×1×1
 * convolution in its place keeps every cell of a code to its part of the room until the transposed convolutions.
 */
export class Generator implements Disposable {
  /** Weights and norms of this network, in one buffer. */
  readonly parameters: ParameterSet;
  readonly #config: ModelConfig;

  /** Takes memory for the parameters; they have no values until the set is initialised or loaded. */
  constructor(backend: Backend, config: ModelConfig) {
    const { classes, channels: [c1, c2, c3, c4], kernel } = config;
    this.#config = config;
    const builder = new ParameterBuilder();
    if (config.generator === "conv") {
      builder.add("conv1.filter", [c4, 1, 1, 1, config.latentChannels], "weight").addBatchNorm("norm1", c4);
    } else {
      const units = deepestSize(config);
      builder.add("dense1.weight", [latentSize(config), units], "weight").addBatchNorm("norm1", units);
    }
    builder
      .add("conv2.filter", [c4, ...kernel, c3], "weight").addBatchNorm("norm2", c3)
      .add("conv3.filter", [c3, ...kernel, c2], "weight").addBatchNorm("norm3", c2)
      .add("conv4.filter", [c2, ...kernel, c1], "weight").addBatchNorm("norm4", c1)
      .add("conv5.filter", [c1, ...kernel, classes], "weight");
    this.parameters = new ParameterSet(backend, "generator", builder);
  }

  /** Codes `[n, D/16, H/16, W/16, latentChannels]`, or flat ones `[n, numbers]`, to logits `[n, D, H, W, classes]`. */
  forward(tape: Tape, codes: Tensor, { groups = 1, into }: GeneratorOptions = {}): Tensor {
    const set = this.parameters;
    const layer = (x: Tensor, i: number) => {
      const filter = set.get(`conv${i}.filter`);
      const y = tape.scope(() => batchNorm(tape, transposedConv3d(tape, x, filter, 2), set, `norm${i}`, 0, groups));
      return tape.layer(`generator.h${i}`, y);
    };
    return tape.scope(() => {
      let x = tape.layer("generator.h1", this.#first(tape, codes, groups)); // [n, D/16, H/16, W/16, c4]
      x = layer(x, 2); // [n, D/8, H/8, W/8, c3]
      x = layer(x, 3); // [n, D/4, H/4, W/4, c2]
      x = layer(x, 4); // [n, D/2, H/2, W/2, c1]
      return transposedConv3d(tape, x, set.get("conv5.filter"), 2, { into, dtype: tape.activations }); // [n, D, H, W, classes]
    });
  }

  #first(tape: Tape, codes: Tensor, groups: number): Tensor {
    const set = this.parameters, { generator, channels } = this.#config;
    if (generator === "conv") {
      return batchNorm(tape, conv3d(tape, codes, set.get("conv1.filter"), 1), set, "norm1", 0, groups);
    }
    const x = dense(tape, flatten(tape, codes), set.get("dense1.weight")); // [n, D/16·H/16·W/16·c4]
    const shape = [codes.shape[0], ...latentGrid(this.#config), channels[3]];
    return reshape(tape, batchNorm(tape, x, set, "norm1", 0, groups), shape);
  }

  /** Gives the parameters' memory back. */
  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
