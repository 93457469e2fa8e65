/** The GPU that an engine computes on, with the libraries opened for it. */
import {
  CudaLibraries,
  cudaSystemProblem,
  type Driver,
  LibraryError,
  LibraryNotFoundError,
  LibraryUnusableError,
  openDriver,
  processEnvironment,
} from "../../../ffi/mod.ts";
import { UserError } from "../../../base/errors.ts";

/** What is known about a GPU before anything runs on it. */
export interface DeviceFacts {
  readonly ordinal: number;
  /** E.g. "NVIDIA GeForce RTX 4090". */
  readonly name: string;
  /** Compute capability, e.g. [8, 9]. */
  readonly capability: readonly [major: number, minor: number];
  readonly multiprocessors: number;
  readonly totalBytes: number;
  /** Newest CUDA version of the driver: 1000 · major + 10 · minor. */
  readonly driverVersion: number;
}

/** Oldest compute capability that this project supports: Turing; tensor cores of bf16 and TF32 came with 8.0. */
const OLDEST_CAPABILITY = 75;

/** An open device. Libraries stay open for the rest of the process. */
export interface Device {
  readonly facts: DeviceFacts;
  readonly driver: Driver;
  readonly libraries: CudaLibraries;
}

/**
 * Opens the GPU `ordinal` and makes it current.
 *
 * @throws {UserError} saying what is missing (driver, GPU, library) and what to do.
 */
export function openDevice(ordinal: number): Device {
  const problem = cudaSystemProblem();
  if (problem !== null) throw new UserError(`device cuda: ${problem}`);
  const environment = processEnvironment(), opened = openDriver(environment);
  if (!opened.driver) {
    throw new UserError(
      `device cuda: no NVIDIA driver (${opened.problem}); install one from https://www.nvidia.com/drivers, ` +
        `or use --device cpu`,
    );
  }
  try {
    return openWith(opened.driver, new CudaLibraries(environment, opened.driver.version()), ordinal);
  } catch (error) {
    throw asUserError(error);
  }
}

function openWith(driver: Driver, libraries: CudaLibraries, ordinal: number): Device {
  driver.initialize();
  const count = driver.deviceCount();
  if (ordinal >= count) {
    throw new UserError(
      count === 0
        ? "device cuda: the driver finds no GPU; check CUDA_VISIBLE_DEVICES and nvidia-smi, or use --device cpu"
        : `device cuda:${ordinal}: the GPUs are cuda:0 to cuda:${count - 1}`,
    );
  }
  const capability = driver.computeCapability(ordinal), name = driver.deviceName(ordinal);
  if (capability[0] * 10 + capability[1] < OLDEST_CAPABILITY) {
    throw new UserError(
      `device cuda:${ordinal}: ${name} has compute capability ${capability.join(".")}, 7.5 or newer is needed`,
    );
  }
  libraries.requireAll();
  const { runtime } = libraries;
  runtime.setDevice(ordinal);
  const facts = {
    ordinal,
    name,
    capability,
    multiprocessors: runtime.attribute("MultiProcessorCount", ordinal),
    totalBytes: driver.totalMemoryBytes(ordinal),
    driverVersion: driver.version(),
  };
  return { facts, driver, libraries };
}

/** Errors of the libraries as sentences for people; others as they are. */
export function asUserError(error: unknown): unknown {
  const known = error instanceof LibraryNotFoundError || error instanceof LibraryUnusableError ||
    error instanceof LibraryError;
  return known
    ? new UserError(`device cuda: ${error.message}; "deno task doctor" tells more`, { cause: error })
    : error;
}

/** Whether a driver, a GPU and all libraries are there; what is missing otherwise. Opens only the driver. */
export function cudaProblem(): string | null {
  const unfit = cudaSystemProblem();
  if (unfit !== null) return unfit;
  const environment = processEnvironment(), { driver, problem } = openDriver(environment);
  if (!driver) return `no NVIDIA driver (${problem})`;
  try {
    driver.initialize();
    if (driver.deviceCount() === 0) return "the driver finds no GPU";
    const { missing } = new CudaLibraries(environment, driver.version()).found;
    return missing.length === 0 ? null : `libraries not found: ${missing.join(", ")}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Memory of a GPU in bytes; 0 without a driver or such a GPU. Opens only the driver. */
export function totalMemoryBytes(ordinal: number): number {
  const { driver } = openDriver(processEnvironment());
  try {
    driver?.initialize();
    return driver?.totalMemoryBytes(ordinal) ?? 0;
  } catch (error) {
    if (error instanceof LibraryError) return 0;
    throw error;
  }
}
