/** Where variables of the original program are read from: a TensorFlow checkpoint, or the safetensors of an export. */
import { UserError } from "../../base/errors.ts";
import { readSafetensors } from "../../data/formats/safetensors.ts";
import { openTensorflowCheckpoint, type TensorflowCheckpoint } from "../../data/formats/tensorflow/mod.ts";
import type { Shape } from "../../nn/shape.ts";
import { SCENE_ORIENTATION } from "./reference_layout.ts";

/** Variables by name. */
export interface ReferenceSource extends Disposable {
  /** For people: format and place. */
  readonly description: string;
  /** Shape of every variable. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Whether the networks want scenes with all three axes reversed: an export of ours that says so. */
  readonly scenesReversed: boolean;
  /** Values of a float32 variable. @throws {UserError} if it is missing, damaged or of another type. */
  floats(name: string): Promise<Float32Array>;
  /** A single whole number. @throws {UserError} as {@link floats}. */
  wholeNumber(name: string): Promise<number>;
}

/** Opens a checkpoint of either format of TensorFlow or a `.safetensors` file. @throws {UserError} */
export async function openReference(path: string): Promise<ReferenceSource> {
  const opened: Opened = path.endsWith(".safetensors")
    ? await openSafetensors(path)
    : await openTensorflowCheckpoint(path);
  const { description, variables, metadata = {} } = opened;
  const shapes = new Map([...variables].map(([name, { shape }]) => [name, shape]));
  return {
    description,
    shapes,
    scenesReversed: shapes.has(SCENE_ORIENTATION.variable) ||
      metadata[SCENE_ORIENTATION.metadata] === SCENE_ORIENTATION.reversed,
    async floats(name) {
      const { data, dtype } = await opened.read(name);
      if (data instanceof Float32Array) return data;
      throw new UserError(`${path}: ${name} holds ${dtype}, expected float32 (F32)`);
    },
    async wholeNumber(name) {
      const { data, dtype, shape } = await opened.read(name);
      const value = Number(data[0]);
      if (data.length === 1 && Number.isSafeInteger(value) && value >= 0) return value;
      throw new UserError(`${path}: ${name} is ${dtype} [${shape}] ${data[0]}, expected one whole number`);
    },
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  };
}

/** What both kinds of file have to offer; a safetensors file also the remarks in its header. */
type Opened = TensorflowCheckpoint & { readonly metadata?: Readonly<Record<string, string>> };

async function openSafetensors(path: string): Promise<Opened> {
  const { tensors, metadata } = await readSafetensors(path);
  return {
    description: `safetensors file ${path}`,
    metadata,
    variables: new Map([...tensors].map(([name, { shape }]) => [name, { name, shape }])),
    // deno-lint-ignore require-await -- a checkpoint's variables are read asynchronously
    read: async (name) => {
      const tensor = tensors.get(name);
      if (!tensor) throw new UserError(`${path} has no variable ${name}`);
      return tensor;
    },
    [Symbol.dispose]: () => {},
  };
}
