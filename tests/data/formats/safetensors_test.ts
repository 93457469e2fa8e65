import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../base/errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  type TensorData,
  type TensorElements,
  writeSafetensors,
} from "../../../data/formats/safetensors.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const MAKE: Record<TensorData["dtype"], (values: number[]) => TensorElements> = {
  BOOL: (values) => Uint8Array.from(values, (value) => value & 1),
  U8: (values) => Uint8Array.from(values),
  I8: (values) => Int8Array.from(values),
  F8_E4M3: (values) => Uint8Array.from(values),
  F8_E5M2: (values) => Uint8Array.from(values),
  U16: (values) => Uint16Array.from(values),
  I16: (values) => Int16Array.from(values),
  F16: (values) => Float16Array.from(values),
  BF16: (values) => Uint16Array.from(values),
  U32: (values) => Uint32Array.from(values),
  I32: (values) => Int32Array.from(values),
  F32: (values) => Float32Array.from(values),
  U64: (values) => BigUint64Array.from(values, BigInt),
  I64: (values) => BigInt64Array.from(values, BigInt),
  F64: (values) => Float64Array.from(values),
};
const DTYPES = Object.keys(MAKE) as TensorData["dtype"][];

const tensors = fc.tuple(fc.constantFrom(...DTYPES), fc.array(fc.nat(3), { maxLength: 3 })).chain(([dtype, shape]) => {
  const length = shape.reduce((product, size) => product * size, 1);
  return fc.array(fc.nat(2000), { minLength: length, maxLength: length })
    .map((values): TensorData => ({ dtype, shape, data: MAKE[dtype](values) }));
});
const names = fc.string({ unit: "binary" }).filter((name) => name.isWellFormed() && name !== "__metadata__");

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** A file with any header, right or wrong. */
function file(header: string, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return join([length, text, new Uint8Array(dataBytes)]);
}

Deno.test("decodeSafetensors: gives back what encodeSafetensors was given, at any alignment", () => {
  const content = fc.uniqueArray(fc.tuple(names, tensors), { selector: ([name]) => name, maxLength: 5 });
  const metadata = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });
  fc.assert(fc.property(content, metadata, fc.nat(7), (entries, metadata, shift) => {
    const bytes = join([new Uint8Array(shift), ...encodeSafetensors(entries, metadata)]).subarray(shift);
    const decoded = decodeSafetensors(bytes, "a.safetensors");
    assertEquals(decoded.tensors, new Map(entries));
    assertEquals(Object.entries(decoded.metadata).sort(), Object.entries(metadata).sort());
  }));
});

Deno.test("encodeSafetensors: pads the header with spaces and aligns every tensor without copying it", () => {
  const bytes = new Uint8Array(3), doubles = new Float64Array(2);
  const chunks = encodeSafetensors([["a", { dtype: "U8", shape: [3], data: bytes }], [
    "b",
    { dtype: "F64", shape: [2], data: doubles },
  ]]);
  assertEquals(chunks[0].length % 8, 0);
  assertEquals(chunks.slice(1).map((chunk) => chunk.buffer), [doubles.buffer, bytes.buffer]);
  const decoded = decodeSafetensors(join(chunks), "a.safetensors").tensors;
  assertEquals([...decoded.values()].map(({ data }) => data.byteOffset % data.BYTES_PER_ELEMENT), [0, 0]);
});

Deno.test("encodeSafetensors: refuses names given twice, the reserved name, and data that do not fit", () => {
  const one: TensorData = { dtype: "U8", shape: [1], data: new Uint8Array(1) };
  assertThrows(() => encodeSafetensors([["a", one], ["a", one]]), RangeError, "taken");
  assertThrows(() => encodeSafetensors([["__metadata__", one]]), RangeError, "taken");
  assertThrows(() => encodeSafetensors([["a", { ...one, shape: [2] }]]), RangeError, "wants 2 elements, got 1");
  assertThrows(() => encodeSafetensors([["a", { ...one, dtype: "F32" }]]), RangeError, "does not hold F32");
});

Deno.test("decodeSafetensors: reads a file in the layout of the format's own library", () => {
  const header = '{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}   ';
  const { tensors, metadata } = decodeSafetensors(file(header, 8), "a.safetensors");
  assertEquals(metadata, { format: "pt" });
  assertEquals(tensors, new Map([["w", { dtype: "F32" as const, shape: [1, 2], data: new Float32Array(2) }]]));
});

