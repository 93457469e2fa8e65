/** Programs over several ranks of the MPIs that this machine has. */
import { assertEquals } from "@std/assert";

/** An MPI with its launcher. */
export interface InstalledMpi {
  /** For names of tests. */
  readonly name: string;
  /** Program that starts ranks. */
  readonly launcher: string;
}

/** Launchers by the names that let both be installed side by side. */
const LAUNCHERS = [["Open MPI", "mpirun.openmpi"], ["MPICH", "mpirun.mpich"]] as const;

/** Ranks of tests share cores, and may belong to root in a container. */
export const RANK_ENVIRONMENT: Readonly<Record<string, string>> = {
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  OMPI_MCA_rmaps_base_oversubscribe: "1",
  OMPI_MCA_hwloc_base_binding_policy: "none",
  OMPI_MCA_mpi_yield_when_idle: "1",
};

function isInstalled(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}

/** Those that are installed. */
export const INSTALLED_MPIS: readonly InstalledMpi[] = LAUNCHERS.filter(([, launcher]) => isInstalled(launcher))
  .map(([name, launcher]) => ({ name, launcher }));

/** A test for each MPI, skipped by name where one is missing. */
export function testWithMpis(name: string, run: (mpi: InstalledMpi) => Promise<void>): void {
  for (const [mpi, launcher] of LAUNCHERS) {
    const installed = INSTALLED_MPIS.find((each) => each.launcher === launcher);
    const skipped = installed ? "" : ` (skipped: needs ${mpi} with ${launcher})`;
    Deno.test({ name: `${name}, ${mpi}${skipped}`, ignore: !installed, fn: () => run(installed!) });
  }
}

/** How ranks are started, besides the arguments of `deno`. */
export interface RankOptions {
  /** Variables of the ranks. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends them all after so long. */
  readonly seconds?: number;
}

/** Starts `deno ...args` on `ranks` ranks. */
export function startRanks(
  { launcher }: InstalledMpi,
  ranks: number,
  args: readonly string[],
  { env = {}, seconds = 120 }: RankOptions = {},
): Deno.ChildProcess {
  return new Deno.Command(launcher, {
    args: ["-n", String(ranks), Deno.execPath(), ...args],
    env: { ...RANK_ENVIRONMENT, NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(seconds * 1000),
  }).spawn();
}

/** What the ranks wrote, and the launcher's exit code. */
export async function endOfRanks(
  process: Deno.ChildProcess,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await process.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs a program that must succeed; the lines that it wrote, in no certain order of ranks. */
export async function runRanks(
  mpi: InstalledMpi,
  ranks: number,
  args: readonly string[],
  options?: RankOptions,
): Promise<string[]> {
  const { code, stdout, stderr } = await endOfRanks(startRanks(mpi, ranks, args, options));
  assertEquals(code, 0, stderr);
  return stdout.trimEnd().split("\n");
}
