/** The CUDA engine. */
import {
  Cublas,
  type CublasCompute,
  CublasHandle,
  CudnnHandle,
  DeviceMemory,
  LibraryError,
  Stream,
} from "../../../ffi/mod.ts";
import type { Backend, ConvGeometry, GemmShape, Span } from "../backend.ts";
import { MemoryLedger } from "../memory.ts";
import { CacheFolder, defaultCacheFolder } from "../../../base/cache_folder.ts";
import { Bf16Operands } from "./conv/bf16_operands.ts";
import { Convolutions } from "./conv/convolutions.ts";
import type { EnginePolicy } from "./conv/engine_policy.ts";
import { PlanStore } from "./conv/plan_store.ts";
import { type PlanChoice, Planner } from "./conv/planner.ts";
import { checkGeometry, convolutionProblem, tensorBytes } from "./conv/problem.ts";
import { asUserError, type Device, openDevice } from "./device.ts";
import { type KernelContext } from "./kernel_backend.ts";
import { KernelLibrary } from "./kernel_library.ts";
import { NormLossBackend } from "./norm_loss_backend.ts";
import { DevicePool } from "./pool.ts";
import { planWorkspaceLimitBytes } from "./planned_workspace.ts";
import type { Precision } from "../precision.ts";
import { Staging } from "./staging.ts";
import { Workspace } from "./workspace.ts";

/** Options of {@link CudaBackend.open}. */
export interface CudaOptions {
  /** Number of the GPU; default 0. */
  readonly device?: number;
  /** Default fp32. */
  readonly precision?: Precision;
  /** Only engines whose results repeat bit by bit, chosen without measuring; default false. */
  readonly deterministic?: boolean;
  /** Most device memory to hold, as far as it is free; default 12 GiB. */
  readonly memoryLimitBytes?: number;
  /** Folder for compiled kernels and chosen plans; null keeps none. Default: see `defaultCacheFolder`. */
  readonly cacheFolder?: string | null;
  /** Told when something works but slowly, once each. */
  readonly notice?: (message: string) => void;
}

/** Left to the driver's context and the libraries' own code: this much, or this share of a small device's memory. */
const RESERVE_BYTES = 512 * 2 ** 20, RESERVE_SHARE = 1 / 16;
const DEFAULT_LIMIT_BYTES = 12 * 2 ** 30;
const CUBLAS_WORKSPACE_BYTES = 32 * 2 ** 20;

const COMPUTE: Readonly<Record<Precision, CublasCompute>> = {
  fp32: "32F",
  tf32: "32F_FAST_TF32",
  bf16: "32F_FAST_16BF",
};

/** Everything that an open engine owns besides its kernels' context. */
interface Parts extends KernelContext {
  readonly device: Device;
  readonly precision: Precision;
  readonly convolutions: Convolutions;
  readonly planner: Planner;
  readonly cublas: CublasHandle;
  readonly owned: DisposableStack;
}

/** An engine on one GPU. Operations are put into a stream and return at once; downloads wait. */
export class CudaBackend extends NormLossBackend implements Backend {
  readonly name: string;
  readonly #parts: Parts;
  #live = true;

  private constructor(parts: Parts) {
    super(parts);
    this.#parts = parts;
    this.name = `cuda:${parts.device.facts.ordinal} (${parts.device.facts.name}, ${parts.precision})`;
  }

  /**
   * Opens a GPU: finds and loads the libraries, compiles the kernels (cached on disk).
   *
   * @throws {UserError} naming what is missing and the remedy.
   */
  static async open(options: CudaOptions = {}): Promise<CudaBackend> {
    const device = openDevice(options.device ?? 0);
    try {
      return new CudaBackend(await openParts(device, options));
    } catch (error) {
      throw asUserError(error);
    }
  }

  /** The GPU with its libraries. */
  get device(): Device {
    return this.#parts.device;
  }

  /** Where all operations go in their order; for marks that time them. */
  get stream(): Stream {
    return this.#parts.staging.compute;
  }

  /** How often the device was asked for memory, launches of our kernels, chosen plans. */
  get diagnostics(): { allocations: number; launches: number; plans: PlanChoice[] } {
    const { pool, kernels, planner } = this.#parts;
    return { allocations: pool.allocations, launches: kernels.launches, plans: planner.choices() };
  }

  convForward(geometry: ConvGeometry, input: Span, filter: Span, output: Span): void {
    this.#convolve("forward", geometry, input, filter, output, false);
  }

  convInputGradient(geometry: ConvGeometry, dOutput: Span, filter: Span, dInput: Span, accumulate: boolean): void {
    this.#convolve("inputGradient", geometry, dInput, filter, dOutput, accumulate);
  }

