/** The CUDA libraries of this machine, found and opened on first use, once per process. */
import { Cublas } from "./cublas/handle.ts";
import { Cudnn, cudnnVersionText } from "./cudnn/library.ts";
import { Driver } from "./cuda/driver.ts";
import { Runtime } from "./cuda/runtime.ts";
import { companions, driverCandidates, findLibraries, type FoundLibraries, LibraryNotFoundError } from "./library.ts";
import { LIBRARIES, type LibraryName } from "./library_names.ts";
import { processEnvironment, type SearchEnvironment } from "./library_places.ts";
import { Nccl } from "./nccl/library.ts";
import { Compiler } from "./nvrtc/compiler.ts";

/**
 * Oldest version of cuDNN that is used. Those before 9.8, as wheels of PyTorch up to 2.7 bring them, do not know the
 * description of a device that the tests plan with, so that nothing is known of their engines.
 */
const OLDEST_CUDNN = 90800;

/** A library that is there but cannot be used; the message says why and what to do. */
export class LibraryUnusableError extends Error {
  /** Tells it from other errors where classes are not at hand. */
  override readonly name: string = "LibraryUnusableError";
}

/** Opens the driver's library, or says why it cannot be opened. Cheap: about a millisecond where there is none. */
export function openDriver(
  environment: SearchEnvironment = processEnvironment(),
): { driver: Driver; problem?: undefined } | { driver: null; problem: string } {
  const problems: string[] = [];
  for (const path of driverCandidates(environment)) {
    try {
      return { driver: new Driver(path) };
    } catch (error) {
      // Deno says twice what it could not do before it says why.
      const message = String(error instanceof Error ? error.message : error).split("\n")[0];
      const reason = message.replace(/^(Could not open library: )+/, "");
      problems.push(reason.startsWith(path) ? reason : `${path}: ${reason}`);
    }
  }
  return { driver: null, problem: problems.join("; ") };
}

/** The libraries besides the driver's, each opened when it is asked for. */
export class CudaLibraries {
  readonly #found: FoundLibraries;
  readonly #tried: readonly string[];
  #runtime: Runtime | null = null;
  #compiler: Compiler | null = null;
  #cublas: Cublas | null = null;
  #cudnn: Cudnn | null = null;
  #nccl: Nccl | null = null;

  /** Finds, opens nothing. `driverVersion`: what the driver supports, as `Driver.version`; 0 for "no driver". */
  constructor(environment: SearchEnvironment = processEnvironment(), driverVersion = 0) {
    const tried: string[] = [];
    // A driver runs programs of every CUDA version up to its own, minor versions aside.
    const highest = driverVersion > 0 ? Math.floor(driverVersion / 1000) : Infinity;
    this.#found = findLibraries(environment, highest, tried);
    this.#tried = tried;
  }

  /** What was found, where. */
  get found(): FoundLibraries {
    return this.#found;
  }

  /** Checks that every library was found. @throws {LibraryNotFoundError} naming all that are missing. */
  requireAll(): void {
    const { missing, cudaMajor } = this.#found;
    if (missing.length > 0) throw this.#notFound(missing, cudaMajor);
  }

  /** The CUDA runtime, opened now. @throws {LibraryNotFoundError} */
  get runtime(): Runtime {
    return this.#runtime ??= new Runtime(this.#path("cudart"));
  }

  /** NVRTC, opened now. @throws {LibraryNotFoundError} */
  get compiler(): Compiler {
    return this.#compiler ??= new Compiler(this.#path("nvrtc"));
  }

  /** cuBLAS, opened now. @throws {LibraryNotFoundError} */
  get cublas(): Cublas {
    return this.#cublas ??= new Cublas(this.#path("cublas"));
  }

  /** cuDNN, opened now. @throws {LibraryUnusableError} if it is made for another CUDA version than the other libraries. */
  get cudnn(): Cudnn {
    if (this.#cudnn) return this.#cudnn;
    // cuDNN looks for libcublasLt by its name only; opening cuBLAS loads it.
    void this.cublas;
    const path = this.#path("cudnn"), cudnn = new Cudnn(path);
    if (cudnn.version() < OLDEST_CUDNN) {
      const [found, wanted] = [cudnn.version(), OLDEST_CUDNN].map(cudnnVersionText);
      throw new LibraryUnusableError(
        `${path}: cuDNN ${found} is too old, ${wanted} or newer is needed; "deno task setup:cuda" installs one ` +
          `beside it, or FCR_CUDA_PATH names the folder of another`,
      );
    }
    const madeFor = Math.floor(cudnn.cudaVersion() / 1000), { cudaMajor } = this.#found;
    if (madeFor !== cudaMajor) {
      throw new LibraryUnusableError(
        `${path}: cuDNN ${cudnnVersionText(cudnn.version())} is made for CUDA ${madeFor}, the other libraries found ` +
          `are of CUDA ${cudaMajor}; install cuDNN for CUDA ${cudaMajor}, e.g. nvidia-cudnn-cu${cudaMajor} with pip`,
      );
    }
    return this.#cudnn = cudnn;
  }

  /** NCCL, opened now; null where it is not installed. */
  get nccl(): Nccl | null {
    return this.#nccl ??= this.#found.found.nccl ? new Nccl(this.#path("nccl")) : null;
  }

  #path(name: LibraryName): string {
    const library = this.#found.found[name];
    if (!library) throw this.#notFound([name], this.#found.cudaMajor);
    for (const companion of companions(name, library.path)) Deno.dlopen(companion, {});
    return library.path;
  }

  #notFound(missing: readonly LibraryName[], cudaMajor: number): LibraryNotFoundError {
    return new LibraryNotFoundError(
      missing.map((name) => `${LIBRARIES[name].title} (${LIBRARIES[name].soname(cudaMajor)})`),
      this.#tried,
    );
  }
}
