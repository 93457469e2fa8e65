/** What `deno task doctor` finds out about CUDA on this machine. */
import {
  CudaLibraries,
  cudaSystemProblem,
  cudnnVersionText,
  type Driver,
  LIBRARIES,
  type LibraryName,
  ncclVersionText,
  openDriver,
  processEnvironment,
  type SearchEnvironment,
} from "../ffi/mod.ts";
import { knownBadEngines } from "../nn/backend/cuda/conv/engine_policy.ts";

/** Lines to print, and whether CUDA can be used. */
export interface Diagnosis {
  readonly lines: readonly string[];
  /** What is wrong, with the remedy; empty if nothing is. */
  readonly problems: readonly string[];
  /** GPUs of the driver. */
  readonly deviceCount: number;
}

const cudaVersionText = (version: number) => `${Math.floor(version / 1000)}.${Math.floor(version / 10) % 100}`;

/** Looks at driver, GPUs, permissions and libraries; computes nothing. */
export function diagnose(
  environment: SearchEnvironment = processEnvironment(),
  os: typeof Deno.build.os = Deno.build.os,
): Diagnosis {
  const lines: string[] = [], problems: string[] = [], unfit = cudaSystemProblem(os);
  if (unfit !== null) return { lines, problems: [unfit], deviceCount: 0 };
  const { driver, problem } = openDriver(environment);
  let deviceCount = 0;
  if (!driver) {
    lines.push(`Driver       none (${problem})`);
    problems.push("no NVIDIA driver: install one from https://www.nvidia.com/drivers; until then use --device cpu");
  } else {
    lines.push(`Driver       supports CUDA ${cudaVersionText(driver.version())}`);
    deviceCount = describeDevices(driver, lines, problems);
  }
  const capability = driver && deviceCount > 0 ? driver.computeCapability(0) : [0, 0] as const;
  describeLibraries(new CudaLibraries(environment, driver?.version() ?? 0), capability, lines, problems);
  return { lines, problems, deviceCount };
}

/** Every GPU with its memory, and files of the driver that this user may not open. */
function describeDevices(driver: Driver, lines: string[], problems: string[]): number {
  try {
    driver.initialize();
  } catch (error) {
    lines.push("GPU          none");
    const denied = deniedDeviceFiles();
    problems.push(
      `${error instanceof Error ? error.message : error}; ` +
        (denied.length > 0
          ? `this user may not open ${denied.join(", ")}: add the user to their group`
          : "check nvidia-smi and CUDA_VISIBLE_DEVICES"),
    );
    return 0;
  }
  const count = driver.deviceCount();
  for (let device = 0; device < count; device++) {
    const gibibytes = (driver.totalMemoryBytes(device) / 2 ** 30).toFixed(1);
    const capability = driver.computeCapability(device).join(".");
    lines.push(
      `GPU cuda:${device}  ${driver.deviceName(device)}, ${gibibytes} GiB, compute capability ${capability}`,
    );
  }
  if (count === 0) problems.push("the driver finds no GPU: check nvidia-smi and CUDA_VISIBLE_DEVICES");
  return count;
}

/** Files in /dev that exist but cannot be opened. */
function deniedDeviceFiles(): string[] {
  try {
    return [...Deno.readDirSync("/dev")].filter(({ name }) => /^nvidia(\d+|ctl|-uvm)$/.test(name))
      .map(({ name }) => `/dev/${name}`).filter((path) => {
        try {
          Deno.openSync(path, { read: true, write: true }).close();
          return false;
        } catch (error) {
          return error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable;
        }
      });
  } catch {
    return [];
  }
}

/** Versions and places of the libraries; those that are missing. */
function describeLibraries(
  libraries: CudaLibraries,
  capability: readonly [number, number],
  lines: string[],
  problems: string[],
): void {
  const { found, missing, cudaMajor } = libraries.found;
  const versions: Record<Exclude<LibraryName, "cuda">, () => string> = {
    cudart: () => cudaVersionText(libraries.runtime.version()),
    nvrtc: () => libraries.compiler.version().join("."),
    cublas: () => libraries.cublas.version().join("."),
    cudnn: () => cudnnVersionText(libraries.cudnn.version()),
    nccl: () => ncclVersionText(libraries.nccl?.version() ?? 0),
  };
  for (const [name, version] of Object.entries(versions) as [keyof typeof versions, () => string][]) {
    const { title, optional } = LIBRARIES[name], library = found[name];
    if (!library) {
      lines.push(`${title.padEnd(12)} ${optional ? "none (for training on several GPUs)" : "missing"}`);
      continue;
    }
    try {
      lines.push(`${title.padEnd(12)} ${version().padEnd(8)} ${library.path} (${library.place})`);
    } catch (error) {
      lines.push(`${title.padEnd(12)} unusable ${library.path} (${library.place})`);
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (found.cudnn && found.cublas && missing.length === 0) describeAvoided(libraries, capability, lines);
  if (missing.length > 0) {
    const names = missing.map((name) => `${LIBRARIES[name].title} (${LIBRARIES[name].soname(cudaMajor)})`);
    problems.push(
      `missing: ${names.join(", ")}. Install them with "deno task setup:cuda", or a CUDA toolkit 12 or 13 with ` +
        `cuDNN 9, or name their folders in FCR_CUDA_PATH`,
    );
  }
}

/** Engines of cuDNN that are known to be wrong in the versions found, which the engine leaves out. */
function describeAvoided(libraries: CudaLibraries, capability: readonly [number, number], lines: string[]): void {
  try {
    const versions = {
      cudnnVersion: libraries.cudnn.version(),
      cublasVersion: libraries.cublas.version(),
      capability,
    };
    for (const engine of knownBadEngines(versions)) lines.push(`${"Left out".padEnd(12)} ${engine}`);
  } catch {
    // Unusable libraries were reported.
  }
}
