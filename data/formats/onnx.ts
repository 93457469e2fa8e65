/** ONNX files: graphs of operators with their weights (onnx.ai, `onnx.proto`). Written, never read. */
import { bytesField, floatField, integerField, message } from "../../base/protobuf.ts";

/** Version of the operators: 17 brought LayerNormalization. */
const OPERATOR_SET = 17;
/** Version of the file's format, the one that came with {@link OPERATOR_SET}. */
const IR_VERSION = 8;

/** Element types and their numbers in `TensorProto.DataType`. */
const DATA_TYPES = { f32: 1, u8: 2, i64: 7, f64: 11 } as const;

/** Element type of a value. */
export type OnnxDtype = keyof typeof DATA_TYPES;

/** What stands in a graph by name before it begins. */
export interface OnnxConstant {
  readonly name: string;
  /** Sizes; empty for a single number. */
  readonly shape: readonly number[];
  /** Elements in C order; whole numbers of 64 bits are sizes and places. */
  readonly data: Float32Array | Float64Array | BigInt64Array;
}

/** A call of an operator. */
export interface OnnxNode {
  /** E.g. `Conv`. */
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Whole numbers from 0 on, lists of such; {@link OnnxNode.floats} otherwise. */
  readonly integers?: Readonly<Record<string, number | readonly number[]>>;
  readonly floats?: Readonly<Record<string, number>>;
}

/** An input or output of a graph. */
export interface OnnxPort {
  readonly name: string;
  readonly dtype: OnnxDtype;
  /** A size each, or the name of one that is free. */
  readonly dimensions: readonly (number | string)[];
}

/** A graph with what it needs. */
export interface OnnxModel {
  readonly name: string;
  /** Version of the program that wrote it. */
  readonly version: string;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** In an order in which they can be computed. */
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file's bytes. */
export function encodeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const graph = message(
    ...model.nodes.map((node) => bytesField(1, nodeMessage(node))),
    bytesField(2, model.name),
    ...model.constants.map((constant) => bytesField(5, constantMessage(constant))),
    ...model.inputs.map((port) => bytesField(11, portMessage(port))),
    ...model.outputs.map((port) => bytesField(12, portMessage(port))),
  );
  return message(
    integerField(1, IR_VERSION),
    bytesField(2, "fcr-alpha-gan"),
    bytesField(3, model.version),
    bytesField(7, graph),
    bytesField(8, message(bytesField(1, ""), integerField(2, OPERATOR_SET))),
    ...Object.entries(model.metadata).map(([key, value]) =>
      bytesField(14, message(bytesField(1, key), bytesField(2, value)))
    ),
  );
}

/** `NodeProto`. */
function nodeMessage({ operator, inputs, output, integers = {}, floats = {} }: OnnxNode): Uint8Array {
  return message(
    ...inputs.map((name) => bytesField(1, name)),
    bytesField(2, output),
    bytesField(3, output),
    bytesField(4, operator),
    ...Object.entries(integers).map(([name, value]) => bytesField(5, integersMessage(name, value))),
    ...Object.entries(floats).map(([name, value]) =>
      bytesField(5, message(bytesField(1, name), floatField(2, value), integerField(20, 1)))
    ),
  );
}

/** `AttributeProto` of a whole number, type 2, or of a list of them, type 7. */
function integersMessage(name: string, value: number | readonly number[]): Uint8Array {
  return typeof value === "number"
    ? message(bytesField(1, name), integerField(3, value), integerField(20, 2))
    : message(bytesField(1, name), ...value.map((each) => integerField(8, each)), integerField(20, 7));
}

/** `TensorProto`. */
function constantMessage({ name, shape, data }: OnnxConstant): Uint8Array {
  const dtype = data instanceof Float32Array ? "f32" : data instanceof Float64Array ? "f64" : "i64";
  return message(
    ...shape.map((size) => integerField(1, size)),
    integerField(2, DATA_TYPES[dtype]),
    bytesField(8, name),
    bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );
}

/** `ValueInfoProto` of a tensor. */
function portMessage({ name, dtype, dimensions }: OnnxPort): Uint8Array {
  const shape = message(
    ...dimensions.map((size) => bytesField(1, typeof size === "number" ? integerField(1, size) : bytesField(2, size))),
  );
  const tensor = message(integerField(1, DATA_TYPES[dtype]), bytesField(2, shape));
  return message(bytesField(1, name), bytesField(2, bytesField(1, tensor)));
}
