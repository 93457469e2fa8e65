/** Plans: an engine prepared for one operation graph, and its execution. */
import type { CudnnHandle } from "./handle.ts";
import { type PlanTarget, TENSOR_IDS } from "./convolution_graph.ts";
import { Descriptor, finalized } from "./descriptor.ts";
import type { EngineConfig } from "./engine_config.ts";
import type { Cudnn } from "./library.ts";

/** A finalized plan. */
export class ExecutionPlan implements Disposable {
  /** Scratch memory that an execution needs; aligned to 256 bytes. */
  readonly workspaceBytes: number;

  private constructor(readonly descriptor: Descriptor) {
    this.workspaceBytes = descriptor.getInteger("EXECUTION_PLAN_WORKSPACE_SIZE");
  }

  /** Builds the plan of a configuration. @throws {LibraryError} if the engine does not support the graph on the target after all. */
  static build(config: EngineConfig, target: PlanTarget): ExecutionPlan {
    const { descriptor: { cudnn } } = config;
    return new ExecutionPlan(finalized(cudnn, "EXECUTION_PLAN", (descriptor) => {
      bind(descriptor, target).descriptors("EXECUTION_PLAN_ENGINE_CONFIG", [config.descriptor]);
    }));
  }

  /**
   * A plan from {@link toJson}. Same version of cuDNN and of the driver, and a device with the same number of
   * multiprocessors, or it throws.
   */
  static fromJson(cudnn: Cudnn, json: string, target: PlanTarget): ExecutionPlan {
    // The target must be set first: without one, finalizing a plan from JSON ends the process.
    return new ExecutionPlan(finalized(cudnn, "EXECUTION_PLAN", (descriptor) => {
      bind(descriptor, target).text("EXECUTION_PLAN_JSON_REPRESENTATION", json);
    }));
  }

  /** The plan as text. */
  toJson(): string {
    return this.descriptor.getText("EXECUTION_PLAN_JSON_REPRESENTATION");
  }

  /** Destroys the plan. */
  [Symbol.dispose](): void {
    this.descriptor[Symbol.dispose]();
  }
}

function bind(descriptor: Descriptor, target: PlanTarget): Descriptor {
  return "handle" in target
    ? descriptor.handle("EXECUTION_PLAN_HANDLE", target.handle)
    : descriptor.descriptors("EXECUTION_PLAN_DEVICEPROP", [target.properties]);
}

const IDS = BigInt64Array.from(TENSOR_IDS);
const POINTERS = new BigUint64Array(TENSOR_IDS.length);
const WORKSPACE = new BigUint64Array(1);

/**
 * Puts a plan into the handle's stream; x, w, y and workspace are device addresses, 16- and 256-byte aligned. Returns
 * the status, so that a caller may try another plan (`isUnsupported`).
 */
export function execute(
  { cudnn, address }: CudnnHandle,
  plan: ExecutionPlan,
  x: bigint,
  w: bigint,
  y: bigint,
  workspace: bigint,
): number {
  POINTERS[0] = x;
  POINTERS[1] = w;
  POINTERS[2] = y;
  WORKSPACE[0] = workspace;
  // A finalized pack cannot be changed; one costs about a microsecond.
  using pack = new Descriptor(cudnn, "VARIANT_PACK");
  pack.set("VARIANT_PACK_UNIQUE_IDS", "INT64", IDS.length, IDS)
    .addresses("VARIANT_PACK_DATA_POINTERS", POINTERS)
    .addresses("VARIANT_PACK_WORKSPACE", WORKSPACE)
    .finalize();
  return cudnn.library.raw.cudnnBackendExecute(address, plan.descriptor.address, pack.address);
}
