/** V2 checkpoints, TensorFlow's tensor bundle: `<prefix>.index`, a table, and `<prefix>.data-00000-of-00001`, … */
import { FormatError } from "../../../base/byte_reader.ts";
import { maskedCrc32c } from "../../../base/crc32c.ts";
import { UserError } from "../../../base/errors.ts";
import { protobufFields } from "../../../base/protobuf_reader.ts";
import type { TensorData } from "../safetensors.ts";
import { type ByteSource, checkRange, type OpenSource, readingPart } from "./byte_source.ts";
import type { StoredVariable, TensorflowCheckpoint } from "./stored_variable.ts";
import { Table } from "./table.ts";
import { binaryBytes } from "./table_block.ts";
import { ELEMENT_TYPES, elementsFrom, elementsOf, shapeIn } from "./tensor_types.ts";

/** Key of the header; all others are names of tensors in UTF-8. */
const HEADER_KEY = "";
/** Newest version of the format that is understood (tensor_bundle.h, kTensorBundleVersion). */
const BUNDLE_VERSION = 1;

/** What a `BundleEntryProto` says (tensorflow/core/protobuf/tensor_bundle.proto). */
interface BundleEntry extends StoredVariable {
  readonly dataType: number;
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  /** Masked CRC-32C of the bytes. */
  readonly checksum: number;
  /** Parts of a partitioned variable, which are entries of their own. */
  readonly slices: number;
}

/** Name of a shard of the data. */
export function shardName(prefix: string, shard: number, shards: number): string {
  const five = (value: number) => String(value).padStart(5, "0");
  return `${prefix}.data-${five(shard)}-of-${five(shards)}`;
}

/**
 * Opens the checkpoint `prefix`; shards are opened when something in them is read.
 * @throws {UserError} if the index is missing or damaged.
 */
export async function openBundle(prefix: string, open: OpenSource): Promise<TensorflowCheckpoint> {
  using index = await open(`${prefix}.index`);
  const table = await Table.open(index);
  let shards = 0;
  const entries = new Map<string, BundleEntry>();
  await table.forEach(({ key, value }) => {
    if (key === HEADER_KEY) shards = shardsIn(value);
    else {
      const entry = entryIn(new TextDecoder().decode(binaryBytes(key)), value);
      if (entry.shard >= shards) throw new FormatError(`"${entry.name}" is in shard ${entry.shard} of ${shards}`);
      entries.set(entry.name, entry);
    }
  });
  if (shards === 0) {
    throw new UserError(`${index.name}: it has no header; it is a table of something else than a checkpoint`);
  }
  await readingPart(index.name, "the index of tensors", () => checkOverlap([...entries.values()]));
  return new Bundle(prefix, shards, entries, open);
}

class Bundle implements TensorflowCheckpoint {
  readonly #shards = new Map<number, ByteSource>();

  constructor(
    readonly prefix: string,
    readonly shards: number,
    readonly variables: ReadonlyMap<string, BundleEntry>,
    readonly open: OpenSource,
  ) {}

  get description(): string {
    return `V2 checkpoint ${this.prefix}`;
  }

  async read(name: string): Promise<TensorData> {
    const entry = this.variables.get(name);
    if (!entry) throw new UserError(`${this.prefix} has no variable ${name}`);
    const source = await this.#shard(entry.shard);
    return await readingPart(source.name, name, async () => {
      const { shape, dataType, offset, size, checksum, slices } = entry;
      if (slices > 0) throw new FormatError(`it is stored in ${slices} slices; only whole variables are read`);
      const type = ELEMENT_TYPES.get(dataType);
      if (!type) throw new FormatError(`elements of TensorFlow's type ${dataType} are not read`);
      const expected = elementsOf(shape) * type.itemBytes;
      if (size !== expected) throw new FormatError(`it has ${size} bytes, shape [${shape}] wants ${expected}`);
      checkRange(source.size, offset, size);
      const bytes = await source.read(offset, size);
      if (maskedCrc32c(bytes) !== checksum) throw new FormatError("its checksum does not match, the data are damaged");
      return { dtype: type.dtype, shape, data: elementsFrom(bytes, type) };
    });
  }

  async #shard(shard: number): Promise<ByteSource> {
    let source = this.#shards.get(shard);
    if (!source) {
      const name = shardName(this.prefix, shard, this.shards);
      source = await this.open(name).catch((error) => {
        if (!(error instanceof UserError)) throw error;
        const all = this.shards === 1 ? "its data file" : `shard ${shard} of its ${this.shards} data files`;
        throw new UserError(`${this.prefix}: ${all} is missing beside the index: ${error.message}`, { cause: error });
      });
      this.#shards.set(shard, source);
    }
    return source;
  }

  [Symbol.dispose](): void {
    for (const source of this.#shards.values()) source[Symbol.dispose]();
    this.#shards.clear();
  }
}

/** Number of shards in a `BundleHeaderProto`. */
function shardsIn(message: Uint8Array): number {
  let shards = 0;
  for (const field of protobufFields(message)) {
    if (field.number === 1 && field.kind === "integer") shards = field.value;
    if (field.number === 2 && field.kind === "integer" && field.value !== 0) {
      throw new FormatError("the checkpoint is big-endian; only little-endian ones are read");
    }
    if (field.number !== 3 || field.kind !== "bytes") continue;
    for (const part of protobufFields(field.value)) {
      if (part.number === 2 && part.kind === "integer" && part.value > BUNDLE_VERSION) {
        throw new FormatError(`the checkpoint wants a reader of version ${part.value}, this one is ${BUNDLE_VERSION}`);
      }
    }
  }
  if (shards < 1) throw new FormatError(`the checkpoint claims ${shards} data files`);
  return shards;
}

function entryIn(name: string, message: Uint8Array): BundleEntry {
  const entry = { name, dataType: 0, shape: [] as number[], shard: 0, offset: 0, size: 0, checksum: 0, slices: 0 };
  for (const field of protobufFields(message)) {
    if (field.kind === "bytes") {
      if (field.number === 2) entry.shape = shapeIn(field.value);
      if (field.number === 7) entry.slices++;
    } else if (field.number === 1) entry.dataType = field.value;
    else if (field.number === 3) entry.shard = field.value;
    else if (field.number === 4) entry.offset = field.value;
    else if (field.number === 5) entry.size = field.value;
    else if (field.number === 6) entry.checksum = field.value;
  }
  if (entry.shard < 0 || entry.offset < 0 || entry.size < 0) throw new FormatError(`"${name}" has a negative place`);
  return entry;
}

/** No two tensors share bytes, so that all of them together are no larger than the files. */
function checkOverlap(entries: readonly BundleEntry[]): void {
  let shard = -1, end = 0;
  for (const entry of entries.toSorted((a, b) => a.shard - b.shard || a.offset - b.offset || a.size - b.size)) {
    if (entry.shard !== shard) end = 0;
    shard = entry.shard;
    if (entry.offset < end) throw new FormatError(`"${entry.name}" overlaps the tensor before it`);
    end = entry.offset + entry.size;
  }
}
