import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../../../base/errors.ts";
import { readSafetensors, type TensorData } from "../../../../data/formats/safetensors.ts";
import { openBundle } from "../../../../data/formats/tensorflow/bundle.ts";
import { openTensorflowCheckpoint, writeBundle, writeLatest } from "../../../../data/formats/tensorflow/mod.ts";
import { sliceKey } from "../../../../data/formats/tensorflow/ordered_code.ts";
import { openSliceFile } from "../../../../data/formats/tensorflow/slice_file.ts";
import { memoryFiles, MemorySource } from "../../../helpers/memory_source.ts";
import { field, fields, sliceFileEntries, tableOf, type V1Tensor } from "../../../helpers/table_bytes.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";

const TENSORS: ReadonlyMap<string, TensorData> = new Map<string, TensorData>([
  ["weights", { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, -2, 3.5, NaN, Infinity, -0) }],
  ["bytes", { dtype: "U8", shape: [3], data: Uint8Array.of(0, 128, 255) }],
  ["häuser", { dtype: "F64", shape: [1], data: Float64Array.of(Math.PI) }],
  ["empty", { dtype: "F32", shape: [0, 4], data: new Float32Array(0) }],
  ["global_step", { dtype: "I32", shape: [], data: Int32Array.of(-7) }],
  ["long", { dtype: "I64", shape: [2], data: BigInt64Array.of(-1n, 1n << 40n) }],
]);

const suppliers = (tensors: ReadonlyMap<string, TensorData>) =>
  new Map([...tensors].map(([name, tensor]) => [name, () => tensor] as const));

Deno.test("writeBundle: openTensorflowCheckpoint gives back names, types, shapes and values", async () => {
  await using folder = await TemporaryFolder.make();
  const prefix = folder.join("sub/model-3");
  const { index, data } = await writeBundle(prefix, suppliers(TENSORS));
  await writeLatest(prefix);
  for (const path of [prefix, index, data, folder.join("sub")]) {
    using checkpoint = await openTensorflowCheckpoint(path);
    assertEquals([...checkpoint.variables.keys()].sort(), [...TENSORS.keys()].sort());
    for (const [name, tensor] of TENSORS) {
      assertEquals(checkpoint.variables.get(name)?.shape, tensor.shape);
      assertEquals(await checkpoint.read(name), tensor);
    }
    await assertRejects(() => checkpoint.read("other"), UserError, "has no variable other");
  }
});

Deno.test("openTensorflowCheckpoint: a damaged V2 checkpoint says what is wrong with it", async () => {
  await using folder = await TemporaryFolder.make();
  const prefix = folder.join("model-3");
  const { index, data } = await writeBundle(prefix, suppliers(TENSORS));
  const original = { index: await Deno.readFile(index), data: await Deno.readFile(data) };
  const fails = async (message: string) => {
    await assertRejects(
      async () => {
        using checkpoint = await openTensorflowCheckpoint(prefix);
        for (const name of checkpoint.variables.keys()) await checkpoint.read(name);
      },
      UserError,
      message,
    );
    await Deno.writeFile(index, original.index);
    await Deno.writeFile(data, original.data);
  };
  await Deno.writeFile(index, original.index.with(30, 99));
  await fails("the block at byte 0: its checksum does not match");
  await Deno.writeFile(index, original.index.with(original.index.length - 8, 0));
  await fails("the magic number of a table is missing");
  await Deno.writeFile(index, original.index.subarray(0, 40));
  await fails("it is truncated: it has 40 bytes");
  await Deno.writeFile(data, original.data.with(original.data.length - 1, 1));
  await fails("weights: its checksum does not match, the data are damaged");
  await Deno.writeFile(data, original.data.subarray(0, -1));
  await fails("weights: it is truncated");
  await Deno.remove(data);
  await fails("its data file is missing beside the index: cannot read");
  await Deno.remove(index);
  await assertRejects(() => openTensorflowCheckpoint(prefix), UserError, "neither model-3.index (V2) nor a file");
  await assertRejects(() => openTensorflowCheckpoint(folder.path), UserError, 'no file "checkpoint"');
  for (const latest of [".", "..", "a/..", ""]) { // the folder itself would be opened for ever
    await folder.write("checkpoint", `model_checkpoint_path: "${latest}"\n`);
    await assertRejects(() => openTensorflowCheckpoint(folder.path), UserError, "there is no checkpoint");
  }
});

