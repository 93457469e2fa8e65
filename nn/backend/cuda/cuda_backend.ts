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
import type { Backend, DeviceBuffer, Dtype, FloatType, Span } from "../backend.ts";
import { BYTES_PER_ELEMENT } from "../buffer.ts";
import { operationsWith, WithOperations } from "../calls.ts";
import { GPU_LIMIT_BYTES, MemoryLedger } from "../memory.ts";
import { CacheFolder, defaultCacheFolder } from "../../../base/cache_folder.ts";
import { Bf16Operands } from "./conv/bf16_operands.ts";
import { Convolutions } from "./conv/convolutions.ts";
import type { EnginePolicy } from "./conv/engine_policy.ts";
import { PlanStore } from "./conv/plan_store.ts";
import { type PlanChoice, Planner, type PlanningCost } from "./conv/planner.ts";
import { asUserError, type Device, openDevice } from "./device.ts";
import { faultsFirst, reportingFaults } from "./device_fault.ts";
import { elementwiseOperations } from "./elementwise_operations.ts";
import { type GraphContext, Graphs } from "./graphs.ts";
import type { DeviceOperations, KernelContext } from "./kernel_context.ts";
import { KernelLibrary } from "./kernel_library.ts";
import { lossOperations } from "./loss_operations.ts";
import { normOperations } from "./norm_operations.ts";
import { rowOperations } from "./row_operations.ts";
import { DevicePool } from "./pool.ts";
import { activationsOf, planWorkspaceLimitBytes } from "./planned_engine.ts";
import type { Precision } from "../precision.ts";
import { Staging } from "./staging.ts";
import { StepSizes } from "./step_sizes.ts";
import { Workspace } from "./workspace.ts";

/** Options of {@link CudaBackend.open}. */
export interface CudaOptions {
  /** Number of the GPU; default 0. */
  readonly device?: number;
  /** Default fp32. */
  readonly precision?: Precision;
  /** Only engines whose results repeat bit by bit, chosen without measuring; default false. */
  readonly deterministic?: boolean;
  /** Whether work that repeats is launched as CUDA graphs; the results are the same. Default true. */
  readonly graphs?: boolean;
  /** Most device memory to hold, as far as it is free; default {@link GPU_LIMIT_BYTES}. */
  readonly memoryLimitBytes?: number;
  /** Folder for compiled kernels and chosen plans; null keeps none. Default: see `defaultCacheFolder`. */
  readonly cacheFolder?: string | null;
  /** Told when something works but slowly, once each. */
  readonly notice?: (message: string) => void;
}

/** Left to the driver's context and the libraries' own code: this much, or this share of a small device's memory. */
const RESERVE_BYTES = 512 * 2 ** 20, RESERVE_SHARE = 1 / 16;
const CUBLAS_WORKSPACE_BYTES = 32 * 2 ** 20;

/** What operands start at a multiple of. Rows of bfloat16 are whole vectors of 128 bits, and so is where they lie. */
const ALIGNMENT_BYTES: Readonly<Record<Dtype, number>> = { ...BYTES_PER_ELEMENT, bf16: 16 };

const COMPUTE: Readonly<Record<Precision, CublasCompute>> = {
  fp32: "32F",
  tf32: "32F_FAST_TF32",
  bf16: "32F_FAST_16BF",
};

/** Everything that an open engine owns. */
interface Parts extends KernelContext, GraphContext {
  readonly device: Device;
  readonly pool: DevicePool;
  readonly precision: Precision;
  readonly convolutions: Convolutions;
  readonly planner: Planner;
  readonly cublas: CublasHandle;
  readonly owned: DisposableStack;
}

/** An engine on one GPU. Operations are put into a stream and return at once; downloads wait. */
export class CudaBackend extends WithOperations implements Backend {
  readonly name: string;
  readonly activations: FloatType;
  readonly #parts: Parts;
  readonly #graphs: Graphs;
  #live = true;