Deno.test("decodeSafetensors: every prefix of a file is a UserError that names the file", () => {
  const bytes = join(encodeSafetensors([["w", { dtype: "F32", shape: [2], data: new Float32Array(2) }]], { a: "b" }));
  for (let end = 0; end < bytes.length; end++) {
    assertThrows(() => decodeSafetensors(bytes.subarray(0, end), "run.safetensors"), UserError, "run.safetensors");
  }
});

Deno.test("decodeSafetensors: changed bytes give tensors or a UserError, nothing else", () => {
  const bytes = join(encodeSafetensors([["w", { dtype: "F32", shape: [2], data: new Float32Array(2) }]], { a: "b" }));
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
    const changed = bytes.slice();
    for (const [at, value] of changes) changed[at] = value;
    try {
      decodeSafetensors(changed, "a.safetensors");
    } catch (error) {
      assert(error instanceof UserError, String(error));
    }
  }));
});

Deno.test("decodeSafetensors: says what is wrong with a header", () => {
  const bad = (header: string, dataBytes: number, message: string) =>
    assertThrows(() => decodeSafetensors(file(header, dataBytes), "a.safetensors"), UserError, message);
  const tensor = (fields: string) => `{"w":{${fields}}}`;
  bad("[1]", 0, "does not start with {");
  bad("{]", 0, "not JSON");
  bad('{"__metadata__":{"a":1}}', 0, "text to text");
  bad('{"w":3}', 0, "not described by an object");
  bad(tensor('"dtype":"Q4","shape":[1],"data_offsets":[0,1]'), 1, 'dtype "Q4"');
  bad(tensor('"dtype":"toString","shape":[1],"data_offsets":[0,1]'), 1, 'dtype "toString"');
  bad(tensor('"dtype":"U8","shape":[-1],"data_offsets":[0,1]'), 1, "has shape [-1]");
  bad(tensor('"dtype":"U8","shape":[1.5],"data_offsets":[0,1]'), 1, "has shape [1.5]");
  bad(tensor('"dtype":"U8","shape":[1],"data_offsets":[1,0]'), 1, "has data_offsets [1,0]");
  bad(tensor('"dtype":"U8","shape":[1]'), 1, "has data_offsets undefined");
  bad(tensor('"dtype":"F32","shape":[2],"data_offsets":[0,7]'), 7, "takes 7 bytes, its shape [2] of F32 wants 8");
  bad(tensor('"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1'), 1, "unknown field");
  bad(tensor('"dtype":"U8","shape":[1],"data_offsets":[1,2]'), 2, "starts at byte 1, expected 0");
  bad(tensor('"dtype":"U8","shape":[1],"data_offsets":[0,1]'), 2, "the tensors take 1 bytes, found 2");
  bad(tensor('"dtype":"U8","shape":[9007199254740991,9007199254740991],"data_offsets":[0,1]'), 1, "takes 1 bytes");
});

Deno.test("decodeSafetensors: overlapping tensors and names given twice are errors", () => {
  const entry = (name: string, begin: number, end: number) =>
    `"${name}":{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`;
  const decode = (...entries: string[]) => () => decodeSafetensors(file(`{${entries.join(",")}}`, 4), "a.safetensors");
  assertEquals(decode(entry("b", 2, 4), entry("a", 0, 2))().tensors.size, 2);
  assertThrows(decode(entry("a", 0, 3), entry("b", 2, 4)), UserError, "starts at byte 2, expected 3");
  assertThrows(decode(entry("a", 0, 2), entry("a", 2, 4)), UserError, '"a" twice');
  assertThrows(decode(entry("a", 0, 2), entry("\\u0061", 2, 4)), UserError, '"a" twice');
});

Deno.test("decodeSafetensors: a header length beyond the file or the limit is an error", () => {
  const bytes = file("{}", 0);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 2n ** 63n, true);
  assertThrows(() => decodeSafetensors(bytes, "a.safetensors"), UserError, "the header claims");
  view.setBigUint64(0, 3n, true);
  assertThrows(() => decodeSafetensors(bytes, "a.safetensors"), UserError, "truncated");
});

Deno.test("writeSafetensors: readSafetensors reads it back; a missing file is a UserError", async () => {
  await using folder = await TemporaryFolder.make();
  const tensors = new Map<string, TensorData>([["w", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }]]);
  const path = folder.join("checkpoints", "a.safetensors");
  await writeSafetensors(path, tensors, { iteration: "3" });
  assertEquals(await readSafetensors(path), { tensors, metadata: { iteration: "3" } });
  await assertRejects(() => readSafetensors(folder.join("none")), UserError, "does not exist");
});
