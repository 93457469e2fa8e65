import type { Backend } from "../backend/backend.ts";
import { add } from "../ops/add.ts";
import { addRows } from "../ops/add_rows.ts";
import { attention } from "../ops/attention.ts";
import { dense, reshape } from "../ops/dense.ts";
import { modulatedNorm } from "../ops/modulated_norm.ts";
import { silu } from "../ops/silu.ts";
import { ParameterBuilder, ParameterSet } from "../parameters.ts";
import { elementCount, type Shape } from "../shape.ts";
import type { Tape } from "../tape.ts";
import { Tensor } from "../tensor.ts";
import { BLOCK_CHANNELS, codeChannels, type PriorConfig, sceneFeatures } from "./config.ts";
import type { FlowState } from "./flow_state.ts";
import { addEmbedding, addLinear, embedding, linear } from "./linear.ts";
import { POSITION_FEATURES, positionFeatures } from "./positions.ts";

/** Sizes of a {@link VelocityTransformer}. */
export interface TransformerSizes {
  /** Channels of a cell between the blocks; four times as many inside. */
  readonly width: number;
  /** Blocks of attention and layers. */
  readonly blocks: number;
  /** Heads of attention; they divide the width. */
  readonly heads: number;
}

const SIZES: TransformerSizes = { width: 256, blocks: 6, heads: 4 };

/** Norms in a block, each with a scale and a shift. */
const NORMS = 2;

/**
 * The velocity of codes of many cells: a transformer over the cells (W. Peebles and S. Xie, "Scalable Diffusion Models
 * with Transformers", ICCV 2023). One layer makes the modulation of all blocks from time and scene, to which each adds
 * its own (J. Chen et al., "PixArt-α", ICLR 2024, section 2.3); in place of gates the last layer of each branch begins
 * at zero.
 */
export class VelocityTransformer implements Disposable {
  readonly parameters: ParameterSet;
  readonly #sizes: TransformerSizes;
  readonly #codeShape: Shape;

  /** Takes memory for the parameters; they have no values until the set is initialised or loaded. */
  constructor(backend: Backend, config: PriorConfig, sizes: TransformerSizes = SIZES) {
    this.#sizes = sizes;
    this.#codeShape = config.codeShape;
    const { width, blocks } = sizes, channels = codeChannels(config), modulation = NORMS * 2 * width;
    const builder = new ParameterBuilder();
    addEmbedding(builder, sceneFeatures(config), width);
    addLinear(builder, "modulation", width, modulation, "zero");
    addLinear(builder, "code", channels, width);
    builder.add("knownCode.weight", [channels, width], "scaled");
    builder.add("knownBlocks.weight", [BLOCK_CHANNELS, width], "scaled");
    builder.add("position.weight", [POSITION_FEATURES, width], "scaled");
    for (let i = 1; i <= blocks; i++) {
      builder.add(`block${i}.modulation`, [1, modulation], "zero");
      addLinear(builder, `block${i}.attention`, width, 3 * width);
      addLinear(builder, `block${i}.attended`, width, width, "zero");
      addLinear(builder, `block${i}.inner`, width, 4 * width);
      addLinear(builder, `block${i}.outer`, 4 * width, width, "zero");
    }
    addLinear(builder, "velocity.modulation", width, 2 * width, "zero");
    addLinear(builder, "velocity", width, channels, "zero");
    this.parameters = new ParameterSet(backend, "prior", builder);
  }

  /** Of states of any grid of cells. */
  forward(tape: Tape, state: FlowState): Tensor {
    const set = this.parameters, { blocks, heads } = this.#sizes, { shape } = state.x;
    const samples = shape[0], cells = elementCount(this.#codeShape.slice(0, -1));
    return tape.scope(() => {
      const asked = embedding(tape, state.time, state.scene, set); // [n, width]
      const shared = linear(tape, asked, set, "modulation"); // [n, 4·width]
      let h = this.#cells(tape, state); // [n·cells, width]
      for (let i = 1; i <= blocks; i++) {
        h = tape.scope(() => {
          const modulation = addRows(tape, shared, set.get(`block${i}.modulation`), samples); // [n, 4·width]
          const qkv = linear(
            tape,
            modulatedNorm(tape, h, modulation, { scale: 0, shift: 1 }),
            set,
            `block${i}.attention`,
          );
          const attended = attention(tape, qkv, { samples, cells, heads }); // [n·cells, width]
          const between = add(tape, h, linear(tape, attended, set, `block${i}.attended`));
          const normed = modulatedNorm(tape, between, modulation, { scale: 2, shift: 3 });
          const inner = silu(tape, linear(tape, normed, set, `block${i}.inner`)); // [n·cells, 4·width]
          return add(tape, between, linear(tape, inner, set, `block${i}.outer`));
        });
      }
      const last = linear(tape, asked, set, "velocity.modulation"); // [n, 2·width]
      const velocity = linear(tape, modulatedNorm(tape, h, last, { scale: 0, shift: 1 }), set, "velocity");
      return reshape(tape, velocity, shape); // [n, codeSize]
    });
  }

  /** What is at each cell: its mixed numbers, what is known of it, and where it is, `[n·cells, width]`. */
  #cells(tape: Tape, { x, knownCode, knownBlocks }: FlowState): Tensor {
    const set = this.parameters, channels = this.#codeShape.at(-1)!, grid = this.#codeShape.slice(0, -1);
    const rows = x.size / channels;
    return tape.scope(() => {
      const code = linear(tape, reshape(tape, x, [rows, channels]), set, "code");
      const known = add(
        tape,
        dense(tape, reshape(tape, knownCode, [rows, channels]), set.get("knownCode.weight")),
        dense(tape, reshape(tape, knownBlocks, [rows, BLOCK_CHANNELS]), set.get("knownBlocks.weight")),
      );
      const features = positionFeatures(grid), cells = elementCount(grid);
      const places = tape.own(Tensor.from(tape.backend, features, [cells, POSITION_FEATURES], "positions"));
      return addRows(tape, add(tape, known, code), dense(tape, places, set.get("position.weight")), 1);
    });
  }

  /** Gives the parameters' memory back. */
  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
