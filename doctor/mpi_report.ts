import { installedMpis, launcherOf, workerOf } from "../ffi/mod.ts";

/** The MPI libraries that ranks may meet through, and the launcher that started this process, a line each. */
export function mpiLines(): string[] {
  const libraries = installedMpis().map(({ name, version }) => `${name}: ${version}`);
  const launcher = launcherOf(), worker = launcher === null ? workerOf() : null;
  return [
    ...libraries.length === 0 ? ["none (Open MPI or MPICH, to train on several machines)"] : libraries,
    ...worker
      ? [`none started this process, which is rank ${worker.rank} of ${worker.size} by RANK and WORLD_SIZE`]
      : [],
    ...launcher ? [`started by ${launcher.name} as rank ${launcher.rank}, which takes ${launcher.libraries[0]}`] : [],
  ].map((line) => `MPI          ${line}`);
}
