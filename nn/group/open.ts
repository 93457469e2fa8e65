import { launcherOf } from "../../ffi/mod.ts";
import { type Group, solo } from "./group.ts";
import { openMpiGroup } from "./mpi_group.ts";

/**
 * The group that this process was started in: by `mpirun`, `srun` or the like; a group of its own otherwise, which costs
 * nothing.
 *
 * @param patienceSeconds how long to wait for the others in one exchange; Infinity for ever.
 * @throws {UserError} if the launcher's MPI cannot be used.
 */
export function openGroup(patienceSeconds: number): Group {
  const launcher = launcherOf();
  return launcher === null || launcher.size === 1 ? solo() : openMpiGroup(launcher, patienceSeconds);
}
