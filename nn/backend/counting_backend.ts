/** The dry run: an engine that does no arithmetic but counts memory, calls and work, to plan a phase without a device. */
import type { Backend, ConvGeometry, Convolution, DeviceBuffer, FloatType, Span } from "./backend.ts";
import { type CalledOperand, type OperationName, operationsBy, WithOperations } from "./calls.ts";
import { CountingBuffers } from "./counting_buffers.ts";
import type { MemoryLedger } from "./memory.ts";
import { OperationCounts } from "./operation_counts.ts";

/** Which of the three operations on a {@link ConvGeometry}. */
export type ConvDirection = "forward" | "inputGradient" | "filterGradient";

const DIRECTIONS: { readonly [Name in OperationName]?: ConvDirection } = {
  convForward: "forward",
  convInputGradient: "inputGradient",
  convFilterGradient: "filterGradient",
};

/** Types that both sides of a convolution are stored in. */
export interface ConvTypes {
  /** Of the large side. */
  readonly input: FloatType;
  /** Of the small side. */
  readonly output: FloatType;
}

/** What a dry run knows of the engine that it plans for. */
export interface PlannedEngine {
  /** Workspace that it needs for a convolution; default: none. All convolutions share the largest. */
  readonly workspaceBytes?: (geometry: ConvGeometry, direction: ConvDirection, types: ConvTypes) => number;
  /** As `Backend.activations`; default float32. */
  readonly activations?: FloatType;
}

/** Options of {@link CountingBackend}. */
export interface CountingOptions extends PlannedEngine {
  /** More bytes than this are refused with an `OutOfMemoryError`; default: no limit. */
  readonly limitBytes?: number;
  /** Name of the planned engine, for messages; default "dry run". */
  readonly name?: string;
}

/** See the file's comment. Spans and lifetimes are checked (`RangeError`); downloads leave their target as it was. */
export class CountingBackend extends WithOperations implements Backend {
  readonly name: string;
  readonly activations: FloatType;
  /** Calls and work of every method. */
  readonly counts: OperationCounts;
  readonly #buffers: CountingBuffers;

  /** Nothing is allocated yet. */
  constructor(
    { limitBytes = Infinity, workspaceBytes = () => 0, activations = "f32", name = "dry run" }: CountingOptions = {},
  ) {
    const counts = new OperationCounts(), buffers = new CountingBuffers(name, limitBytes);
    super(operationsBy(({ name, shape, work, operands }) => {
      const direction = DIRECTIONS[name];
      if (direction) {
        buffers.needWorkspace(workspaceBytes((shape as Convolution).geometry, direction, typesOf(operands)));
      }
      let bytes = 0;
      for (const { span, byteLength, access, passes } of operands) {
        buffers.check(span, byteLength);
        bytes += byteLength * (access === "updated" ? 2 : passes);
      }
      counts.add(name, work, bytes);
    }));
    this.name = name;
    this.activations = activations;
    this.counts = counts;
    this.#buffers = buffers;
  }

  get memory(): MemoryLedger {
    return this.#buffers.ledger;
  }

  allocate(byteLength: number, tag: string): DeviceBuffer {
    return this.#buffers.allocate(byteLength, tag);
  }

  release(buffer: DeviceBuffer): void {
    this.#buffers.release(buffer);
  }

  upload(source: ArrayBufferView, target: Span): void {
    this.#transfer("upload", target, source.byteLength);
  }

  download(source: Span, target: ArrayBufferView): void {
    this.#transfer("download", source, target.byteLength);
  }

  synchronize(): void {}

  /** Gives the workspace back. */
  [Symbol.dispose](): void {
    this.#buffers.releaseWorkspace();
  }

  #transfer(name: string, span: Span, byteLength: number): void {
    this.#buffers.check(span, byteLength);
    this.counts.add(name, 0, byteLength);
  }
}

/** By the names of the table: `input`, `dInput`, `output`, `dOutput`. */
function typesOf(operands: readonly CalledOperand[]): ConvTypes {
  const typeOf = (side: RegExp) => operands.find(({ name }) => side.test(name))?.dtype as FloatType;
  return { input: typeOf(/input$/i), output: typeOf(/output$/i) };
}