  convFilterGradient(geometry: ConvGeometry, input: Span, dOutput: Span, dFilter: Span, accumulate: boolean): void {
    this.#convolve("filterGradient", geometry, input, dFilter, dOutput, accumulate);
  }

  gemm({ m, n, k, transposeA, transposeB }: GemmShape, a: Span, b: Span, c: Span, accumulate: boolean): void {
    const left = { address: this.floats(a, m * k), transpose: transposeA };
    const right = { address: this.floats(b, k * n), transpose: transposeB };
    const target = this.floats(c, m * n), { cublas, precision } = this.#parts;
    if (m * n > 0) cublas.gemm([m, n, k], left, right, target, accumulate ? 1 : 0, COMPUTE[precision]);
  }

  /** Waits for the device and frees everything, live buffers too. */
  [Symbol.dispose](): void {
    if (!this.#live) return;
    this.#live = false;
    try {
      this.synchronize();
    } catch (error) {
      // A fault broke the context: nothing can be freed any more, the driver does it at the end of the process. The
      // fault itself was or will be reported by the operation that met it.
      if (error instanceof LibraryError) return;
      throw error;
    }
    this.#parts.owned.dispose();
  }

  #convolve(
    operation: "forward" | "inputGradient" | "filterGradient",
    geometry: ConvGeometry,
    x: Span,
    w: Span,
    y: Span,
    accumulate: boolean,
  ): void {
    checkGeometry(geometry);
    const [xBytes, wBytes, yBytes] = tensorBytes(convolutionProblem(geometry, operation, "fp32", false));
    const operands = [
      this.floats(x, xBytes / 4),
      this.floats(w, wBytes / 4),
      this.floats(y, yBytes / 4),
    ] as const;
    this.#parts.convolutions.run(geometry, operation, operands, accumulate);
  }
}

async function openParts(device: Device, options: CudaOptions): Promise<Parts> {
  const { precision = "fp32", deterministic = false, notice = () => {} } = options;
  const { libraries, facts } = device, { runtime, cublas, cudnn } = libraries;
  const { freeBytes, totalBytes } = runtime.memoryInfo();
  const free = Math.max(0, freeBytes - Math.min(RESERVE_BYTES, totalBytes * RESERVE_SHARE));
  const limit = Math.floor(Math.min(options.memoryLimitBytes ?? DEFAULT_LIMIT_BYTES, free));
  const ledger = new MemoryLedger(`cuda:${facts.ordinal}`, limit);
  const cache = new CacheFolder(options.cacheFolder === undefined ? defaultCacheFolder() : options.cacheFolder);
  using owned = new DisposableStack();
  const stream = owned.use(new Stream(runtime));
  const pool = owned.use(new DevicePool(runtime, ledger));
  const kernels = owned.use(await KernelLibrary.open(device, stream, cache));
  const staging = owned.use(new Staging(runtime, stream, ledger));
  const workspace = owned.use(new Workspace(pool));
  const launchDevice = { multiprocessors: facts.multiprocessors };
  const products = owned.use(openCublas(cublas, stream, pool, owned));
  const handle = owned.use(new CudnnHandle(cudnn, stream));
  const policy: EnginePolicy = {
    precision,
    deterministic,
    workspaceLimitBytes: planWorkspaceLimitBytes(limit),
    cudnnVersion: cudnn.version(),
    cublasVersion: cublas.version(),
    capability: facts.capability,
  };
  const { name, capability, multiprocessors, driverVersion } = facts;
  const identity = [name, capability.join("."), multiprocessors, driverVersion, policy.cudnnVersion].join(" ");
  const store = new PlanStore(cache, identity);
  const planner = owned.use(new Planner(cudnn, policy, { handle: handle.address }, store, notice));
  const bf16 = new Bf16Operands(kernels, launchDevice);
  const convolutions = owned.use(new Convolutions({ pool, staging, workspace, handle, planner, bf16 }));
  const context = { pool, staging, workspace, kernels, launchDevice };
  return { ...context, device, precision, convolutions, planner, cublas: products, owned: owned.move() };
}

function openCublas(
  cublas: Cublas,
  stream: Stream,
  { runtime, ledger }: DevicePool,
  owned: DisposableStack,
): CublasHandle {
  ledger.take(CUBLAS_WORKSPACE_BYTES, "cuBLAS workspace");
  owned.defer(() => ledger.give(CUBLAS_WORKSPACE_BYTES, "cuBLAS workspace"));
  return new CublasHandle(cublas, stream, owned.use(new DeviceMemory(runtime, CUBLAS_WORKSPACE_BYTES)));
}
