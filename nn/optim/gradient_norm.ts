import type { Backend } from "../backend/backend.ts";
import { Tensor } from "../tensor.ts";

/** √Σg² of a network's gradients, float32 `[parameters]`; Infinity from 1.8e19 on. Waits for the engine. */
export function gradientNorm(backend: Backend, gradients: Tensor): number {
  using squares = Tensor.allocate(backend, [1], "gradient norm");
  backend.sumOfSquares({ count: gradients.size, factor: 1 }, { x: gradients, sum: squares });
  return Math.sqrt(squares.toFloat32()[0]);
}
