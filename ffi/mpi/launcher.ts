/** Which launcher started this process, and so which MPI it belongs to: each tells its processes by variables. */

/** A launcher that started this process. */
export interface Launcher {
  /** For people. */
  readonly name: string;
  /** Processes that it started; null where it does not say. */
  readonly size: number | null;
  /** Which of them this is, from 0. */
  readonly rank: number;
  /** Names of the libraries that may belong to it, the likeliest first. */
  readonly libraries: readonly string[];
}

/** Names of MPI libraries by their interface: with the number that changes with it. */
const OPEN_MPI = libraryNames(["libmpi.so.40"], ["libmpi.40.dylib", "libmpi.dylib"]);
const MPICH = libraryNames(["libmpi.so.12", "libmpich.so.12"], ["libmpi.12.dylib"]);
const STANDARD = libraryNames(["libmpi_abi.so.0", "libmpi_abi.so"], ["libmpi_abi.0.dylib"]);

/** Every name that an MPI library may have. */
export const MPI_LIBRARY_NAMES: readonly string[] = [...OPEN_MPI, ...MPICH, ...STANDARD];

/** Names a library, over what the launcher tells. */
export const LIBRARY_VARIABLE = "FCR_MPI_LIBRARY";

/** Variables of each launcher, the most telling first: PMIx is spoken by several, and Slurm starts what is no MPI too. */
const KNOWN = [
  {
    name: "Open MPI",
    rank: "OMPI_COMM_WORLD_RANK",
    size: "OMPI_COMM_WORLD_SIZE",
    libraries: [...OPEN_MPI, ...STANDARD],
  },
  { name: "MPICH", rank: "PMI_RANK", size: "PMI_SIZE", libraries: [...MPICH, ...STANDARD] },
  {
    name: "PMIx",
    rank: "PMIX_RANK",
    size: "SLURM_STEP_NUM_TASKS",
    libraries: [...OPEN_MPI, ...STANDARD, ...MPICH],
  },
] as const;

/** The launcher that `variable` tells of; null if this process was started by itself, or may not look. */
export function launcherOf(variable: (name: string) => string | undefined = environmentVariable): Launcher | null {
  for (const { name, rank, size, libraries } of KNOWN) {
    const own = wholeNumber(variable(rank));
    if (own === null) continue;
    const named = variable(LIBRARY_VARIABLE);
    return { name, rank: own, size: wholeNumber(variable(size)), libraries: named ? [named] : libraries };
  }
  return null;
}

/** A variable of this process; undefined if it is not set, or may not be looked at. */
export function environmentVariable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

/** On macOS the system does not look where Homebrew puts libraries for Apple's processors. */
function libraryNames(linux: readonly string[], darwin: readonly string[]): readonly string[] {
  return Deno.build.os === "darwin" ? darwin.flatMap((name) => [name, `/opt/homebrew/lib/${name}`]) : linux;
}

/** The number that a text is, from 0; null if it is none. */
export function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
