/** A communicator of NCCL: the GPUs of all ranks, and collectives between them in the order of streams. */
import type { Stream } from "../cuda/stream.ts";
import { NCCL_DATA_TYPE, NCCL_REDUCTION, NCCL_RESULT } from "./enums.ts";
import { type Nccl, NCCL_ID_BYTES } from "./library.ts";

/** Type of the numbers of a collective. */
export type NcclType = keyof typeof NCCL_DATA_TYPE;

/** `ncclConfig_t` as of 2.14, which every later version takes: it has defaults for the fields that came after. */
const CONFIG_BYTES = 24, CONFIG_MAGIC = 0xcafebeef, CONFIG_VERSION = 21400;

/**
 * One rank's communicator. Nothing blocks: calls put work into streams, or go on in NCCL's threads until
 * {@link settled} says that they are done; whoever waits can end that with {@link abort}.
 *
 * All ranks have to make the same calls in the same order. Methods throw `LibraryError`.
 */
export class Communicator {
  readonly #nccl: Nccl;
  /** The `ncclComm_t`, which NCCL writes again when it has joined the others: so its place must stay. */
  readonly #handle: BigUint64Array<ArrayBuffer> = new BigUint64Array(new ArrayBuffer(8));
  readonly #state: Int32Array<ArrayBuffer> = new Int32Array(1);
  #live = true;

  /**
   * Starts to join `size` ranks as number `rank` with the current GPU, on which no other rank may be.
   *
   * @param id of {@link Nccl.uniqueId} of one of them.
   */
  constructor(
    nccl: Nccl,
    { rank, size }: { readonly rank: number; readonly size: number },
    id: Uint8Array<ArrayBuffer>,
  ) {
    if (id.length !== NCCL_ID_BYTES) throw new RangeError(`${id.length} bytes are no id of NCCL`);
    this.#nccl = nccl;
    const { raw } = nccl.library;
    this.#expect("ncclCommInitRankConfig", raw.ncclCommInitRankConfig(this.#handle, size, id, rank, notBlocking()));
  }

  /**
   * Whether all calls so far are done as far as the host is concerned. What failed since is thrown, in this rank or in
   * another.
   */
  settled(): boolean {
    const { raw, expect } = this.#nccl.library;
    expect("ncclCommGetAsyncError", raw.ncclCommGetAsyncError(this.#handle[0], this.#state));
    this.#expect("a collective", this.#state[0]);
    return this.#state[0] !== NCCL_RESULT.InProgress;
  }

  /** x = Σ x over the ranks, or the greatest of each number: `count` at a device address. */
  allReduce(x: bigint, count: number, type: NcclType, reduction: keyof typeof NCCL_REDUCTION, stream: Stream): void {
    const { raw } = this.#nccl.library, [comm] = this.#handle, n = BigInt(count);
    const status = raw.ncclAllReduce(x, x, n, NCCL_DATA_TYPE[type], NCCL_REDUCTION[reduction], comm, stream.handle);
    this.#expect("ncclAllReduce", status);
  }

  /** all = the `count` own numbers of every rank, one rank after the other. */
  allGather(own: bigint, all: bigint, count: number, type: NcclType, stream: Stream): void {
    const { raw } = this.#nccl.library, [comm] = this.#handle;
    const status = raw.ncclAllGather(own, all, BigInt(count), NCCL_DATA_TYPE[type], comm, stream.handle);
    this.#expect("ncclAllGather", status);
  }

  /** x = x of rank 0. */
  broadcast(x: bigint, count: number, type: NcclType, stream: Stream): void {
    const { raw } = this.#nccl.library, [comm] = this.#handle;
    const status = raw.ncclBroadcast(x, x, BigInt(count), NCCL_DATA_TYPE[type], 0, comm, stream.handle);
    this.#expect("ncclBroadcast", status);
  }

  /** Starts to leave the others after all that was asked for; {@link settled} tells when {@link destroy} may follow. */
  finalize(): void {
    this.#expect("ncclCommFinalize", this.#nccl.library.raw.ncclCommFinalize(this.#handle[0]));
  }

  /** Frees it after {@link finalize}. */
  destroy(): void {
    if (!this.#live) return;
    this.#live = false;
    this.#nccl.library.call.ncclCommDestroy(this.#handle[0]);
  }

  /** Frees it at once: collectives under way end, whatever they wrote. */
  abort(): void {
    if (!this.#live) return;
    this.#live = false;
    this.#nccl.library.raw.ncclCommAbort(this.#handle[0]);
  }

  #expect(functionName: string, status: number): void {
    if (status !== NCCL_RESULT.InProgress) this.#nccl.library.expect(functionName, status);
  }
}

/** A configuration with which calls return before they are done. */
function notBlocking(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(CONFIG_BYTES), view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(CONFIG_BYTES), true);
  view.setUint32(8, CONFIG_MAGIC, true);
  view.setUint32(12, CONFIG_VERSION, true);
  view.setInt32(16, 0, true); // blocking
  return bytes;
}
