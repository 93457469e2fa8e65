/** Who holds how much memory of an engine: live and peak bytes, in total and by tag, with a limit. */
import { format } from "@std/fmt/bytes";
import { UserError } from "../../base/errors.ts";

/** Memory ran out; the message says what was wanted, for what, who holds the rest, and which options need less. */
export class OutOfMemoryError extends UserError {
  /** Tells it from other errors where classes are not at hand. */
  override readonly name: string = "OutOfMemoryError";
}

/** Most memory of a GPU to hold unless another limit is given, in bytes. */
export const GPU_LIMIT_BYTES: number = 12 * 2 ** 30;

/** Bytes of one tag. */
export interface MemoryUse {
  /** Held now. */
  liveBytes: number;
  /** Most held at once since the ledger's last `resetPeak`; tags need not peak together. */
  peakBytes: number;
}

/** Book-keeping of an engine's memory. It owns nothing; engines report what they take and give back. */
export class MemoryLedger {
  #live = 0;
  #peak = 0;
  readonly #tags = new Map<string, MemoryUse>();

  /** More than this is refused. */
  readonly limitBytes: number;

  /** `limitBytes`: what the person allows; `addressableBytes`: what the engine can address, whatever is allowed. */
  constructor(readonly engine: string, limitBytes: number = Infinity, readonly addressableBytes: number = Infinity) {
    this.limitBytes = Math.min(limitBytes, addressableBytes);
  }

  /** Bytes held now. */
  get liveBytes(): number {
    return this.#live;
  }

  /** Most bytes ever held since the last {@link resetPeak}. */
  get peakBytes(): number {
    return this.#peak;
  }

  /** Live and peak bytes by tag, largest peak first. */
  byTag(): [tag: string, use: Readonly<MemoryUse>][] {
    return [...this.#tags].sort(([, a], [, b]) => b.peakBytes - a.peakBytes);
  }

  /** Notes `bytes` more under `tag`. @throws {OutOfMemoryError} beyond the limit; nothing is noted then. */
  take(bytes: number, tag: string): void {
    if (this.#live + bytes > this.limitBytes) {
      throw this.limitBytes < this.addressableBytes
        ? this.exhausted(bytes, tag, `limit ${format(this.limitBytes, { binary: true })}`)
        : this.beyondAddresses(bytes, tag, this.addressableBytes);
    }
    this.#live += bytes;
    this.#peak = Math.max(this.#peak, this.#live);
    const use = this.#tags.get(tag) ?? { liveBytes: 0, peakBytes: 0 };
    use.liveBytes += bytes;
    use.peakBytes = Math.max(use.peakBytes, use.liveBytes);
    this.#tags.set(tag, use);
  }

  /** Notes that `bytes` of `tag` were given back. */
  give(bytes: number, tag: string): void {
    const use = this.#tags.get(tag);
    if (!use || use.liveBytes < bytes) {
      throw new RangeError(`${this.engine}: ${bytes} bytes of "${tag}" given back twice`);
    }
    use.liveBytes -= bytes;
    this.#live -= bytes;
  }

  /** Starts a new peak at what is live now. */
  resetPeak(): void {
    this.#peak = this.#live;
    for (const use of this.#tags.values()) use.peakBytes = use.liveBytes;
  }

  /** The error for a request that would not lie within the `addressable` bytes: no option gives more. */
  beyondAddresses(bytes: number, tag: string, addressable: number): OutOfMemoryError {
    const why = `this engine addresses ${format(addressable, { binary: true })}`;
    return this.exhausted(bytes, tag, why, "use a smaller --batch or --preset");
  }

  /** The error for a request that cannot be met. */
  exhausted(
    bytes: number,
    tag: string,
    why: string,
    remedy = "use a smaller --batch or --preset, or raise --memory-limit",
  ): OutOfMemoryError {
    const size = (value: number) => format(value, { binary: true });
    const holders = [...this.#tags].filter(([, use]) => use.liveBytes > 0)
      .sort(([, a], [, b]) => b.liveBytes - a.liveBytes).slice(0, 5)
      .map(([name, use]) => `${name} ${size(use.liveBytes)}`).join(", ");
    return new OutOfMemoryError(
      `${this.engine} is out of memory: ${size(bytes)} wanted for "${tag}", ${size(this.#live)} held (${
        holders || "nothing"
      }), ${why}; ${remedy}`,
    );
  }
}
