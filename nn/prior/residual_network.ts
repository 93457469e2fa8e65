import type { Backend } from "../backend/backend.ts";
import { add } from "../ops/add.ts";
import { dense } from "../ops/dense.ts";
import { modulatedNorm } from "../ops/modulated_norm.ts";
import { silu } from "../ops/silu.ts";
import { ParameterBuilder, ParameterSet } from "../parameters.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { blockFeatures, codeSize, type PriorConfig, sceneFeatures } from "./config.ts";
import type { FlowState } from "./flow_state.ts";
import { addEmbedding, addLinear, embedding, linear } from "./linear.ts";

/** Sizes of a {@link ResidualNetwork}. */
export interface ResidualSizes {
  /** Units between the blocks; twice as many inside. */
  readonly width: number;
  /** Residual blocks. */
  readonly blocks: number;
  /** Units of the embedding of time and scene. */
  readonly embedding: number;
}

const SIZES: ResidualSizes = { width: 192, blocks: 3, embedding: 64 };

/**
 * The velocity of codes of few cells, taken as one vector: residual blocks whose norms are modulated by the time and by
 * what is asked of the scene (adaptive norms as in W. Peebles and S. Xie, "Scalable Diffusion Models with
 * Transformers", ICCV 2023). The last layer of each block, and of the network, begins at zero.
 */
export class ResidualNetwork implements Disposable {
  readonly parameters: ParameterSet;
  readonly #sizes: ResidualSizes;

  /** Takes memory for the parameters; they have no values until the set is initialised or loaded. */
  constructor(backend: Backend, config: PriorConfig, sizes: ResidualSizes = SIZES) {
    const { width, blocks } = this.#sizes = sizes, numbers = codeSize(config);
    const builder = new ParameterBuilder();
    addEmbedding(builder, sceneFeatures(config), sizes.embedding);
    addLinear(builder, "code", numbers, width);
    builder.add("knownCode.weight", [numbers, width], "scaled");
    builder.add("asked.weight", [sceneFeatures(config), width], "scaled");
    builder.add("knownBlocks.weight", [blockFeatures(config), width], "scaled");
    for (let i = 1; i <= blocks; i++) {
      addLinear(builder, `block${i}.modulation`, sizes.embedding, 2 * width, "zero");
      addLinear(builder, `block${i}.inner`, width, 2 * width);
      addLinear(builder, `block${i}.outer`, 2 * width, width, "zero");
    }
    addLinear(builder, "velocity.modulation", sizes.embedding, 2 * width, "zero");
    addLinear(builder, "velocity", width, numbers, "zero");
    this.parameters = new ParameterSet(backend, "prior", builder);
  }

  forward(tape: Tape, { x, time, scene, knownCode, knownBlocks }: FlowState): Tensor {
    const set = this.parameters;
    const normed = (h: Tensor, asked: Tensor, name: string) =>
      modulatedNorm(tape, h, linear(tape, asked, set, `${name}.modulation`), { scale: 0, shift: 1 });
    return tape.scope(() => {
      const asked = embedding(tape, time, scene, set); // [n, embedding]
      let h = linear(tape, x, set, "code"); // [n, width]
      h = add(tape, h, dense(tape, knownCode, set.get("knownCode.weight")));
      h = add(tape, h, dense(tape, knownBlocks, set.get("knownBlocks.weight")));
      h = add(tape, h, dense(tape, scene, set.get("asked.weight")));
      for (let i = 1; i <= this.#sizes.blocks; i++) {
        h = tape.scope(() => {
          const inner = linear(tape, normed(h, asked, `block${i}`), set, `block${i}.inner`); // [n, 2·width]
          return add(tape, h, linear(tape, silu(tape, inner), set, `block${i}.outer`)); // [n, width]
        });
      }
      return linear(tape, normed(h, asked, "velocity"), set, "velocity"); // [n, codeSize]
    });
  }

  /** Gives the parameters' memory back. */
  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
