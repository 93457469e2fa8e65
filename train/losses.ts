import type { Backend } from "../nn/backend/backend.ts";
import { Tensor } from "../nn/tensor.ts";

/** Most losses that one board holds. */
const CAPACITY = 32;

/** Named loss values, side by side in an engine's memory: written by the steps of an iteration, read together. */
export class LossBoard implements Disposable {
  readonly #values: Tensor;
  readonly #slots = new Map<string, Tensor>();

  /** Takes memory for the most losses that a schedule has, zeroed. */
  constructor(backend: Backend) {
    this.#values = Tensor.allocate(backend, [CAPACITY], "losses");
    backend.fill(CAPACITY, 0, this.#values);
  }

  /** Where the loss `name` is written, float32 `[1]`. */
  slot(name: string): Tensor {
    const slot = this.#slots.get(name) ?? this.#values.slice(this.#slots.size, 1);
    this.#slots.set(name, slot);
    return slot;
  }

  /** All values by name; waits for the engine. */
  read(): Record<string, number> {
    const values = this.#values.toFloat32();
    return Object.fromEntries([...this.#slots.keys()].map((name, index) => [name, values[index]]));
  }

  /** Gives the memory back. */
  [Symbol.dispose](): void {
    for (const slot of this.#slots.values()) slot[Symbol.dispose]();
    this.#values[Symbol.dispose]();
  }
}
