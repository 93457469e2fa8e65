import type { Backend } from "../backend/backend.ts";
import type { Tensor } from "../tensor.ts";

/** Numbers read at once, so that little of the processor's memory is needed beside a GPU's. */
const CHUNK = 2 ** 20;

/** √Σg² of a network's gradients, float32 `[parameters]`, in double precision. Waits for the engine. */
export function gradientNorm(backend: Backend, gradients: Tensor): number {
  const chunk = new Float32Array(Math.min(CHUNK, gradients.size));
  let sum = 0;
  for (let start = 0; start < gradients.size; start += chunk.length) {
    const values = chunk.subarray(0, Math.min(chunk.length, gradients.size - start));
    backend.download({ buffer: gradients.buffer, byteOffset: gradients.byteOffset + 4 * start }, values);
    for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  }
  return Math.sqrt(sum);
}
