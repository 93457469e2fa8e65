/** Hostile checkpoints: never anything but a UserError, and never more memory than four times the file. */
import { assert, assertLess } from "@std/assert";
import { UserError } from "../../../../base/errors.ts";
import { UniformSequence } from "../../../../base/random.ts";
import { openBundle } from "../../../../data/formats/tensorflow/bundle.ts";
import type { TensorflowCheckpoint } from "../../../../data/formats/tensorflow/stored_variable.ts";
import { openSliceFile } from "../../../../data/formats/tensorflow/slice_file.ts";
import { writeBundle } from "../../../../data/formats/tensorflow/bundle_writer.ts";
import { allocatedBytes } from "../../../helpers/allocated_bytes.ts";
import { memoryFiles, MemorySource } from "../../../helpers/memory_source.ts";
import { blockBytes, type Compression, sliceFileEntries, tableBytes } from "../../../helpers/table_bytes.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";

const MUTATIONS = 10_000;
/** Memory that does not grow with the file: footers, single numbers. */
const CONSTANT_BYTES = 64;

/** Reads everything; fails on any other error than a UserError, and on a step that takes too much memory. */
async function readAll(sizeBytes: number, open: () => Promise<TensorflowCheckpoint>): Promise<boolean> {
  const limit = 4 * sizeBytes + CONSTANT_BYTES;
  let readable = true;
  let checkpoint: TensorflowCheckpoint | null = null;
  const step = async (work: () => Promise<unknown>) => {
    const bytes = await allocatedBytes(async () => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        assert(/m(odel|\.)/.test(error.message), `names no file: ${error.message}`);
        readable = false;
      }
    });
    assertLess(bytes, limit);
  };
  await step(async () => checkpoint = await open());
  const opened = checkpoint as TensorflowCheckpoint | null;
  for (const name of opened?.variables.keys() ?? []) await step(() => opened!.read(name));
  opened?.[Symbol.dispose]();
  return readable;
}

/** A copy with one to three bytes changed, cut out, put in or moved, or the end cut off. */
function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  const below = (limit: number) => Math.floor(random() * limit);
  let list = [...bytes];
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(list.length);
    const byte = [0, 1, 0x7f, 0x80, 0xff, below(256)][below(6)];
    const kind = below(10);
    if (kind < 6) list[at] = byte;
    else if (kind < 7) list.splice(at, 1 + below(4));
    else if (kind < 8) list.splice(at, 0, ...Array<number>(1 + below(9)).fill(byte));
    else if (kind < 9) list.splice(at, 0, ...list.slice(below(list.length)).slice(0, 20));
    else list = list.slice(0, at + 1);
    if (list.length === 0) list = [byte];
  }
  return Uint8Array.from(list);
}

function randomNumbers(seed: number): () => number {
  const sequence = new UniformSequence({ seed, stream: 0, iteration: 0 });
  return () => sequence.next();
}

const TENSORS = [
  { name: "encode_W1", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  { name: "encode_W1/Adam", shape: [2, 3], data: new Float32Array(6) },
  { name: "gen_W1", shape: [4, 4], data: new Float32Array(16) },
  { name: "global_step", shape: [], data: Int32Array.of(5) },
];

Deno.test(`openBundle: ${MUTATIONS} mutations of a V2 checkpoint, half of them with right checksums`, async () => {
  await using folder = await TemporaryFolder.make();
  const tensors = TENSORS.map(({ name, shape, data }) =>
    [name, () => ({ dtype: data instanceof Int32Array ? "I32" as const : "F32" as const, shape, data })] as const
  );
  const files = await writeBundle(folder.join("m"), new Map(tensors));
  const index = await Deno.readFile(files.index), data = await Deno.readFile(files.data);
  const content = index.subarray(0, blockEnd(index));
  const random = randomNumbers(1);
  let readable = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const compression: Compression = i % 4 === 1 ? "snappy" : "none";
    const damage = (stored: Uint8Array, block: number) => block === 0 ? mutate(stored, random) : stored;
    const mutated = i % 2 === 0
      ? mutate(index, random)
      : tableBytes([{ content, lastKey: "\xff" }], compression, damage);
    const source = { "m.index": mutated, "m.data-00000-of-00001": data };
    if (await readAll(mutated.length + data.length, () => openBundle("m", memoryFiles(source)))) readable++;
  }
  assertLess(readable, MUTATIONS / 2);
  assert(readable > 0, "no mutation got through: they never reach the deeper checks");
});

/** Where the only data block of a small table ends: the meta index, an empty block of 8 bytes, comes next. */
function blockEnd(table: Uint8Array): number {
  // The footer starts with the handle of the meta index: its offset is the block's length and trailer.
  let offset = 0, shift = 0;
  for (let at = table.length - 48;; at++, shift += 7) {
    offset |= (table[at] & 0x7f) << shift;
    if (table[at] < 0x80) return offset - 5;
  }
}

Deno.test(`openSliceFile: ${MUTATIONS} mutations of V1 checkpoints, most of them with right checksums`, async () => {
  const random = randomNumbers(2);
  const entries = sliceFileEntries(TENSORS);
  const blocks = [entries.slice(0, 1), entries.slice(1, 3), entries.slice(3)].map((part) => ({
    content: blockBytes(part),
    lastKey: part.at(-1)![0],
  }));
  const whole = { none: tableBytes(blocks), snappy: tableBytes(blocks, "snappy") };
  let readable = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const compression: Compression = i % 3 === 1 ? "snappy" : "none";
    const chosen = i % blocks.length;
    const damage = (stored: Uint8Array, block: number) => block === chosen ? mutate(stored, random) : stored;
    const bytes = i % 4 === 0 ? mutate(whole[compression], random) : tableBytes(blocks, compression, damage);
    if (await readAll(bytes.length, () => openSliceFile(new MemorySource("model", bytes)))) readable++;
  }
  assertLess(readable, MUTATIONS / 2);
  assert(readable > 0, "no mutation got through: they never reach the deeper checks");
});
