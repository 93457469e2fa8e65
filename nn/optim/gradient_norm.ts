import type { Backend } from "../backend/backend.ts";
import { Tensor } from "../tensor.ts";

/** √Σg² of a network's gradients, float32 `[parameters]`; Infinity from 1.8e19 on. Waits for the engine. */
export function gradientNorm(backend: Backend, gradients: Tensor): number {
  using squares = Tensor.allocate(backend, [1], "gradient norm");
  backend.sumOfSquares({ count: gradients.size, factor: 1 }, { x: gradients, sum: squares });
  return Math.sqrt(squares.toFloat32()[0]);
}

/**
 * Scales a network's gradients, float32 `[parameters]`, so that √Σg² is at most `maxNorm` (R. Pascanu et al., "On the
 * difficulty of training recurrent neural networks", 2013, section 3.2). Does not wait for the engine.
 */
export function clipGradients(backend: Backend, gradients: Tensor, maxNorm: number): void {
  using squares = Tensor.allocate(backend, [1], "gradient norm");
  const count = gradients.size;
  backend.sumOfSquares({ count, factor: 1 }, { x: gradients, sum: squares });
  backend.clip({ count, maximum: maxNorm }, { squares, x: gradients });
}
