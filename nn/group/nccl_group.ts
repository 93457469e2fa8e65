/** Ranks on GPUs that no MPI joins: even what concerns the host goes through NCCL. */
import { DeviceMemory, Event, type NcclType, PinnedMemory, type Runtime, Stream } from "../../ffi/mod.ts";
import type { Exchange, Group, Numbers } from "./group.ts";
import type { NcclRanks } from "./nccl_ranks.ts";

/** Bytes that are exchanged at once. */
const PIECE_BYTES = 4 * 2 ** 20;

const TYPES = { Float32Array: "Float32", Float64Array: "Float64", Uint8Array: "Uint8" } as const;

/** How many processes a launcher started on this host, and which of them this is. */
export interface LocalPlace {
  readonly localRank: number;
  readonly localSize: number;
}

/** Arrays are exchanged by way of memory on the device. */
export class NcclGroup implements Group {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly sharingCores: number;
  readonly name = "NCCL";
  readonly engine = null;
  readonly secondsWaited = null;
  readonly #stream: Stream;
  readonly #mark: Event;
  /** What is given, and what comes of it. */
  readonly #host: PinnedMemory;
  readonly #device: DeviceMemory;
  readonly #owned: DisposableStack;

  /** `ranks` have been joined on the current GPU. @throws {LibraryError} */
  constructor(readonly ranks: NcclRanks, runtime: Runtime, { localRank, localSize }: LocalPlace) {
    const { rank, size } = ranks.place, bytes = PIECE_BYTES * (1 + size);
    this.rank = rank;
    this.size = size;
    this.localRank = localRank;
    this.sharingCores = localSize;
    using owned = new DisposableStack();
    this.#stream = owned.use(new Stream(runtime));
    this.#mark = owned.use(new Event(runtime));
    this.#host = owned.use(new PinnedMemory(runtime, bytes));
    this.#device = owned.use(new DeviceMemory(runtime, bytes));
    this.#owned = owned.move();
  }

  allReduce(x: Numbers): void {
    this.#reduce(x, "Sum");
  }

  startAllReduce(x: Numbers): Exchange {
    this.allReduce(x);
    return { poll: () => true, wait: () => {} };
  }

  gather<T extends Numbers | Uint8Array<ArrayBuffer>>(own: T): T[] {
    const Type = own.constructor as new (length: number) => T;
    const all = Array.from({ length: this.size }, () => new Type(own.length));
    this.#inPieces(own, (piece, start, type) => {
      const { length, byteLength } = piece, parts = this.#device.address + BigInt(PIECE_BYTES);
      this.ranks.put((nccl) => nccl.allGather(this.#device.address, parts, length, type, this.#stream));
      const seen = this.#download(PIECE_BYTES, byteLength * this.size);
      all.forEach((each, rank) => bytesOf(each, start).set(seen.subarray(rank * byteLength, (rank + 1) * byteLength)));
    });
    return all;
  }

  broadcast(x: Uint8Array): void {
    this.#inPieces(x, (piece, start, type) => {
      this.ranks.put((nccl) => nccl.broadcast(this.#device.address, piece.length, type, this.#stream));
      bytesOf(x, start).set(this.#download(0, piece.byteLength));
    });
  }

  anyOf(...flags: readonly boolean[]): boolean[] {
    const numbers = Float32Array.from(flags, Number);
    this.#reduce(numbers, "Max");
    return Array.from(numbers, (number) => number > 0);
  }

  barrier(): void {
    this.allReduce(new Float32Array(1));
  }

  finish(): void {
    this.ranks.finish();
    this.#owned.dispose();
  }

  abort(status: number): never {
    this.ranks.abort();
    try {
      this.#owned.dispose();
    } finally {
      Deno.exit(status); // also where the device broke
    }
  }

  #reduce(x: Numbers, reduction: "Sum" | "Max"): void {
    this.#inPieces(x, (piece, start, type) => {
      this.ranks.put((nccl) => nccl.allReduce(this.#device.address, piece.length, type, reduction, this.#stream));
      bytesOf(x, start).set(this.#download(0, piece.byteLength));
    });
  }

  /** Uploads an array piece by piece and works on each, which starts at that byte. */
  #inPieces(x: Numbers | Uint8Array, work: (piece: typeof x, start: number, type: NcclType) => void): void {
    const type = TYPES[x.constructor.name as keyof typeof TYPES], step = PIECE_BYTES / x.BYTES_PER_ELEMENT;
    for (let first = 0; first < x.length; first += step) {
      const piece = x.subarray(first, first + step), bytes = bytesOf(piece);
      this.#host.bytes.set(bytes);
      this.#stream.copy("HostToDevice", this.#device.address, this.#host.address, bytes.length);
      work(piece, first * x.BYTES_PER_ELEMENT, type);
    }
  }

  /** Waits for bytes of the device; the view is good until the next exchange. */
  #download(start: number, byteLength: number): Uint8Array {
    const offset = BigInt(start);
    this.#stream.copy("DeviceToHost", this.#host.address + offset, this.#device.address + offset, byteLength);
    this.#mark.record(this.#stream);
    this.ranks.wait(() => this.#mark.passed());
    return this.#host.bytes.subarray(start, start + byteLength);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView, start = 0): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, byteLength - start);
}
