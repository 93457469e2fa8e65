import { UserError } from "../../base/errors.ts";
import { launcherOf, type Worker, workerOf } from "../../ffi/mod.ts";
import { openDevice } from "../backend/cuda/device.ts";
import { type DeviceName, ordinalOf } from "../backend/device_name.ts";
import { type Group, solo } from "./group.ts";
import { openMpiGroup } from "./mpi_group.ts";
import { NcclGroup } from "./nccl_group.ts";
import { NcclRanks } from "./nccl_ranks.ts";
import { Host, idOfHost } from "./rendezvous.ts";

/** Where ranks meet that no MPI joins. */
export interface Meeting {
  /** Engine that was asked for; rank n of a host takes the nth GPU from there on. */
  readonly device: DeviceName;
  /** A folder of their own that all ranks see, for files while they join; null where none was named. */
  readonly folder: string | null;
}

/**
 * The group that this process was started in: by `mpirun`, `srun` or the like, or by `torchrun` for GPUs without MPI; a
 * group of its own otherwise, which costs nothing.
 *
 * @param patienceSeconds how long to wait for the others in one exchange; Infinity for ever.
 * @throws {UserError} if the launcher's MPI cannot be used, or the processes cannot meet without one.
 */
export async function openGroup(patienceSeconds: number, meeting: () => Meeting): Promise<Group> {
  const launcher = launcherOf(), worker = launcher === null ? workerOf() : null;
  if (worker !== null && worker.size > 1) return await openNcclGroup(worker, meeting(), patienceSeconds);
  return launcher === null || launcher.size === 1 ? solo() : openMpiGroup(launcher, patienceSeconds);
}

async function openNcclGroup(worker: Worker, { device, folder }: Meeting, patienceSeconds: number): Promise<NcclGroup> {
  const { rank, size, localRank } = worker, started = `${size} processes were started without MPI (WORLD_SIZE)`;
  const first = ordinalOf(device);
  if (first === null) throw new UserError(`${started}, which meet by NCCL on GPUs: --device ${device} needs mpirun`);
  if (folder === null) {
    throw new UserError(
      `${started}, which meet in the folder of the run: name it, in a place that all see, with --out`,
    );
  }
  const { libraries: { nccl, runtime } } = openDevice(first + localRank);
  if (nccl === null) {
    throw new UserError(
      `${started}, which need NCCL to meet: install it (libnccl.so.2, e.g. nvidia-nccl-cu13 with pip), or start them ` +
        `with mpirun`,
    );
  }
  if (rank > 0) {
    const id = await idOfHost(folder, worker, patienceSeconds);
    return new NcclGroup(await NcclRanks.join(nccl, worker, id, patienceSeconds), runtime, worker);
  }
  const id = nccl.uniqueId();
  await using host = await Host.open(folder, size, id, patienceSeconds);
  const refresh = async () => void await host.refresh();
  return new NcclGroup(await NcclRanks.join(nccl, worker, id, patienceSeconds, refresh), runtime, worker);
}
