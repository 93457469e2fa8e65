/** Collectives on the memory of any engine. */
import type { Backend, Span } from "../backend/backend.ts";
import { behind } from "../backend/buffer.ts";
import type { EngineCollectives, Exchange, Group } from "./group.ts";

/** Those of the group's own engine, or of `engine` by way of JavaScript. */
export function collectivesOf(engine: Backend, group: Group): EngineCollectives {
  return group.engine ?? new ThroughMemory(engine, group);
}

/**
 * Numbers pass through JavaScript: at no cost where the engine computes in its memory, by a copy each way otherwise,
 * which waits for the engine.
 */
class ThroughMemory implements EngineCollectives {
  constructor(private readonly engine: Backend, private readonly group: Group) {}

  allReduce(x: Span, count: number): void {
    const numbers = this.#read(x, count);
    this.group.allReduce(numbers);
    if (!this.engine.view) this.engine.upload(numbers, x);
  }

  allGather(own: Span, all: Span, count: number): void {
    const parts = this.group.gather(this.#read(own, count));
    parts.forEach((part, rank) => this.engine.upload(part, behind(all, rank * count)));
  }

  startAllReduce(x: Span, count: number): Exchange {
    if (this.engine.view) return this.group.startAllReduce(this.engine.view(x, count));
    this.allReduce(x, count);
    return { poll: () => true, wait: () => {} };
  }

  #read(span: Span, count: number): Float32Array {
    if (this.engine.view) return this.engine.view(span, count);
    const numbers = new Float32Array(count);
    this.engine.download(span, numbers);
    return numbers;
  }
}
