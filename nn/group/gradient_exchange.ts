/** Averages a network's gradients over the ranks, its last layers while those before them are still being computed. */
import type { Backend } from "../backend/backend.ts";
import { behind } from "../backend/buffer.ts";
import type { Tensor } from "../tensor.ts";
import { collectivesOf } from "./engine_collectives.ts";
import type { Exchange, Group } from "./group.ts";

/** Least numbers of a message, 256 KiB: smaller ones cost more in latency than they hide. */
const BUCKET = 1 << 16;

/**
 * One exchange. Gradients lie in the order of the layers, and backward goes through these from the last: what is final
 * is a tail of the buffer, which is sent in buckets as it grows. Where that would make the engine wait all is sent at
 * the end.
 */
export class GradientExchange {
  readonly #overlaps: boolean;
  readonly #underWay: Exchange[] = [];
  /** First number that is sent. */
  #sent: number;

  /** `gradients`: float32 in the layout of a network, to be averaged in place. Collective, as are all methods. */
  constructor(private readonly engine: Backend, private readonly group: Group, private readonly gradients: Tensor) {
    this.#sent = gradients.size;
    this.#overlaps = group.size > 1 && (group.engine !== null || engine.view !== undefined);
  }

  /** Nothing is added any more to the gradients from number `start` on: sends a bucket if there is one. */
  final(start: number): void {
    if (!this.#overlaps) return;
    if (this.#sent - start >= BUCKET) this.#send(start);
    for (const exchange of this.#underWay) exchange.poll();
  }

  /** Sends the rest and waits for all. */
  finish(): void {
    const { engine, group, gradients } = this, { size } = gradients;
    if (group.size === 1) return;
    if (this.#sent > 0) this.#send(0);
    for (const exchange of this.#underWay) exchange.wait();
    engine.axpby({ count: size, a: 1 / group.size, b: 0 }, { x: gradients, y: gradients });
  }

  #send(start: number): void {
    const { engine, group, gradients } = this, collectives = collectivesOf(engine, group);
    this.#underWay.push(collectives.startAllReduce(behind(gradients, start), this.#sent - start));
    this.#sent = start;
  }
}
