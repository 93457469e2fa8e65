import type { Backend } from "../backend/backend.ts";
import { activate, addRelu } from "../ops/activation.ts";
import { conv3d } from "../ops/conv3d.ts";
import { residualBranch } from "../ops/residual_branch.ts";
import { ParameterBuilder, ParameterSet } from "../parameters.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import type { ModelConfig } from "./config.ts";

/** Residual blocks of the refiner. */
const BLOCKS = [1, 2, 3, 4] as const;

/** R: class probabilities to sharper class logits at full resolution (paper, section 3). */
export class Refiner implements Disposable {
  /** Weights and norms of this network, in one buffer. */
  readonly parameters: ParameterSet;

  /** Takes memory for the parameters; they have no values until the set is initialised or loaded. */
  constructor(backend: Backend, { classes, refinerChannels: c, refinerKernel: k }: ModelConfig) {
    const builder = new ParameterBuilder().add("first.filter", [c, k, k, k, classes], "weight");
    for (const i of BLOCKS) {
      builder.add(`block${i}.conv1.filter`, [c, k, k, k, c], "weight").add(
        `block${i}.conv2.filter`,
        [c, k, k, k, c],
        "weight",
      );
    }
    builder.add("last.filter", [classes, k, k, k, c], "weight");
    this.parameters = new ParameterSet(backend, "refiner", builder);
  }

  /** Probabilities `[n, D, H, W, classes]` to logits of the same shape, written to `into` if given. */
  forward(tape: Tape, volumes: Tensor, into?: Tensor): Tensor {
    const set = this.parameters;
    const block = (x: Tensor, i: number) =>
      tape.scope(() => {
        const [first, second] = [set.get(`block${i}.conv1.filter`), set.get(`block${i}.conv2.filter`)];
        return addRelu(tape, x, residualBranch(tape, x, first, second));
      });
    return tape.scope(() => {
      const first = set.get("first.filter");
      let h = tape.scope(() => activate(tape, conv3d(tape, volumes, first, 1), 0)); // [n, D, H, W, c]
      for (const i of BLOCKS) h = block(h, i); // [n, D, H, W, c]
      return conv3d(tape, h, set.get("last.filter"), 1, { into, dtype: tape.activations }); // [n, D, H, W, classes]
    });
  }

  /** Gives the parameters' memory back. */
  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
