/** Ranks that MPI joins. */
import { UserError } from "../../base/errors.ts";
import { coreMask, type Launcher, LIBRARY_VARIABLE, Mpi, type MpiRequest } from "../../ffi/mod.ts";
import { withDeadline } from "./deadline.ts";
import { type Exchange, gatherTexts, type Group, type Numbers } from "./group.ts";
import { unheard, waitFor } from "./patience.ts";

/** How long MPI may take to end all ranks. */
const ABORT_SECONDS = 10;

/** Ranks in one MPI_COMM_WORLD. Calls return when they are done; they wait awake, but let others have the core. */
export class MpiGroup implements Group {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly sharingCores: number;
  readonly name: string;
  readonly engine = null;
  readonly #mpi: Mpi;
  readonly #patienceSeconds: number;
  #secondsWaited = 0;
  #finished = false;

  /** Joins the others. Once per process. @throws {LibraryError} */
  constructor(mpi: Mpi, patienceSeconds: number) {
    // Who has not joined has no number yet.
    const sentence =
      `MPI has not joined the ranks for ${patienceSeconds} s: one of them or the connection to it is gone, ` +
      `or starts late (--rank-timeout waits longer)`;
    withDeadline({ seconds: patienceSeconds, status: 1, sentence }, () => mpi.start());
    this.#mpi = mpi;
    this.#patienceSeconds = patienceSeconds;
    this.rank = mpi.rank();
    this.size = mpi.size();
    this.name = mpi.abi.name;
    const host = mpi.hostName(), cores = coreMask()?.toHex() ?? "";
    const places = gatherTexts(this, `${host}\n${cores}`);
    this.localRank = places.slice(0, this.rank).filter((place) => place.startsWith(`${host}\n`)).length;
    this.sharingCores = places.filter((place) => place === `${host}\n${cores}`).length;
  }

  get secondsWaited(): number {
    return this.#secondsWaited;
  }

  allReduce(x: Numbers): void {
    this.#wait(this.#mpi.allReduce(x));
  }

  startAllReduce(x: Numbers): Exchange {
    const request = this.#mpi.allReduce(x);
    let done = false;
    const poll = () => done ||= this.#mpi.test(request);
    return { poll, wait: () => void (done || this.#wait(request), done = true) };
  }

  gather<T extends Numbers | Uint8Array<ArrayBuffer>>(own: T): T[] {
    const Type = own.constructor as new (length: number) => T, { length } = own;
    const all = new Type(length * this.size);
    this.#wait(this.#mpi.allGather(own, all));
    return Array.from({ length: this.size }, (_, rank) => all.subarray(rank * length, (rank + 1) * length) as T);
  }

  broadcast(x: Uint8Array): void {
    this.#wait(this.#mpi.broadcast(x));
  }

  anyOf(...flags: readonly boolean[]): boolean[] {
    const numbers = Float32Array.from(flags, Number);
    this.#wait(this.#mpi.allReduce(numbers, "max"));
    return Array.from(numbers, (number) => number > 0);
  }

  barrier(): void {
    this.#wait(this.#mpi.barrier());
  }

  finish(): void {
    if (this.#finished) return;
    this.barrier();
    this.#finished = true;
    const seconds = this.#patienceSeconds;
    withDeadline({ seconds, status: 1, sentence: unheard(this, seconds).message }, () => this.#mpi.finish());
  }

  abort(status: number): never {
    // That of MPICH asks its daemon first, who may not know that the other hosts cannot be reached.
    if (!this.#finished) {
      withDeadline({ seconds: ABORT_SECONDS, status, sentence: null }, () => this.#mpi.abort(status));
    }
    Deno.exit(status);
  }

  #wait(request: MpiRequest): void {
    this.#secondsWaited += waitFor(() => this.#mpi.test(request), this, this.#patienceSeconds);
  }
}

/**
 * Joins the processes that `launcher` started.
 *
 * @param patienceSeconds how long to wait for the others in one exchange; Infinity for ever.
 * @throws {UserError} if no MPI library is found, or the one found belongs to another launcher.
 */
export function openMpiGroup(launcher: Launcher, patienceSeconds: number): MpiGroup {
  const group = new MpiGroup(openLibrary(launcher), patienceSeconds);
  if (launcher.size === null || launcher.size === group.size) return group;
  throw new UserError(
    `${launcher.name} started ${launcher.size} processes, of which ${group.name} sees ${group.size}: the library belongs ` +
      `to another launcher; start with the mpirun of ${group.name}, or name the launcher's library in ${LIBRARY_VARIABLE}`,
  );
}

function openLibrary({ name, libraries }: Launcher): Mpi {
  const problems: string[] = [];
  for (const path of libraries) {
    try {
      return new Mpi(path);
    } catch (error) {
      const message = String(error instanceof Error ? error.message : error).split("\n")[0];
      problems.push(message.replace(/^(Could not open library: )+/, ""));
    }
  }
  throw new UserError(
    `${name} started this process, but its library cannot be opened; install it, or name it in ${LIBRARY_VARIABLE}. ` +
      `Tried: ${problems.join("; ")}`,
  );
}
