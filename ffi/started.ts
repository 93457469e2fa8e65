/** The processes that a launcher of any kind started together. */
import { launcherOf } from "./mpi/launcher.ts";
import { workerOf } from "./nccl/launcher.ts";

/** Which of them this is, from 0, and how many they are; null where the launcher does not say. One by itself is of one. */
export function startedAs(): { readonly rank: number; readonly size: number | null } {
  return launcherOf() ?? workerOf() ?? { rank: 0, size: 1 };
}
