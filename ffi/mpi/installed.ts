/** The MPI libraries of this machine. */
import { MPI_LIBRARY_NAMES } from "./launcher.ts";
import { Mpi } from "./library.ts";

/** An MPI library that can be opened. */
export interface InstalledLibrary {
  /** Name that it was opened by. */
  readonly name: string;
  /** What it calls itself. */
  readonly version: string;
}

/** Opens each library that may be there and asks for its version; joins nobody. */
export function installedMpis(): InstalledLibrary[] {
  return MPI_LIBRARY_NAMES.flatMap((name) => {
    try {
      return [{ name, version: new Mpi(name).version() }];
    } catch {
      return []; // not there
    }
  });
}
