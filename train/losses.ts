import type { Backend } from "../nn/backend/backend.ts";
import { Tensor } from "../nn/tensor.ts";
import type { Loss } from "./iteration.ts";

/** Most losses that one board holds. */
const CAPACITY = 32;

/** Named loss values, side by side in an engine's memory: written by the steps of an iteration, read together. */
export class LossBoard implements Disposable {
  readonly #values: Tensor;
  readonly #slots = new Map<string, Tensor>();
  readonly #costs = new Map<string, readonly Loss[]>();

  /** Takes memory for the most losses that a schedule has, zeroed. */
  constructor(backend: Backend) {
    this.#values = Tensor.allocate(backend, [CAPACITY], "losses");
    backend.fill({ count: CAPACITY, value: 0 }, { x: this.#values });
  }

  /** Where the loss `name` is written, float32 `[1]`. */
  slot(name: string): Tensor {
    const slot = this.#slots.get(name) ?? this.#values.slice(this.#slots.size, 1);
    this.#slots.set(name, slot);
    return slot;
  }

  /** Says what the cost `name` is the sum of. */
  addUp(name: string, losses: readonly Loss[]): void {
    this.#costs.set(name, losses);
  }

  /** The losses of these costs and the costs, or all that is on the board, by name; waits for the engine. */
  read(costs?: readonly string[]): Record<string, number> {
    const values = this.#values.toFloat32();
    const all = new Map([...this.#slots.keys()].map((name, index) => [name, values[index]]));
    const made = [...this.#costs].filter(([name]) => !costs || costs.includes(name));
    const wanted = new Set(costs ? made.flatMap(([, losses]) => losses.map(({ name }) => name)) : all.keys());
    const sums = made.map(([name, losses]) =>
      [name, losses.reduce((sum, loss) => sum + loss.weight * all.get(loss.name)!, 0)] as const
    );
    return Object.fromEntries([...[...all].filter(([name]) => wanted.has(name)), ...sums]);
  }

  /** Gives the memory back. */
  [Symbol.dispose](): void {
    for (const slot of this.#slots.values()) slot[Symbol.dispose]();
    this.#values[Symbol.dispose]();
  }
}