Deno.test("openBundle: reads several shards, and refuses entries that no checkpoint has", async () => {
  const entry = (shard: number, offset: number, extra: Uint8Array[] = [], dataType = 4) =>
    fields(
      field(1, dataType),
      field(2, field(2, field(1, 2))),
      field(3, shard),
      field(4, offset),
      field(5, 2),
      ...extra,
    );
  const header = fields(field(1, 2), field(3, field(1, 1)));
  const open = (entries: [string, Uint8Array][], data: Record<string, Uint8Array> = {}) =>
    openBundle("m", memoryFiles({ "m.index": tableOf(entries), ...data }));
  {
    const data = { "m.data-00000-of-00002": Uint8Array.of(1, 2), "m.data-00001-of-00002": Uint8Array.of(3, 4) };
    // Masked CRC-32C of the two bytes of each shard, computed elsewhere.
    const crcs = [[0xc9, 0xf2, 0x26, 0xe1], [0x10, 0xef, 0x2a, 0x33]] as const;
    const crc = (i: number) => [Uint8Array.of(6 * 8 + 5, ...crcs[i])];
    using checkpoint = await open([["", header], ["a", entry(0, 0, crc(0))], ["b", entry(1, 0, crc(1))]], data);
    assertEquals((await checkpoint.read("a")).data, Uint8Array.of(1, 2));
    assertEquals((await checkpoint.read("b")).data, Uint8Array.of(3, 4));
  }
  const refuses = (entries: [string, Uint8Array][], message: string) =>
    assertRejects(
      async () => {
        using checkpoint = await open(entries, { "m.data-00000-of-00002": Uint8Array.of(1, 2) });
        for (const name of checkpoint.variables.keys()) await checkpoint.read(name);
      },
      UserError,
      message,
    );
  await refuses([["a", entry(0, 0)]], '"a" is in shard 0 of 0');
  await refuses([["", header], ["a", entry(2, 0)]], '"a" is in shard 2 of 2');
  await refuses([["", header], ["a", entry(1, 0)]], "shard 1 of its 2 data files is missing");
  await refuses([["", header], ["a", entry(0, 0)], ["b", entry(0, 1)]], '"b" overlaps the tensor before it');
  await refuses([["", header], ["a", entry(0, -1)]], '"a" has a negative place');
  await refuses([["", header], ["a", entry(0, 0, [], 7)]], "elements of TensorFlow's type 7 are not read");
  await refuses([["", header], ["a", entry(0, 0, [], 1)]], "it has 2 bytes, shape [2] wants 8");
  await refuses([["", header], ["a", entry(0, 0, [field(7, "")])]], "it is stored in 1 slices");
  await refuses([["", fields(header, field(2, 1))]], "big-endian");
  await refuses([["", fields(header, field(3, field(2, 2)))]], "wants a reader of version 2");
  await refuses([["", field(1, -1)]], "claims -1 data files");
});

const V1_TENSORS: readonly V1Tensor[] = [
  { name: "encode_W1", shape: [2, 3], data: Float32Array.of(1, 2, 3, -4, NaN, 1e-40) },
  { name: "encode_W1/Adam", shape: [2, 3], data: new Float32Array(6) },
  { name: "doubles", shape: [2], data: Float64Array.of(0.1, -0.1) },
  { name: "global_step", shape: [], data: Int32Array.of(100_000) },
  { name: "negative", shape: [2], data: Int32Array.of(-1, -(2 ** 31)) },
  { name: "long", shape: [2], data: BigInt64Array.of(-5n, 1n << 50n) },
];

Deno.test("openSliceFile: reads V1 checkpoints, plain and snappy, in one block and in many", async () => {
  for (const compression of ["none", "snappy"] as const) {
    for (const perBlock of [1, 3, 100]) {
      const bytes = tableOf(sliceFileEntries(V1_TENSORS), perBlock, compression);
      using checkpoint = await openSliceFile(new MemorySource("model", bytes));
      assertEquals([...checkpoint.variables.keys()], V1_TENSORS.map(({ name }) => name));
      for (const { name, shape, data } of V1_TENSORS) {
        const tensor = await checkpoint.read(name);
        assertEquals([tensor.shape, tensor.data], [shape, data], name);
      }
    }
  }
  await using folder = await TemporaryFolder.make();
  const path = await folder.write("checkpoint5-3", tableOf(sliceFileEntries(V1_TENSORS)));
  using checkpoint = await openTensorflowCheckpoint(path);
  assertStringIncludes(checkpoint.description, "V1 checkpoint");
  assertEquals((await checkpoint.read("global_step")).data, Int32Array.of(100_000));
});

