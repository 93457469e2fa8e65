/** Collectives of the CUDA engine by NCCL. */
import { Event, NCCL_ID_BYTES, ncclVersionText, Stream } from "../../ffi/mod.ts";
import type { Backend, Span } from "../backend/backend.ts";
import { CudaBackend } from "../backend/cuda/cuda_backend.ts";
import type { EngineCollectives, Exchange, Group } from "./group.ts";
import { NcclGroup } from "./nccl_group.ts";
import { NcclRanks } from "./nccl_ranks.ts";

/**
 * Collectives in the engine's stream, or beside it in one of their own. From here on whatever waits for the engine waits
 * with the patience of the group.
 */
export class NcclCollectives implements EngineCollectives, Disposable {
  readonly #second: Stream;
  /** In the engine's stream: the numbers to be sent are final. */
  readonly #ready: Event;
  /** In the second stream: all that was sent so far has arrived. */
  readonly #arrived: Event;
  readonly #owned: DisposableStack;

  constructor(private readonly ranks: NcclRanks, private readonly engine: CudaBackend) {
    const { runtime } = engine.device.libraries;
    using owned = new DisposableStack();
    this.#second = owned.use(new Stream(runtime));
    this.#ready = owned.use(new Event(runtime));
    this.#arrived = owned.use(new Event(runtime));
    runtime.waiting = (passed) => ranks.wait(passed);
    owned.defer(() => runtime.waiting = null);
    this.#owned = owned.move();
  }

  allReduce(x: Span, count: number): void {
    this.#allReduce(x, count, this.engine.stream);
  }

  allGather(own: Span, all: Span, count: number): void {
    const { engine, ranks } = this, from = engine.address(own, count);
    const to = engine.address(all, count * ranks.place.size);
    ranks.put((communicator) => communicator.allGather(from, to, count, "Float32", engine.stream));
  }

  startAllReduce(x: Span, count: number): Exchange {
    this.#ready.record(this.engine.stream);
    this.#second.wait(this.#ready);
    this.#allReduce(x, count, this.#second);
    this.#arrived.record(this.#second);
    return { poll: () => true, wait: () => this.engine.stream.wait(this.#arrived) };
  }

  /** Leaves the others at the end of the work; collective. Once more does nothing. */
  finish(): void {
    this.ranks.finish();
  }

  /** Leaves the others at once, unless {@link finish} has: what is still in the streams comes to its end. */
  [Symbol.dispose](): void {
    this.ranks.abort();
    this.#owned.dispose();
  }

  #allReduce(x: Span, count: number, stream: Stream): void {
    const address = this.engine.address(x, count);
    this.ranks.put((communicator) => communicator.allReduce(address, count, "Float32", "Sum", stream));
  }
}

/**
 * Collective: NCCL between the GPUs of the ranks, if these are on GPUs and all have it; null otherwise.
 *
 * @param notice told where it is missing.
 * @throws {UserError} if the GPUs cannot work together.
 */
export async function openCollectives(
  group: Group,
  engine: Backend,
  patienceSeconds: number,
  notice: (line: string) => void,
): Promise<NcclCollectives | null> {
  if (group.size === 1 || !(engine instanceof CudaBackend)) return null;
  if (group instanceof NcclGroup) return new NcclCollectives(group.ranks, engine);
  const { nccl } = engine.device.libraries;
  const [missing] = group.anyOf(nccl === null);
  if (missing || nccl === null) {
    notice("Sums of the ranks go through the memory of the machine: NCCL is not installed (docs/cluster/README.md)");
    return null;
  }
  const id = group.rank === 0 ? nccl.uniqueId() : new Uint8Array(NCCL_ID_BYTES);
  group.broadcast(id);
  const ranks = await NcclRanks.join(nccl, group, id, patienceSeconds);
  notice(`Sums of the ranks by NCCL ${ncclVersionText(nccl.version())}`);
  return new NcclCollectives(ranks, engine);
}

/** The group with these collectives of its engine; as it is for null. */
export function withCollectives(group: Group, engine: NcclCollectives | null): Group {
  if (engine === null) return group;
  const { rank, size, localRank, sharingCores, name } = group;
  return {
    ...{ rank, size, localRank, sharingCores, name, engine, secondsWaited: null },
    allReduce: (x) => group.allReduce(x),
    startAllReduce: (x) => group.startAllReduce(x),
    gather: (own) => group.gather(own),
    broadcast: (x) => group.broadcast(x),
    anyOf: (...flags) => group.anyOf(...flags),
    barrier: () => group.barrier(),
    finish: () => {
      engine.finish();
      group.finish();
    },
    abort: (status) => group.abort(status),
  };
}
