import type { Backend } from "../backend/backend.ts";
import { activate, LEAK } from "../ops/activation.ts";
import { conv3d, type ConvolutionResult, IN_FLOAT32 } from "../ops/conv3d.ts";
import { dense, flatten } from "../ops/dense.ts";
import { layerNorm } from "../ops/layer_norm.ts";
import { ParameterBuilder, ParameterSet } from "../parameters.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { latentGrid, type ModelConfig } from "./config.ts";

/**
 * D: class probabilities of every voxel to one logit, high for real scenes (paper, section 3). Layer norm keeps the
 * samples apart, so real and made-up scenes may share a batch.
 */
export class Discriminator implements Disposable {
  /** Weights and norms of this network, in one buffer. */
  readonly parameters: ParameterSet;

  /** Takes memory for the parameters; they have no values until the set is initialised or loaded. */
  constructor(backend: Backend, config: ModelConfig) {
    const { classes, channels: [c1, c2, c3, c4], kernel } = config;
    const [d, h, w] = latentGrid(config);
    const builder = new ParameterBuilder()
      .add("conv1.filter", [c1, ...kernel, classes], "weight")
      .add("conv2.filter", [c2, ...kernel, c1], "weight").addLayerNorm("norm2")
      .add("conv3.filter", [c3, ...kernel, c2], "weight").addLayerNorm("norm3")
      .add("conv4.filter", [c4, ...kernel, c3], "weight").addLayerNorm("norm4")
      .add("dense5.weight", [d * h * w * c4, 1], "weight");
    this.parameters = new ParameterSet(backend, "discriminator", builder);
  }

  /** Volumes `[n, D, H, W, classes]` to logits `[n, 1]`. */
  forward(tape: Tape, volumes: Tensor): Tensor {
    const set = this.parameters;
    const layer = (x: Tensor, i: number, result?: ConvolutionResult) => {
      const filter = set.get(`conv${i}.filter`);
      const h = tape.scope(() => layerNorm(tape, conv3d(tape, x, filter, 2, result), set, `norm${i}`, LEAK));
      return tape.layer(`discriminator.h${i}`, h);
    };
    return tape.scope(() => {
      const first = set.get("conv1.filter");
      let h = tape.layer("discriminator.h1", activate(tape, conv3d(tape, volumes, first, 2), LEAK)); // [n, D/2, H/2, W/2, c1]
      h = layer(h, 2); // [n, D/4, H/4, W/4, c2]
      h = layer(h, 3); // [n, D/8, H/8, W/8, c3]
      h = layer(h, 4, IN_FLOAT32); // [n, D/16, H/16, W/16, c4]
      return dense(tape, flatten(tape, h), set.get("dense5.weight")); // [n, 1]
    });
  }

  /** Gives the parameters' memory back. */
  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
