/** Tensors: a shape over memory of an engine, with counted ownership. */
import type { Backend } from "./backend/backend.ts";
import {
  BYTES_PER_ELEMENT,
  type DeviceBuffer,
  type Dtype,
  rowLength,
  type Span,
  storedCount,
} from "./backend/buffer.ts";
import { downloadFloats } from "./backend/download.ts";
import { elementCount, type Shape, shapeText } from "./shape.ts";

/** A tensor was used after its memory was given back or handed on. */
export class UseAfterFreeError extends Error {
  /** Tells it from other errors where classes are not at hand. */
  override readonly name = "UseAfterFreeError";
}

/** Memory with a count of its owners; given back to the engine when the last one releases it. */
export class Storage {
  #owners = 1;
  /** The engine's memory; not to be touched once {@link owners} is 0. */
  readonly buffer: DeviceBuffer;

  /** Takes `byteLength` bytes for one owner, the caller. @throws {OutOfMemoryError} */
  constructor(readonly backend: Backend, byteLength: number, tag: string) {
    this.buffer = backend.allocate(byteLength, tag);
  }

  /** Number of owners; 0 once the memory is gone. */
  get owners(): number {
    return this.#owners;
  }

  /** Adds an owner. */
  retain(): void {
    if (this.#owners === 0) throw new UseAfterFreeError(`memory of "${this.buffer.tag}" was already given back`);
    this.#owners++;
  }

  /** Takes an owner away; the last one gives the memory back. */
  release(): void {
    if (this.#owners === 0) throw new UseAfterFreeError(`memory of "${this.buffer.tag}" was given back twice`);
    if (--this.#owners === 0) this.backend.release(this.buffer);
  }
}

/**
 * A row-major array in an engine's memory, dense but for what {@link rowLength} adds to rows of bfloat16. It is one owner
 * of its storage until it is released.
 */
export class Tensor implements Span, Disposable {
  #state: "live" | "consumed" | "released" = "live";

  /** Takes over one ownership of `storage`, of which it shows the part from `byteOffset` on. */
  constructor(
    readonly storage: Storage,
    readonly shape: Shape,
    readonly dtype: Dtype = "f32",
    readonly byteOffset: number = 0,
  ) {}

  /** A tensor with memory of its own and undefined content; the caller releases it. */
  static allocate(backend: Backend, shape: Shape, tag: string, dtype: Dtype = "f32"): Tensor {
    return new Tensor(new Storage(backend, storedCount(shape, dtype) * BYTES_PER_ELEMENT[dtype], tag), shape, dtype);
  }

  /** A tensor with memory of its own and the given content (copied). */
  static from(backend: Backend, data: Float32Array | Uint8Array, shape: Shape, tag: string): Tensor {
    if (data.length !== elementCount(shape)) {
      throw new RangeError(`"${tag}": ${data.length} numbers do not fill shape ${shapeText(shape)}`);
    }
    const tensor = Tensor.allocate(backend, shape, tag, data instanceof Uint8Array ? "u8" : "f32");
    backend.upload(data, tensor);
    return tensor;
  }

  /** What the memory is for. */
  get tag(): string {
    return this.storage.buffer.tag;
  }

  /** Number of elements. */
  get size(): number {
    return elementCount(this.shape);
  }

  /** Number of elements in memory: {@link size}, and what pads rows of bfloat16. */
  get stored(): number {
    return storedCount(this.shape, this.dtype);
  }

  /** Bytes in memory. */
  get byteLength(): number {
    return this.stored * BYTES_PER_ELEMENT[this.dtype];
  }

  /** The engine's memory. @throws {UseAfterFreeError} once no owner is left, or after an in-place operation took it over. */
  get buffer(): DeviceBuffer {
    if (this.#state !== "consumed" && this.storage.owners > 0) return this.storage.buffer;
    const what = `tensor "${this.tag}" ${shapeText(this.shape)}`;
    throw new UseAfterFreeError(
      this.#state === "consumed"
        ? `${what} was overwritten by an in-place operation; use that operation's result`
        : `${what} was used after its memory was given back`,
    );
  }

  /** The same memory seen with another shape of as many elements; a further owner. */
  reshape(shape: Shape): Tensor {
    if (elementCount(shape) !== this.size || storedCount(shape, this.dtype) !== this.stored) {
      throw new RangeError(`"${this.tag}": shape ${shapeText(this.shape)} cannot become ${shapeText(shape)}`);
    }
    this.storage.retain();
    return new Tensor(this.storage, shape, this.dtype, this.byteOffset);
  }

  /** Entries `start` to `start + count` of the first axis, sharing memory; a further owner. */
  slice(start: number, count: number): Tensor {
    if (start < 0 || count < 1 || start + count > this.shape[0]) {
      throw new RangeError(`"${this.tag}" ${shapeText(this.shape)}: no entries ${start} to ${start + count}`);
    }
    this.storage.retain();
    const stride = this.byteLength / this.shape[0];
    return new Tensor(this.storage, [count, ...this.shape.slice(1)], this.dtype, this.byteOffset + start * stride);
  }

  /** A tensor for the result of an operation that overwrites this one, which becomes unusable. */
  overwrite(): Tensor {
    const result = this.reshape(this.shape);
    this.#state = "consumed";
    return result;
  }

  /** Copies the content to JavaScript, waiting for it: `f32`, and `bf16` widened and without padding. */
  toFloat32(): Float32Array<ArrayBuffer> {
    const { dtype } = this;
    if (dtype === "u8") throw new TypeError(`tensor "${this.tag}" holds ${dtype}, no numbers`);
    const values = downloadFloats(this.storage.backend, this, dtype, this.stored);
    const channels = this.shape.at(-1) ?? 1, row = rowLength(channels, dtype);
    return row === channels ? values : values.filter((_, i) => i % row < channels);
  }

  /** Copies the content to JavaScript, waiting for it: `u8` only. */
  toUint8(): Uint8Array<ArrayBuffer> {
    if (this.dtype !== "u8") throw new TypeError(`tensor "${this.tag}" holds ${this.dtype}, not u8`);
    const labels = new Uint8Array(this.size);
    this.storage.backend.download(this, labels);
    return labels;
  }

  /** Gives up this owner's share of the memory. */
  [Symbol.dispose](): void {
    if (this.#state === "released") throw new UseAfterFreeError(`tensor "${this.tag}" was released twice`);
    this.#state = "released";
    this.storage.release();
  }
}
