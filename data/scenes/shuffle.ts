/** The order in which training sees its scenes: a new one every epoch, known without walking through the old ones. */
import { UniformSequence } from "../../base/random.ts";

/** Stream of the random numbers that shuffle scenes; see `RandomKey` in base/random.ts. */
const SHUFFLE_STREAM = 0x5ce9e;

/** A permutation of 0..`count` − 1 that depends on nothing but the arguments (Fisher-Yates). */
export function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const random = new UniformSequence({ seed, stream: SHUFFLE_STREAM, iteration: epoch });
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
