/** Times work on a GPU by marks in the stream, so that nothing waits while it is measured. */
import { Event, type Stream } from "../../../ffi/mod.ts";

/** Two marks around each piece of work; they are used again after each {@link read}. */
export class CudaStopwatch implements Disposable {
  readonly #pairs: (readonly [start: Event, end: Event])[] = [];
  #used = 0;

  constructor(readonly stream: Stream) {}

  /** Runs `work`, which puts something into the stream. */
  time<T>(work: () => T): T {
    const pair = this.#pairs[this.#used] ?? this.#newPair();
    this.#used++;
    pair[0].record(this.stream);
    const result = work();
    pair[1].record(this.stream);
    return result;
  }

  /** Milliseconds of each piece of work since the last call, in their order. Waits for the last. */
  read(): number[] {
    const pairs = this.#pairs.slice(0, this.#used);
    this.#used = 0;
    pairs.at(-1)?.[1].synchronize();
    return pairs.map(([start, end]) => end.millisecondsSince(start));
  }

  [Symbol.dispose](): void {
    for (const event of this.#pairs.flat()) event[Symbol.dispose]();
    this.#pairs.length = 0;
  }

  #newPair(): readonly [Event, Event] {
    const { runtime } = this.stream;
    using building = new DisposableStack();
    const pair = [building.use(new Event(runtime, true)), building.use(new Event(runtime, true))] as const;
    building.move();
    this.#pairs.push(pair);
    return pair;
  }
}
