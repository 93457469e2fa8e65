/** Types and shapes of tensors as TensorFlow's messages have them. */
import { FormatError } from "../../../base/byte_reader.ts";
import { protobufFields } from "../../../base/protobuf_reader.ts";
import type { SafetensorsDtype, TensorElements } from "../safetensors.ts";

/** A type of elements that can be read. */
export interface ElementType {
  readonly dtype: SafetensorsDtype;
  readonly itemBytes: number;
  /** Elements over existing memory; `offset` and `count` as a typed array takes them. */
  readonly Elements: new (buffer: ArrayBuffer, offset: number, count: number) => TensorElements;
}

/** Element types by the number of `DataType` (tensorflow/core/framework/types.proto). */
export const ELEMENT_TYPES: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [1, { dtype: "F32", itemBytes: 4, Elements: Float32Array }],
  [2, { dtype: "F64", itemBytes: 8, Elements: Float64Array }],
  [3, { dtype: "I32", itemBytes: 4, Elements: Int32Array }],
  [4, { dtype: "U8", itemBytes: 1, Elements: Uint8Array }],
  [5, { dtype: "I16", itemBytes: 2, Elements: Int16Array }],
  [6, { dtype: "I8", itemBytes: 1, Elements: Int8Array }],
  [9, { dtype: "I64", itemBytes: 8, Elements: BigInt64Array }],
  [10, { dtype: "BOOL", itemBytes: 1, Elements: Uint8Array }],
  [14, { dtype: "BF16", itemBytes: 2, Elements: Uint16Array }],
  [17, { dtype: "U16", itemBytes: 2, Elements: Uint16Array }],
  [19, { dtype: "F16", itemBytes: 2, Elements: Float16Array }],
  [22, { dtype: "U32", itemBytes: 4, Elements: Uint32Array }],
  [23, { dtype: "U64", itemBytes: 8, Elements: BigUint64Array }],
]);

/** The number of `DataType` for elements. */
export function dataTypeOf(dtype: SafetensorsDtype): number {
  for (const [number, type] of ELEMENT_TYPES) if (type.dtype === dtype) return number;
  throw new RangeError(`TensorFlow has no type for ${dtype}`);
}

/** More axes than this TensorFlow does not allow. */
const MOST_AXES = 254;

/** Sizes in a `TensorShapeProto`. @throws {FormatError} if one is unknown or negative, or their product too large. */
export function shapeIn(message: Uint8Array): number[] {
  const shape: number[] = [];
  for (const field of protobufFields(message)) {
    if (field.number === 3 && field.kind === "integer" && field.value !== 0) {
      throw new FormatError("a shape is unknown");
    }
    if (field.number !== 2 || field.kind !== "bytes") continue;
    let size = 0;
    for (const part of protobufFields(field.value)) {
      if (part.number === 1 && part.kind === "integer") size = part.value;
    }
    if (size < 0) throw new FormatError(`a shape has size ${size}`);
    shape.push(size);
    if (shape.length > MOST_AXES) throw new FormatError(`a shape has more than ${MOST_AXES} axes`);
  }
  if (!Number.isSafeInteger(elementsOf(shape) * 8)) throw new FormatError(`shape [${shape}] is too large`);
  return shape;
}

/** Number of elements of a shape. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Elements over the bytes of a tensor, copied only where they are not aligned. */
export function elementsFrom(bytes: Uint8Array<ArrayBuffer>, { itemBytes, Elements }: ElementType): TensorElements {
  const aligned = bytes.byteOffset % itemBytes === 0 ? bytes : bytes.slice();
  return new Elements(aligned.buffer, aligned.byteOffset, aligned.length / itemBytes);
}
