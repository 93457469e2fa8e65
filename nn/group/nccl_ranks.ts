/** Ranks that NCCL joins: a communicator, and patience with the others. */
import { UserError } from "../../base/errors.ts";
import { Communicator, LibraryError, type Nccl, yieldCore } from "../../ffi/mod.ts";
import { type Place, unheard, waitFor } from "./patience.ts";

/** How often to look whether all have come, in milliseconds. */
const JOIN_INTERVAL = 20;

/**
 * The ranks of one communicator. If one is not heard, or one fails, what is under way is given up, so that streams come
 * to their end, and all later calls throw.
 */
export class NcclRanks {
  readonly #communicator: Communicator;
  #over = false;

  private constructor(readonly place: Place, communicator: Communicator, private readonly patienceSeconds: number) {
    this.#communicator = communicator;
  }

  /**
   * Joins the others with the current GPU.
   *
   * @param meanwhile done while the others are waited for.
   * @throws {UserError} if they do not come, or cannot work together.
   */
  static async join(
    nccl: Nccl,
    place: Place,
    id: Uint8Array<ArrayBuffer>,
    patienceSeconds: number,
    meanwhile: () => Promise<void> = async () => {},
  ): Promise<NcclRanks> {
    const ranks = asUserErrors(() => new NcclRanks(place, new Communicator(nccl, place, id), patienceSeconds));
    try {
      const started = performance.now();
      while (!asUserErrors(() => ranks.#communicator.settled())) {
        if (performance.now() - started >= patienceSeconds * 1000) throw unheard(place, patienceSeconds);
        await new Promise((resolve) => setTimeout(resolve, JOIN_INTERVAL));
        await meanwhile();
      }
      return ranks;
    } catch (error) {
      ranks.abort();
      throw error;
    }
  }

  /** Collective: puts work into a stream. @throws {UserError} */
  put(call: (communicator: Communicator) => void): void {
    if (this.#over) throw new UserError("the ranks have parted: an exchange failed before");
    this.#orPart(() => call(this.#communicator));
    this.wait(() => this.#communicator.settled());
  }

  /** Waits until `passed` says so, which may need what other ranks do. @throws {UserError} */
  wait(passed: () => boolean): void {
    if (this.#over) {
      while (!passed()) yieldCore();
    } else {
      const look = () => void this.#communicator.settled();
      this.#orPart(() => waitFor(passed, this.place, this.patienceSeconds, look));
    }
  }

  /** Leaves the others, all of whom do; what was put into streams is done before. Collective. Once more does nothing. */
  finish(): void {
    if (this.#over) return;
    this.#orPart(() => this.#communicator.finalize());
    this.wait(() => this.#communicator.settled());
    this.#over = true;
    this.#communicator.destroy();
  }

  /** Leaves the others at once, if {@link finish} has not. */
  abort(): void {
    this.#over = true;
    this.#communicator.abort();
  }

  #orPart(work: () => void): void {
    try {
      asUserErrors(work);
    } catch (error) {
      this.abort();
      throw error;
    }
  }
}

/** Errors of NCCL and of the device as sentences for people. */
function asUserErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof LibraryError ? new UserError(`${error.message}; ${error.remedy}`, { cause: error }) : error;
  }
}