  private constructor(parts: Parts) {
    const graphs = new Graphs({
      ...elementwiseOperations(parts),
      ...rowOperations(parts),
      ...normOperations(parts),
      ...lossOperations(parts),
      ...productsOf(parts),
    }, parts);
    const operations = operationsWith(
      graphs.operations,
      (span, dtype, count) => parts.pool.address(span, count * BYTES_PER_ELEMENT[dtype], ALIGNMENT_BYTES[dtype]),
      ["f32", activationsOf(parts.precision)],
    );
    super(faultsFirst(operations, parts.staging.compute));
    this.#parts = parts;
    this.activations = activationsOf(parts.precision);
    this.#graphs = parts.owned.use(graphs);
    parts.pool.beforeFreeing = () => graphs.flush();
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

  /** Where all operations go in their order, with what was asked for so far in it; for marks and other libraries. */
  get stream(): Stream {
    this.flush();
    return this.#parts.staging.compute;
  }

  /** Address on the device of `count` float32, for libraries that work in {@link stream}. @throws {RangeError} */
  address(span: Span, count: number): bigint {
    return this.#parts.pool.address(span, count * BYTES_PER_ELEMENT.f32, BYTES_PER_ELEMENT.f32);
  }

  /** How often the device was asked for memory, launches of our kernels and of graphs, chosen plans, what these cost. */
  get diagnostics(): {
    allocations: number;
    launches: number;
    graphLaunches: number;
    plans: PlanChoice[];
    planning: PlanningCost;
  } {
    const { pool, kernels, planner } = this.#parts;
    return {
      allocations: pool.allocations,
      launches: kernels.launches,
      graphLaunches: this.#graphs.launches,
      plans: planner.choices(),
      planning: planner.cost,
    };
  }

  get memory(): MemoryLedger {
    return this.#parts.pool.ledger;
  }

  allocate(byteLength: number, tag: string): DeviceBuffer {
    return this.#parts.pool.allocate(byteLength, tag, true);
  }

  release(buffer: DeviceBuffer): void {
    this.#parts.pool.release(buffer);
  }

  repeated(key: string, work: () => void): void {
    const { pool, staging } = this.#parts;
    reportingFaults(staging.compute, () => pool.repeated(key, () => this.#graphs.repeated(key, work)));
  }

  /** Puts into the stream what was asked for so far; in {@link repeated} work it may wait for the end. */
  flush(): void {
    reportingFaults(this.#parts.staging.compute, () => this.#graphs.flush());
  }

  upload(source: ArrayBufferView, target: Span): void {
    const { staging, pool } = this.#parts;
    this.flush();
    staging.upload(source, pool.address(target, source.byteLength, 1));
  }

  download(source: Span, target: ArrayBufferView): void {
    const { staging, pool } = this.#parts;
    this.flush();
    staging.download(pool.address(source, target.byteLength, 1), target);
  }

  synchronize(): void {
    this.flush();
    this.#parts.staging.compute.synchronize();
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
}

/** The operations of NVIDIA's libraries. */
function productsOf({ convolutions, cublas, precision }: Parts) {
  return {
    convForward({ geometry }, { input, filter, output }, types) {
      convolutions.run(geometry, "forward", [input, filter, output], types, false);
    },
    convInputGradient({ geometry, accumulate }, { dInput, filter, dOutput }, types) {
      const stored = { input: types.dInput, output: types.dOutput };
      convolutions.run(geometry, "inputGradient", [dInput, filter, dOutput], stored, accumulate);
    },
    convFilterGradient({ geometry, accumulate }, { input, dFilter, dOutput }, types) {
      const stored = { input: types.input, output: types.dOutput };
      convolutions.run(geometry, "filterGradient", [input, dFilter, dOutput], stored, accumulate);
    },
    gemm({ batch, m, n, k, transposeA, transposeB, accumulate }, { a, b, c }) {
      const left = { address: a, transpose: transposeA }, right = { address: b, transpose: transposeB };
      cublas.gemm([batch, m, n, k], left, right, c, accumulate ? 1 : 0, COMPUTE[precision]);
    },
  } satisfies Partial<DeviceOperations>;
}

async function openParts(device: Device, options: CudaOptions): Promise<Parts> {
  const { precision = "fp32", deterministic = false, graphs: usesGraphs = true, notice = () => {} } = options;
  const { libraries, facts } = device, { runtime, cublas, cudnn } = libraries;
  const { freeBytes, totalBytes } = runtime.memoryInfo();
  const free = Math.max(0, freeBytes - Math.min(RESERVE_BYTES, totalBytes * RESERVE_SHARE));
  const limit = Math.floor(Math.min(options.memoryLimitBytes ?? GPU_LIMIT_BYTES, free));
  const ledger = new MemoryLedger(`cuda:${facts.ordinal}`, limit);
  const cache = new CacheFolder(options.cacheFolder === undefined ? defaultCacheFolder() : options.cacheFolder);
  using owned = new DisposableStack();
  const stream = owned.use(new Stream(runtime));
  const pool = owned.use(new DevicePool(runtime, ledger));
  const kernels = owned.use(await KernelLibrary.open(device, stream, cache, ["f32", activationsOf(precision)]));
  const staging = owned.use(new Staging(runtime, stream, ledger));
  const workspace = owned.use(new Workspace(pool));
  const stepSizes = owned.use(new StepSizes(runtime, ledger));
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
  const planner = owned.use(
    new Planner(cudnn, policy, { handle: handle.address }, store, notice, () => stream.synchronize()),
  );
  const bf16 = new Bf16Operands(kernels, launchDevice);
  const convolutions = owned.use(new Convolutions({ pool, staging, workspace, handle, planner, bf16 }));
  const context = { staging, workspace, kernels, launchDevice, stepSizes, usesGraphs, notice };
  return { ...context, device, pool, precision, convolutions, planner, cublas: products, owned: owned.move() };
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
