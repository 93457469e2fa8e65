import type { ModulatedNormShape } from "../backend/backend.ts";
import { assertShape } from "../shape.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

const EPSILON = 1e-6;

/** Which blocks of C columns of the modulation a norm takes, from 0. */
export interface ModulationBlocks {
  readonly scale: number;
  readonly shift: number;
}

/**
 * Layer norm of each row of x `[samples·cells, C]`, without gain and bias of its own, then ·(1 + scale) + shift: both
 * are blocks of C columns of the modulation `[samples, k·C]`, the same for all cells of a sample (the adaptive norm of
 * W. Peebles and S. Xie, "Scalable Diffusion Models with Transformers", ICCV 2023, section 3.2).
 */
export function modulatedNorm(tape: Tape, x: Tensor, modulation: Tensor, at: ModulationBlocks): Tensor {
  const { backend } = tape, [rows, channels] = x.shape, samples = modulation.shape[0];
  const cells = Math.ceil(rows / samples), blocks = Math.ceil(modulation.shape[1] / channels);
  assertShape("input of a modulated norm", x.shape, [samples * cells, channels]);
  assertShape("modulation", modulation.shape, [samples, blocks * channels]);
  const shape: ModulatedNormShape = { samples, cells, channels, blocks, ...at, epsilon: EPSILON };
  const y = tape.allocate(x.shape, "modulated norm");
  const statistics = tape.allocate([2, rows], "modulated norm statistics");
  backend.modulatedNorm(shape, { x, modulation, statistics, y });
  tape.record({
    op: "modulatedNorm",
    inputs: [x, modulation],
    outputs: [y],
    saved: [x, modulation, statistics],
    vjp: ([dy]) => {
      if (!dy) return;
      const dx = tape.exclusive(dy);
      const backward = (dModulation: Tensor | null) =>
        backend.modulatedNormBackward(shape, { x, modulation, statistics, dy: dx, dx, dModulation });
      if (tape.tracks(modulation)) {
        tape.addGradient(modulation, (dModulation, add) => {
          if (!add) backend.fill({ count: dModulation.size, value: 0 }, { x: dModulation });
          backward(dModulation);
        });
      } else backward(null);
      tape.passGradient(x, dx);
    },
  });
  return y;
}
