/** Runs small enough to be disturbed two hundred times. */
import { runTask } from "../../helpers/task.ts";
import { emulatorFolder } from "../../helpers/emulated_device.ts";
import { type InstalledMpi, RANK_ENVIRONMENT } from "../../helpers/ranks.ts";
import type { TwoHosts } from "../../helpers/two_hosts.ts";
import type { RunSetting } from "./run_under_test.ts";

const SCENES = 8;

/** Writes the scenes that runs of a campaign train on: loose files, so that one can go missing. */
export async function makeScenes(folder: string): Promise<void> {
  const { code, err } = await runTask("data", [
    ...["make", "--out", folder, "--count", String(SCENES), "--grid", "16x16x16"],
  ]);
  if (code !== 0) throw new Error(err);
}

/** Flags of a run with a checkpoint every few steps, all of which are kept. */
function flags(iterations: number, refineIterations: number): string[] {
  return [
    ...["--preset", "tiny", "--iterations", String(iterations), "--refine-iterations", String(refineIterations)],
    ...["--snapshot", "3", "--keep", "4", "--tick", "1", "--threads", "2"],
  ];
}

/** On the CPU engine. */
export function cpuSetting(data: string): RunSetting {
  return { flags: [...flags(40, 16), "--device", "cpu"], data, env: { FCR_CACHE: `${data}.cache` } };
}

/** On the CPU engine, on two ranks. */
export function ranksSetting(data: string, { launcher }: InstalledMpi): RunSetting {
  const { env, ...setting } = cpuSetting(data);
  return { ...setting, env: { ...env, ...RANK_ENVIRONMENT }, launcher: [launcher, "-n", "2"] };
}

/** On the fastest adapter of WebGPU. */
export function webGpuSetting(data: string): RunSetting {
  return { ...cpuSetting(data), flags: [...flags(12, 6), "--device", "webgpu"] };
}

/** How long ranks on two hosts wait for each other: longer than a busy machine keeps one of them waiting. */
export const PATIENCE_SECONDS = 15;

/** On the CPU engine, on one rank of each of two hosts. */
export function hostsSetting(data: string, mpi: InstalledMpi, hosts: TwoHosts): RunSetting {
  const { env, ...setting } = ranksSetting(data, mpi);
  return {
    ...{ ...setting, flags: [...flags(12, 4), "--device", "cpu", "--threads", "1"], launcher: hosts.launcher(mpi) },
    env: { ...env, UCX_TLS: "tcp,self" }, // MPICH would take one machine for what it is
    callFlags: ["--rank-timeout", String(PATIENCE_SECONDS)],
  };
}

/** On the emulated device. */
export async function emulatedSetting(data: string): Promise<RunSetting> {
  const folder = await emulatorFolder();
  const env = { FCR_CUDA_PATH: folder, FCR_CACHE: `${folder}/cache`, FCR_EMULATOR_QUIET: "1" };
  return { flags: [...flags(8, 4), "--device", "cuda", "--deterministic"], data, env };
}
