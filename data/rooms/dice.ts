/** The random choices that rooms are made of. */
import { UniformSequence } from "../../base/random.ts";

/** Stream number of procedural rooms in the random key: "room" in ASCII. */
const ROOM_STREAM = 0x726f6f6d;

/** Draws choices for one room, always the same for the same seed, index and stream. */
export class Dice {
  readonly #numbers: UniformSequence;

  constructor(seed: number, index: number, stream = ROOM_STREAM) {
    this.#numbers = new UniformSequence({ seed, stream, iteration: index });
  }

  /** Any number between the two, all equally likely. */
  between(least: number, most: number): number {
    return least + (most - least) * this.#numbers.next();
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.#numbers.next() < probability;
  }

  /** One of the options, all equally likely. */
  pick<T>(...options: readonly [T, ...T[]]): T {
    return options[this.#numbers.below(options.length)];
  }

  /** One of the keys, each as likely as its share of the sum of all weights. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries(weights) as [T, number][];
    let rest = this.#numbers.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      if (rest < weight) return key;
      rest -= weight;
    }
    return entries[entries.length - 1][0];
  }

  /** The same items in a random order. */
  shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.#numbers.below(i + 1);
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  }
}
