/** The dry run: an engine that does no arithmetic but counts memory, calls and work, to plan a phase without a device. */
import type { Backend, ConvGeometry, Convolution, DeviceBuffer, Span } from "./backend.ts";
import { type OperationName, operationsBy, WithOperations } from "./calls.ts";
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

/** Options of {@link CountingBackend}. */
export interface CountingOptions {
  /** More bytes than this are refused with an `OutOfMemoryError`; default: no limit. */
  readonly limitBytes?: number;
  /** Workspace that the planned engine needs for a convolution; default: none. All convolutions share the largest. */
  readonly workspaceBytes?: (geometry: ConvGeometry, direction: ConvDirection) => number;
  /** Name of the planned engine, for messages; default "dry run". */
  readonly name?: string;
}

/** See the file's comment. Spans and lifetimes are checked (`RangeError`); downloads leave their target as it was. */
export class CountingBackend extends WithOperations implements Backend {
  readonly name: string;
  /** Calls and work of every method. */
  readonly counts: OperationCounts;
  readonly #buffers: CountingBuffers;

  /** Nothing is allocated yet. */
  constructor({ limitBytes = Infinity, workspaceBytes = () => 0, name = "dry run" }: CountingOptions = {}) {
    const counts = new OperationCounts(), buffers = new CountingBuffers(name, limitBytes);
    super(operationsBy(({ name, shape, work, operands }) => {
      const direction = DIRECTIONS[name];
      if (direction) buffers.needWorkspace(workspaceBytes((shape as Convolution).geometry, direction));
      let bytes = 0;
      for (const { span, byteLength, access, passes } of operands) {
        buffers.check(span, byteLength);
        bytes += byteLength * (access === "updated" ? 2 : passes);
      }
      counts.add(name, work, bytes);
    }));
    this.name = name;
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
