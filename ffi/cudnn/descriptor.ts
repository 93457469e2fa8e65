/** Backend descriptors: objects of the graph API with named attributes that are set, finalized and read. */
import { ATTRIBUTE, ATTRIBUTE_TYPE, DESCRIPTOR_TYPE } from "./enums.ts";
import type { Cudnn } from "./library.ts";

/** Name of an attribute, without `CUDNN_ATTR_`. */
export type AttributeName = keyof typeof ATTRIBUTE;
/** Type of an attribute's elements, without `CUDNN_TYPE_`. */
export type AttributeType = keyof typeof ATTRIBUTE_TYPE;
/** Kind of a descriptor, without `CUDNN_BACKEND_` and `_DESCRIPTOR`. */
export type DescriptorType = keyof typeof DESCRIPTOR_TYPE;

/** Enums that {@link Descriptor.enum} sets. */
export type EnumType = "DATA_TYPE" | "CONVOLUTION_MODE" | "HEUR_MODE";
/** Notes that {@link Descriptor.getNotes} reads. */
export type NoteType = "NUMERICAL_NOTE" | "BEHAVIOR_NOTE";

const MAXIMUM_NOTES = 32;

/** A descriptor from creation to disposal. Setters return the descriptor; everything throws `LibraryError`. */
export class Descriptor implements Disposable {
  /** `cudnnBackendDescriptor_t`. */
  readonly address: bigint;
  #live = true;

  /** Creates a descriptor without attributes. @throws {LibraryError} */
  constructor(readonly cudnn: Cudnn, readonly type: DescriptorType) {
    const out = new BigUint64Array(1);
    cudnn.library.call.cudnnBackendCreateDescriptor(DESCRIPTOR_TYPE[type], out);
    this.address = out[0];
  }

  /** Sets 64-bit integers. */
  integers(name: AttributeName, values: readonly number[]): this {
    return this.set(name, "INT64", values.length, BigInt64Array.from(values, BigInt));
  }

  /** Sets a float32. */
  float(name: AttributeName, value: number): this {
    return this.set(name, "FLOAT", 1, new Float32Array([value]));
  }

  /** Sets an enum. `value` must be one of the header's numbers: cuDNN ends the process for some others. */
  enum(name: AttributeName, type: EnumType, value: number): this {
    return this.set(name, type, 1, new Int32Array([value]));
  }

  /** Sets other descriptors. */
  descriptors(name: AttributeName, values: readonly Descriptor[]): this {
    return this.set(name, "BACKEND_DESCRIPTOR", values.length, BigUint64Array.from(values, ({ address }) => address));
  }

  /** Sets a handle. */
  handle(name: AttributeName, address: bigint): this {
    return this.set(name, "HANDLE", 1, BigUint64Array.of(address));
  }

  /** Sets a text. */
  text(name: AttributeName, value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.set(name, "CHAR", bytes.length, bytes);
  }

  /** Sets device addresses. */
  addresses(name: AttributeName, values: BigUint64Array<ArrayBuffer>): this {
    return this.set(name, "VOID_PTR", values.length, values);
  }

  /** Sets elements as they lie in memory. */
  set(name: AttributeName, type: AttributeType, count: number, elements: BufferSource): this {
    const { raw, expect } = this.cudnn.library;
    const status = raw.cudnnBackendSetAttribute(
      this.address,
      ATTRIBUTE[name],
      ATTRIBUTE_TYPE[type],
      BigInt(count),
      elements,
    );
    if (status !== 0) expect(`cudnnBackendSetAttribute(${name})`, status);
    return this;
  }

  /** Checks the attributes and makes them final. */
  finalize(): this {
    const { raw, expect } = this.cudnn.library;
    const status = raw.cudnnBackendFinalize(this.address);
    if (status !== 0) expect(`cudnnBackendFinalize(${this.type})`, status);
    return this;
  }

  /** Reads elements into `target`; how many there are, or with `target` null, at most. */
  get(name: AttributeName, type: AttributeType, capacity: number, target: BufferSource | null): number {
    const { raw, expect } = this.cudnn.library, count = new BigInt64Array(1);
    const status = raw.cudnnBackendGetAttribute(
      this.address,
      ATTRIBUTE[name],
      ATTRIBUTE_TYPE[type],
      BigInt(capacity),
      count,
      target,
    );
    if (status !== 0) expect(`cudnnBackendGetAttribute(${name})`, status);
    return Number(count[0]);
  }

  /** Reads one 64-bit integer. */
  getInteger(name: AttributeName): number {
    const out = new BigInt64Array(1);
    this.get(name, "INT64", 1, out);
    return Number(out[0]);
  }

  /** Reads notes of an engine. */
  getNotes(name: AttributeName, type: NoteType): number[] {
    const out = new Int32Array(MAXIMUM_NOTES);
    return [...out.subarray(0, this.get(name, type, MAXIMUM_NOTES, out))];
  }

  /** Reads a text. */
  getText(name: AttributeName): string {
    const bytes = new Uint8Array(this.get(name, "CHAR", 0, null));
    const length = this.get(name, "CHAR", bytes.length, bytes);
    return new TextDecoder().decode(bytes.subarray(0, length)).replace(/\0+$/, "");
  }

  /** Destroys the descriptor. */
  [Symbol.dispose](): void {
    if (!this.#live) return;
    this.#live = false;
    this.cudnn.library.call.cudnnBackendDestroyDescriptor(this.address);
  }
}

/** Makes a descriptor with `fill` and finalizes it; a failure frees it. */
export function finalized(cudnn: Cudnn, type: DescriptorType, fill: (descriptor: Descriptor) => void): Descriptor {
  const descriptor = new Descriptor(cudnn, type);
  try {
    fill(descriptor);
    return descriptor.finalize();
  } catch (error) {
    descriptor[Symbol.dispose]();
    throw error;
  }
}
