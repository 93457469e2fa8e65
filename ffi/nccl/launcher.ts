/** Launchers that start a process for each GPU and join them by no MPI: `torchrun` and what sets its variables. */
import { environmentVariable, wholeNumber } from "../mpi/launcher.ts";

/** One of the processes that such a launcher started. */
export interface Worker {
  /** Which of them this is, from 0. */
  readonly rank: number;
  /** Processes that it started. */
  readonly size: number;
  /** Which of those on its host this is. */
  readonly localRank: number;
  /** Processes that it started on this host. */
  readonly localSize: number;
}

/** What the variables of this process say; null if it was started by itself, or may not look. */
export function workerOf(variable: (name: string) => string | undefined = environmentVariable): Worker | null {
  const number = (name: string) => wholeNumber(variable(name));
  const rank = number("RANK"), size = number("WORLD_SIZE"), localRank = number("LOCAL_RANK");
  if (rank === null || size === null || localRank === null || rank >= size) return null;
  return { rank, size, localRank, localSize: number("LOCAL_WORLD_SIZE") ?? size };
}
