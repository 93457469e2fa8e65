/** NVIDIA's libraries on this machine, for tests that need them but no GPU. */
import { CudaLibraries, processEnvironment } from "../../ffi/mod.ts";

/** The libraries that the search finds, opened on first use. */
export const libraries: CudaLibraries = new CudaLibraries(processEnvironment());

/** Libraries that were not found, for names of skipped tests; "" if all are there. */
const missingLibraries: string = libraries.found.missing.join(", ");

/** Registers a test that is skipped by name where NVIDIA's libraries are missing. */
export function testWithLibraries(name: string, fn: () => void | Promise<void>): void {
  const skipped = missingLibraries ? ` (skipped: not found: ${missingLibraries}; deno task setup:cuda)` : "";
  Deno.test({ name: name + skipped, ignore: missingLibraries !== "", fn });
}