Deno.test("openSliceFile: a damaged V1 checkpoint says what is wrong with it", async () => {
  const refuses = (bytes: Uint8Array, message: string) =>
    assertRejects(
      async () => {
        using checkpoint = await openSliceFile(new MemorySource("model", bytes));
        for (const name of checkpoint.variables.keys()) await checkpoint.read(name);
      },
      UserError,
      message,
    );
  const entries = sliceFileEntries(V1_TENSORS);
  const good = tableOf(entries, 1);
  await refuses(good.subarray(0, -100), "magic number");
  await refuses(good.with(20, 1), "its checksum does not match");
  await refuses(tableOf(entries.slice(1)), "the description of its tensors: it is missing");
  await refuses(tableOf(entries.slice(0, -1)), "negative: its data are missing");
  await refuses(tableOf([["", new Uint8Array(0)]]), "it describes no tensor");
  const described = (...parts: Uint8Array[]) =>
    tableOf([["", field(1, field(1, fields(...parts)))], ...entries.slice(1)]);
  const shape = (...sizes: number[]) => field(2, fields(...sizes.map((size) => field(2, field(1, size)))));
  const whole = field(4, field(1, ""));
  const name = field(1, "doubles"), type = field(3, 2);
  await refuses(described(name, type, shape(3), whole), "doubles: it has 2 elements, its shape wants 3");
  await refuses(described(name, type, shape(1), whole), "doubles: it has more than the 1 elements of its shape");
  await refuses(described(name, type, shape(1e9), whole), "it claims 8000000000 bytes in a file of");
  await refuses(described(name, type, shape(-1), whole), "a shape has size -1");
  await refuses(described(name, type, shape(2 ** 40, 2 ** 40), whole), "is too large");
  await refuses(described(name, field(3, 7), shape(2), whole), "elements of TensorFlow's type 7 are not read");
  await refuses(described(name, type, shape(2), whole, whole), "it is stored in 2 slices");
  await refuses(described(name, type, shape(2), field(4, field(1, field(1, 1)))), "only whole variables are read");
  await refuses(described(type, shape(2)), "a tensor has no name");
});

Deno.test("sliceKey: the encodings that ordered_code.h describes", () => {
  const bytes = (text: string) => [...text].map((character) => character.charCodeAt(0));
  assertEquals(bytes(sliceKey("a\0", [])), [0, 97, 0, 255, 0, 1, 0]);
  // 64 is the first number of two bytes; 0x424242 has four, -0x800 two (examples of ordered_code.cc).
  const of = (start: number) => bytes(sliceKey("", [{ start, length: -1 }])).slice(5, -1);
  assertEquals([0, 63, 64, -1, -64, -65].map(of), [[0x80], [0xbf], [0xc0, 0x40], [0x7f], [0x40], [0x3f, 0xbf]]);
  assertEquals([of(0x424242), of(-0x800)], [[0xf0, 0x42, 0x42, 0x42], [0x38, 0x00]]);
});

const KIT = new URL("../../../../../shared/conformance/tf_checkpoint/", import.meta.url);
const kitMissing = !await Deno.stat(KIT).then(() => true, () => false);

Deno.test({
  name: `openTensorflowCheckpoint, writeBundle: TensorFlow's own files${
    kitMissing ? " (skipped: ../shared/conformance/tf_checkpoint is missing)" : ""
  }`,
  ignore: kitMissing,
  async fn() {
    await using folder = await TemporaryFolder.make();
    const expected = (await readSafetensors(new URL("model_and_slots-5.safetensors", KIT).pathname)).tensors;
    for (const [name, count] of [["model-5", 60], ["model_and_slots-5", 198]] as const) {
      using checkpoint = await openTensorflowCheckpoint(new URL(name, KIT).pathname);
      assertEquals(checkpoint.variables.size, count);
      const tensors = new Map<string, TensorData>();
      for (const variable of checkpoint.variables.keys()) {
        tensors.set(variable, await checkpoint.read(variable));
        assertEquals(tensors.get(variable), expected.get(variable), variable);
      }
      const written = await writeBundle(folder.join(name), suppliers(tensors));
      for (const path of [written.index, written.data]) {
        const theirs = await Deno.readFile(new URL(path.split("/").at(-1)!, KIT));
        assertEquals(await Deno.readFile(path), theirs, path);
      }
    }
  },
});
