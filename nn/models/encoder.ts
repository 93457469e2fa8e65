import type { Backend } from "../backend/backend.ts";
import { activate, LEAK } from "../ops/activation.ts";
import { batchNorm } from "../ops/batch_norm.ts";
import { conv3d } from "../ops/conv3d.ts";
import { ParameterBuilder, ParameterSet } from "../parameters.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import type { ModelConfig } from "./config.ts";

/** E: one-hot scenes to latent codes, one code vector per 16³ voxels (paper, section 3). */
export class Encoder implements Disposable {
  /** Weights and norms of this network, in one buffer. */
  readonly parameters: ParameterSet;

  /** Takes memory for the parameters; they have no values until the set is initialised or loaded. */
  constructor(backend: Backend, { classes, channels: [c1, c2, c3, c4], latentChannels, kernel }: ModelConfig) {
    const builder = new ParameterBuilder()
      .add("conv1.filter", [c1, ...kernel, classes], "weight")
      .add("conv2.filter", [c2, ...kernel, c1], "weight").addBatchNorm("norm2", c2)
      .add("conv3.filter", [c3, ...kernel, c2], "weight").addBatchNorm("norm3", c3)
      .add("conv4.filter", [c4, ...kernel, c3], "weight").addBatchNorm("norm4", c4)
      .add("code.filter", [latentChannels, 1, 1, 1, c4], "weight");
    this.parameters = new ParameterSet(backend, "encoder", builder);
  }

  /** One-hot volumes `[n, D, H, W, classes]` to codes `[n, D/16, H/16, W/16, latentChannels]`. */
  forward(tape: Tape, volumes: Tensor): Tensor {
    const set = this.parameters;
    const layer = (x: Tensor, i: number) => {
      const filter = set.get(`conv${i}.filter`);
      const h = tape.scope(() => batchNorm(tape, conv3d(tape, x, filter, 2), set, `norm${i}`, LEAK));
      return tape.layer(`encoder.h${i}`, h);
    };
    return tape.scope(() => {
      const first = set.get("conv1.filter");
      let h = tape.layer("encoder.h1", activate(tape, conv3d(tape, volumes, first, 2), LEAK)); // [n, D/2, H/2, W/2, c1]
      h = layer(h, 2); // [n, D/4, H/4, W/4, c2]
      h = layer(h, 3); // [n, D/8, H/8, W/8, c3]
      h = layer(h, 4); // [n, D/16, H/16, W/16, c4]
      return conv3d(tape, h, set.get("code.filter"), 1); // [n, D/16, H/16, W/16, latentChannels]
    });
  }

  /** Gives the parameters' memory back. */
  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
