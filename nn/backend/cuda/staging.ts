/** Transfers between JavaScript and the device, through pinned memory. */
import { DeviceMemory, Event, PinnedMemory, type Runtime, Stream } from "../../../ffi/mod.ts";
import type { MemoryLedger } from "../memory.ts";

/** Bytes of one slot: a batch of labels of the paper's size. */
const SLOT_BYTES = 8 * 2 ** 20;
const SLOTS = 2;

class UploadSlot implements Disposable {
  readonly #stack = new DisposableStack();
  readonly pinned: PinnedMemory;
  readonly device: DeviceMemory;
  /** In the copy stream: the bytes have arrived in `device`. */
  readonly arrived: Event;
  /** In the compute stream: the bytes have left `device`. */
  readonly left: Event;

  constructor(runtime: Runtime) {
    using building = new DisposableStack();
    this.pinned = building.use(new PinnedMemory(runtime, SLOT_BYTES));
    this.device = building.use(new DeviceMemory(runtime, SLOT_BYTES));
    this.arrived = building.use(new Event(runtime));
    this.left = building.use(new Event(runtime));
    this.#stack = building.move();
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/**
 * Uploads go to a slot's pinned memory, from there by a stream of their own into a slot on the device while the compute
 * stream is still busy, and take their place in a copy within the device that the compute stream makes in its order.
 * So data for the next step travels while the current one runs, and a target may be memory that earlier work still
 * reads. Downloads wait.
 */
export class Staging implements Disposable {
  readonly #stack = new DisposableStack();
  readonly #slots: readonly UploadSlot[];
  readonly #download: PinnedMemory;
  readonly #copies: Stream;
  #next = 0;

  constructor(runtime: Runtime, readonly compute: Stream, ledger: MemoryLedger) {
    using building = new DisposableStack();
    this.#copies = building.use(new Stream(runtime));
    ledger.take(SLOTS * SLOT_BYTES, STAGING_TAG);
    building.defer(() => ledger.give(SLOTS * SLOT_BYTES, STAGING_TAG));
    this.#slots = Array.from({ length: SLOTS }, () => building.use(new UploadSlot(runtime)));
    this.#download = building.use(new PinnedMemory(runtime, SLOT_BYTES));
    this.#stack = building.move();
  }

  /** Copies to the device address; returns when `source` may be reused. */
  upload(source: ArrayBufferView, target: bigint): void {
    const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    for (let start = 0; start < bytes.length; start += SLOT_BYTES) {
      this.#uploadPart(bytes.subarray(start, start + SLOT_BYTES), target + BigInt(start));
    }
  }

  #uploadPart(part: Uint8Array, target: bigint): void {
    const { pinned, device, arrived, left } = this.#slots[this.#next];
    this.#next = (this.#next + 1) % SLOTS;
    arrived.synchronize(); // the pinned half is free when its last bytes have arrived
    pinned.bytes.set(part);
    this.#copies.wait(left);
    this.#copies.copy("HostToDevice", device.address, pinned.address, part.length);
    arrived.record(this.#copies);
    this.compute.wait(arrived);
    this.compute.copy("DeviceToDevice", target, device.address, part.length);
    left.record(this.compute);
  }

  /** Copies from the device address after everything in the compute stream has finished. */
  download(source: bigint, target: ArrayBufferView): void {
    const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    for (let start = 0; start < bytes.length; start += SLOT_BYTES) {
      const part = bytes.subarray(start, start + SLOT_BYTES);
      this.compute.copy("DeviceToHost", this.#download.address, source + BigInt(start), part.length);
      this.compute.synchronize();
      part.set(this.#download.bytes.subarray(0, part.length));
    }
    if (bytes.length === 0) this.compute.synchronize();
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

const STAGING_TAG = "upload staging";
