/**
 * An engine that computes nothing but writes down what it is asked to do, as an ONNX graph: the networks themselves say
 * what they are. Weights are uploaded as to any engine; inputs are declared on their memory.
 */
import type { OnnxPort } from "../../../data/formats/onnx.ts";
import { elementCount, type Shape } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import type { Backend, DeviceBuffer, Span } from "../backend.ts";
import { BYTES_PER_ELEMENT } from "../buffer.ts";
import { type Call, operationsBy, WithOperations } from "../calls.ts";
import { CountingBuffers } from "../counting_buffers.ts";
import type { MemoryLedger } from "../memory.ts";
import { OnnxGraph, type Value } from "./graph.ts";
import { OPERATORS } from "./operators.ts";

type AnyOperator = (graph: OnnxGraph, shape: unknown, operands: Readonly<Record<string, Value>>) => Value;

/** What lies at a place in a buffer. */
interface Content {
  readonly value: Value;
  readonly byteLength: number;
}

/** See the file's comment. Operations of training throw `RangeError`, as do downloads. */
export class OnnxRecorder extends WithOperations implements Backend {
  readonly name = "ONNX";
  /** What was written down so far. */
  readonly graph: OnnxGraph;
  readonly #buffers = new CountingBuffers("ONNX", Infinity);
  /** By buffer and byte offset. */
  readonly #contents = new Map<DeviceBuffer, Map<number, Content>>();
  #uploads = 0;

  constructor() {
    super(operationsBy((call) => this.#perform(call)));
    this.graph = new OnnxGraph();
  }

  get memory(): MemoryLedger {
    return this.#buffers.ledger;
  }

  /** A tensor that is an input of the graph; the caller releases it. */
  input(name: string, shape: Shape, dimensions: OnnxPort["dimensions"], dtype: "f32" | "u8" = "f32"): Tensor {
    const tensor = Tensor.allocate(this, shape, name, dtype);
    this.write(tensor, this.graph.input({ name, dtype, dimensions }, shape));
    return tensor;
  }

  /** What was written to a tensor's memory, as it is shaped. */
  valueIn(tensor: Tensor): Value {
    return this.graph.shaped(this.#read(tensor, tensor.byteLength), tensor.shape);
  }

  /** Makes `value` the content of a tensor. */
  write(tensor: Tensor, value: Value): void {
    this.#write(tensor, tensor.byteLength, value);
  }

  /** Names a tensor that was uploaded: the graph's weights are called so. */
  nameWeights(tensor: Tensor, name: string): void {
    this.write(tensor, { ...this.#read(tensor, tensor.byteLength), name });
  }

  allocate(byteLength: number, tag: string): DeviceBuffer {
    const buffer = this.#buffers.allocate(byteLength, tag);
    this.#contents.set(buffer, new Map());
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    this.#buffers.release(buffer);
    this.#contents.delete(buffer);
  }

  upload(source: ArrayBufferView, target: Span): void {
    if (!(source instanceof Float32Array)) throw new RangeError("labels are an input of an ONNX graph, no constant");
    const value = this.graph.numbers(`constant_${this.#uploads++}`, Float32Array.from(source));
    this.#write(target, source.byteLength, value);
  }

  download(): void {
    throw new RangeError("an ONNX graph has no results before it is run");
  }

  synchronize(): void {}

  [Symbol.dispose](): void {}

  #perform({ name, shape, operands }: Call): void {
    const operator = OPERATORS[name] as AnyOperator | undefined;
    if (!operator) throw new RangeError(`${name} is not written as ONNX`);
    const values: Record<string, Value> = {};
    for (const { name, span, byteLength, access } of operands) {
      if (access !== "written") values[name] = this.#read(span, byteLength);
    }
    const result = operator(this.graph, shape, values);
    // An operation's main result comes last in the table; moments of norms before it are for the way back.
    const { span, byteLength } = operands.findLast(({ access }) => access !== "read")!;
    this.#write(span, byteLength, result);
  }

  #read(span: Span, byteLength: number): Value {
    this.#buffers.check(span, byteLength);
    const contents = this.#contents.get(span.buffer)!;
    let found = contents.get(span.byteOffset);
    if (!found || found.byteLength !== byteLength) {
      this.#divide(contents, span.byteOffset, byteLength);
      found = contents.get(span.byteOffset);
    }
    if (found?.byteLength !== byteLength) {
      throw new RangeError(`"${span.buffer.tag}" has no ${byteLength} bytes from ${span.byteOffset} that were written`);
    }
    return found.value;
  }

  #write(span: Span, byteLength: number, value: Value): void {
    this.#buffers.check(span, byteLength);
    if (elementCount(value.shape) * BYTES_PER_ELEMENT.f32 !== byteLength && elementCount(value.shape) !== byteLength) {
      throw new RangeError(`${value.name} does not fill the ${byteLength} bytes of "${span.buffer.tag}"`);
    }
    const contents = this.#contents.get(span.buffer)!;
    this.#divide(contents, span.byteOffset, byteLength);
    const end = span.byteOffset + byteLength;
    for (const [offset, old] of contents) {
      if (offset < end && offset + old.byteLength > span.byteOffset) contents.delete(offset);
    }
    contents.set(span.byteOffset, { value, byteLength });
  }

  /** Takes what covers a smaller place apart, if that is an entry of its first axis. */
  #divide(contents: Map<number, Content>, byteOffset: number, byteLength: number): void {
    for (const [offset, { value, byteLength: whole }] of contents) {
      const covers = offset <= byteOffset && byteOffset + byteLength <= offset + whole && byteLength < whole;
      if (!covers || value.data || value.shape[0] * byteLength !== whole) continue;
      contents.delete(offset);
      this.graph.entries(value).forEach((entry, i) =>
        contents.set(offset + i * byteLength, { value: entry, byteLength })
      );
      return;
    }
  }
}
