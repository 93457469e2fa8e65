import type { Backend } from "../backend/backend.ts";
import { batchNorm } from "../ops/batch_norm.ts";
import { dense, flatten } from "../ops/dense.ts";
import { ParameterBuilder, ParameterSet } from "../parameters.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { latentSize, type ModelConfig } from "./config.ts";

/** C: latent codes to one logit, high for codes drawn from N(0, 1) (paper, section 3). */
export class CodeDiscriminator implements Disposable {
  /** Weights and norms of this network, in one buffer. */
  readonly parameters: ParameterSet;

  /** Takes memory for the parameters; they have no values until the set is initialised or loaded. */
  constructor(backend: Backend, config: ModelConfig) {
    const units = config.codeUnits;
    const builder = new ParameterBuilder()
      .add("dense1.weight", [latentSize(config), units], "weight").addBatchNorm("norm1", units)
      .add("dense2.weight", [units, units], "weight").addBatchNorm("norm2", units)
      .add("dense3.weight", [units, 1], "weight");
    this.parameters = new ParameterSet(backend, "codeDiscriminator", builder);
  }

  /** Codes `[n, D/16, H/16, W/16, latentChannels]` to logits `[n, 1]`; `groups` parts have statistics of their own. */
  forward(tape: Tape, codes: Tensor, groups = 1): Tensor {
    const set = this.parameters;
    return tape.scope(() => {
      let h = dense(tape, flatten(tape, codes), set.get("dense1.weight")); // [n, codeUnits]
      h = batchNorm(tape, h, set, "norm1", 0, groups);
      h = dense(tape, h, set.get("dense2.weight")); // [n, codeUnits]
      h = batchNorm(tape, h, set, "norm2", 0, groups);
      return dense(tape, h, set.get("dense3.weight")); // [n, 1]
    });
  }

  /** Gives the parameters' memory back. */
  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
