import { basename, dirname, join } from "@std/path";
import { maskedCrc32c } from "../../../base/crc32c.ts";
import { writeFileAtomic } from "../../../base/files.ts";
import { bytesField, fixed32Field, integerField, message } from "../../../base/protobuf.ts";
import type { SafetensorsDtype, TensorData } from "../safetensors.ts";
import { shardName } from "./bundle.ts";
import { binaryString, type TableEntry } from "./table_block.ts";
import { encodeTable } from "./table_writer.ts";
import { dataTypeOf } from "./tensor_types.ts";

/** What a V2 checkpoint consists of. */
export interface BundleFiles {
  /** Path of the table of tensors. */
  readonly index: string;
  /** Path of their bytes. */
  readonly data: string;
}

/**
 * Writes a V2 checkpoint with one shard, byte for byte as TensorFlow does: `<prefix>.data-00000-of-00001`, then
 * `<prefix>.index`. Tensors are taken one at a time in the order of their names.
 *
 * @param tensors names and how to get their data, which is not kept.
 * @throws {UserError} if a file cannot be written.
 */
export async function writeBundle(
  prefix: string,
  tensors: ReadonlyMap<string, () => TensorData>,
): Promise<BundleFiles> {
  const files = { index: `${prefix}.index`, data: shardName(prefix, 0, 1) };
  const header = message(integerField(1, 1), bytesField(3, integerField(1, 1))); // one shard, written by version 1
  const entries: TableEntry[] = [{ key: "", value: header }];
  const named = [...tensors].map(([name, data]) => ({ key: binaryString(new TextEncoder().encode(name)), data }));
  named.sort((a, b) => a.key < b.key ? -1 : 1);
  await writeFileAtomic(files.data, shard());
  await writeFileAtomic(files.index, encodeTable(entries));
  return files;

  function* shard(): Generator<Uint8Array, void, undefined> {
    let offset = 0;
    for (const { key, data } of named) {
      const { dtype, shape, data: elements } = data();
      const bytes = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
      entries.push({ key, value: bundleEntry(dtype, shape, offset, bytes) });
      offset += bytes.length;
      yield bytes;
    }
  }
}

/** A `BundleEntryProto`; like TensorFlow it leaves out zeros. */
function bundleEntry(
  dtype: SafetensorsDtype,
  shape: readonly number[],
  offset: number,
  bytes: Uint8Array,
): Uint8Array {
  const sizes = shape.map((size) => bytesField(2, message(...nonZero(1, size))));
  return message(
    integerField(1, dataTypeOf(dtype)),
    bytesField(2, message(...sizes)),
    ...nonZero(4, offset),
    ...nonZero(5, bytes.length),
    fixed32Field(6, maskedCrc32c(bytes)),
  );
}

function nonZero(field: number, value: number): Uint8Array[] {
  return value === 0 ? [] : [integerField(field, value)];
}

/**
 * Writes the text file `checkpoint` beside a checkpoint, from which TensorFlow's `latest_checkpoint` knows its name.
 * @throws {UserError} if it cannot be written.
 */
export async function writeLatest(prefix: string): Promise<void> {
  const name = JSON.stringify(basename(prefix));
  const text = `model_checkpoint_path: ${name}\nall_model_checkpoint_paths: ${name}\n`;
  await writeFileAtomic(join(dirname(prefix), "checkpoint"), text);
}
