/** V1 checkpoints: one table with a description of all tensors under the empty key, and the tensors' slices. */
import { ByteReader, FormatError } from "../../../base/byte_reader.ts";
import { UserError } from "../../../base/errors.ts";
import { protobufFields } from "../../../base/protobuf_reader.ts";
import type { TensorData } from "../safetensors.ts";
import { type ByteSource, readingPart } from "./byte_source.ts";
import type { StoredVariable, TensorflowCheckpoint } from "./stored_variable.ts";
import { type Extent, sliceKey } from "./ordered_code.ts";
import { Table } from "./table.ts";
import { ELEMENT_TYPES, elementsFrom, elementsOf, type ElementType, shapeIn } from "./tensor_types.ts";

/** Key of the description. */
const DESCRIPTION_KEY = "";

/** What a `SavedSliceMeta` says (tensorflow/core/util/saved_tensor_slice.proto). */
interface SliceFileVariable extends StoredVariable {
  readonly dataType: number;
  /** For each slice its extent along every axis; a variable that is not partitioned has one. */
  readonly slices: readonly (readonly Extent[])[];
}

/** Fields of `TensorProto` (tensorflow/core/framework/tensor.proto) that hold the elements of the types read here. */
const VALUE_FIELDS: Readonly<Record<string, number>> = { F32: 5, F64: 6, I32: 7, I64: 10 };

/** Memory that a block and its elements may take, in lengths of the file; small integers take a single byte there. */
const MEMORY_LIMIT = 3;

/**
 * Opens a V1 checkpoint, which then owns `source`.
 * @throws {UserError} if the file is damaged or no such checkpoint.
 */
export async function openSliceFile(source: ByteSource): Promise<TensorflowCheckpoint> {
  try {
    const table = await Table.open(source);
    const description = await table.get(DESCRIPTION_KEY);
    const variables = await readingPart(source.name, "the description of its tensors", () => {
      if (!description) throw new FormatError("it is missing");
      return variablesIn(description);
    });
    if (variables.size === 0) throw new UserError(`${source.name}: it is no checkpoint: it describes no tensor`);
    return new SliceFile(source, table, variables);
  } catch (error) {
    source[Symbol.dispose]();
    throw error;
  }
}

class SliceFile implements TensorflowCheckpoint {
  constructor(
    readonly source: ByteSource,
    readonly table: Table,
    readonly variables: ReadonlyMap<string, SliceFileVariable>,
  ) {}

  get description(): string {
    return `V1 checkpoint ${this.source.name}`;
  }

  async read(name: string): Promise<TensorData> {
    const variable = this.variables.get(name);
    if (!variable) throw new UserError(`${this.source.name} has no variable ${name}`);
    const { shape, dataType, slices } = variable;
    const type = ELEMENT_TYPES.get(dataType);
    const key = sliceKey(name, slices[0] ?? []);
    const value = await this.table.get(key);
    return await readingPart(this.source.name, name, () => {
      if (!type || !(type.dtype in VALUE_FIELDS)) {
        throw new FormatError(`elements of TensorFlow's type ${dataType} are not read from V1 checkpoints`);
      }
      const whole = slices[0]?.every(({ start, length }, axis) =>
        start === 0 && (length === -1 || length === shape[axis])
      );
      if (slices.length !== 1 || !whole) {
        throw new FormatError(`it is stored in ${slices.length} slices; only whole variables are read`);
      }
      if (!value) throw new FormatError("its data are missing");
      const bytes = elementsOf(shape) * type.itemBytes;
      if (bytes > MEMORY_LIMIT * this.source.size - value.buffer.byteLength) {
        throw new FormatError(`it claims ${bytes} bytes in a file of ${this.source.size}`);
      }
      return { dtype: type.dtype, shape, data: elementsFrom(valuesIn(value, type, elementsOf(shape)), type) };
    });
  }

  [Symbol.dispose](): void {
    this.source[Symbol.dispose]();
  }
}

/** The variables in a `SavedTensorSlices` that holds a `SavedTensorSliceMeta`. */
function variablesIn(message: Uint8Array): Map<string, SliceFileVariable> {
  const variables = new Map<string, SliceFileVariable>();
  for (const meta of messagesIn(message, 1)) {
    for (const tensor of messagesIn(meta, 1)) {
      const variable = variableIn(tensor);
      if (variables.has(variable.name)) throw new FormatError(`"${variable.name}" is there twice`);
      variables.set(variable.name, variable);
    }
  }
  return variables;
}

function variableIn(message: Uint8Array): SliceFileVariable {
  const variable = { name: "", shape: [] as number[], dataType: 0, slices: [] as Extent[][] };
  for (const field of protobufFields(message)) {
    if (field.kind === "integer") {
      if (field.number === 3) variable.dataType = field.value;
    } else if (field.number === 1) variable.name = new TextDecoder().decode(field.value);
    else if (field.number === 2) variable.shape = shapeIn(field.value);
    else if (field.number === 4) variable.slices.push(sliceIn(field.value));
  }
  if (variable.name === "") throw new FormatError("a tensor has no name");
  return variable;
}

/** The extents in a `TensorSliceProto`. */
function sliceIn(message: Uint8Array): Extent[] {
  return Array.from(messagesIn(message, 1), (extent) => {
    let start = 0, length = -1;
    for (const field of protobufFields(extent)) {
      if (field.kind !== "integer") continue;
      if (field.number === 1) start = field.value;
      if (field.number === 2) length = field.value;
    }
    return { start, length };
  });
}

function* messagesIn(message: Uint8Array, number: number): Generator<Uint8Array, void, undefined> {
  for (const field of protobufFields(message)) if (field.number === number && field.kind === "bytes") yield field.value;
}

/** The elements in a `SavedTensorSlices` that holds a `SavedSlice`: bytes as the elements lie in memory. */
function valuesIn(message: Uint8Array, { dtype, itemBytes }: ElementType, count: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(count * itemBytes);
  const view = new DataView(out.buffer);
  let at = 0;
  const room = (bytes: number) => {
    if (bytes > out.length - at) throw new FormatError(`it has more than the ${count} elements of its shape`);
  };
  const addInteger = (value: number) => {
    room(itemBytes);
    if (dtype === "I32") view.setInt32(at, value, true);
    else view.setBigInt64(at, BigInt(value), true);
    at += itemBytes;
  };
  for (const slice of messagesIn(message, 2)) {
    for (const tensor of messagesIn(slice, 3)) {
      for (const field of protobufFields(tensor)) {
        if (field.number !== VALUE_FIELDS[dtype]) continue;
        const integers = dtype === "I32" || dtype === "I64";
        if (field.kind === "bytes" && integers) {
          for (const reader = new ByteReader(field.value); !reader.done;) addInteger(reader.signedVarint());
        } else if (field.kind === "bytes") {
          room(field.value.length);
          out.set(field.value, at);
          at += field.value.length;
        } else if (integers) addInteger(field.value);
        else {
          room(4);
          view.setUint32(at, field.value, true);
          at += 4;
        }
      }
    }
  }
  if (at !== out.length) throw new FormatError(`it has ${at / itemBytes} elements, its shape wants ${count}`);
  return out;
}
