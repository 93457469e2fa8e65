import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../base/errors.ts";
import {
  decodeNpy,
  encodeNpy,
  type NpyArray,
  type NpyData,
  type NpyDtype,
  readNpy,
  writeLabelsAsInt64,
  writeNpy,
} from "../../../data/formats/npy.ts";
import { npyBytes } from "../../helpers/npy_bytes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const MAKE: Record<NpyDtype, (values: number[]) => NpyData> = {
  bool: (values) => Uint8Array.from(values, (value) => value & 1),
  int8: (values) => Int8Array.from(values),
  uint8: (values) => Uint8Array.from(values),
  int16: (values) => Int16Array.from(values),
  uint16: (values) => Uint16Array.from(values),
  float16: (values) => Float16Array.from(values, (value) => value / 8),
  int32: (values) => Int32Array.from(values),
  uint32: (values) => Uint32Array.from(values),
  float32: (values) => Float32Array.from(values, (value) => value / 8),
  int64: (values) => BigInt64Array.from(values, (value) => BigInt(value) << 24n),
  uint64: (values) => BigUint64Array.from(values, (value) => BigInt(value) << 24n),
  float64: (values) => Float64Array.from(values, (value) => value / 7),
};
const DTYPES = Object.keys(MAKE) as NpyDtype[];

const arrays = fc.tuple(fc.constantFrom(...DTYPES), fc.array(fc.nat(4), { maxLength: 4 })).chain(([dtype, shape]) => {
  const length = shape.reduce((product, size) => product * size, 1);
  return fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: length, maxLength: length })
    .map((values): NpyArray => ({ dtype, shape, data: MAKE[dtype](values) }));
});

Deno.test("decodeNpy: gives back what encodeNpy was given, for every type and shape", () => {
  fc.assert(fc.property(arrays, (array) => assertEquals(decodeNpy(encodeNpy(array), "a.npy"), array)));
});

Deno.test("decodeNpy: reads versions 1 to 3, both byte orders, both element orders, at any alignment", () => {
  const variants = fc.record({
    version: fc.constantFrom(1 as const, 2 as const, 3 as const),
    bigEndian: fc.boolean(),
    fortranOrder: fc.boolean(),
  });
  fc.assert(fc.property(arrays, variants, fc.nat(7), (array, variant, shift) => {
    const bytes = npyBytes(array, variant);
    const shifted = new Uint8Array(bytes.length + shift);
    shifted.set(bytes, shift);
    assertEquals(decodeNpy(shifted.subarray(shift), "a.npy"), array);
  }));
});

Deno.test("decodeNpy: reads what NumPy 2.4 wrote", () => {
  // np.asfortranarray(np.array([[1, 2, -0.5], [3, 65504, 0]], '>f2')), version 1
  const half = "k05VTVBZAQB2AHsnZGVzY3InOiAnPmYyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAg" +
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo8AEIAQAB7/7gAAAA=";
  // np.array([-1, 2**40, -2**63], '<i8'), version 2
  const long = "k05VTVBZAgB0AAAAeydkZXNjcic6ICc8aTgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMywpLCB9ICAgICAg" +
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr//////////wAAAAAAAQAAAAAAAAAA" +
    "AIA=";
  // np.array(2.5), version 1
  const scalar =
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAg" +
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAEQA==";
  const decode = (base64: string) => decodeNpy(Uint8Array.fromBase64(base64), "a.npy");
  assertEquals(decode(half), {
    dtype: "float16",
    shape: [2, 3],
    data: Float16Array.from([1, 2, -0.5, 3, 65504, 0]),
  });
  assertEquals(decode(long), { dtype: "int64", shape: [3], data: BigInt64Array.of(-1n, 2n ** 40n, -(2n ** 63n)) });
  assertEquals(decode(scalar), { dtype: "float64", shape: [], data: Float64Array.of(2.5) });
});

Deno.test("decodeNpy: every prefix of a file is a UserError that names the file", () => {
  for (const version of [1, 2, 3] as const) {
    const bytes = npyBytes({ dtype: "int16", shape: [2, 3], data: Int16Array.of(1, 2, 3, 4, 5, 6) }, { version });
    for (let end = 0; end < bytes.length; end++) {
      assertThrows(() => decodeNpy(bytes.subarray(0, end), "scene.npy"), UserError, "scene.npy");
    }
  }
});

Deno.test("decodeNpy: changed bytes give an array or a UserError, nothing else", () => {
  const bytes = npyBytes({ dtype: "uint8", shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
    const changed = bytes.slice();
    for (const [at, value] of changes) changed[at] = value;
    try {
      decodeNpy(changed, "scene.npy");
    } catch (error) {
      assert(error instanceof UserError, String(error));
    }
  }));
});

Deno.test("decodeNpy: says what is wrong with a header", () => {
  const bad = (dictionary: string) => () =>
    decodeNpy(npyBytes({ dtype: "uint8", shape: [1], data: Uint8Array.of(1) }, { dictionary }), "a.npy");
  const rest = "'fortran_order': False, 'shape': (1,), }";
  assertThrows(bad(`{'descr': '|O8', ${rest}`), UserError, `elements of type "|O8"`);
  assertThrows(bad(`{'descr': '<c8', ${rest}`), UserError, `elements of type "<c8"`);
  assertThrows(bad(`{'descr': '|b2', ${rest}`), UserError, `elements of type "|b2"`);
  assertThrows(bad(`{'descr': [('a', '<f4')], ${rest}`), UserError, "structured");
  assertThrows(bad(`{${rest}`), UserError, "no 'descr'");
  assertThrows(bad("{'descr': '|u1', 'shape': (1,), }"), UserError, "no 'fortran_order'");
  assertThrows(bad("{'descr': '|u1', 'fortran_order': False, }"), UserError, "no 'shape'");
  assertThrows(bad("{'descr': '|u1', 'fortran_order': False, 'shape': (1,,2), }"), UserError, "malformed 'shape'");
  assertThrows(bad(`{'descr': '|u1', 'more': 1, ${rest}`), UserError, "unexpected keys");
  assertThrows(
    bad("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999, 99999999999), }"),
    UserError,
    "truncated",
  );
  assertThrows(() => decodeNpy(new TextEncoder().encode("PK\x03\x04 an archive"), "a.npz"), UserError, "not a NumPy");
});

Deno.test("decodeNpy: a file longer than its header promises is an error", () => {
  const bytes = encodeNpy({ dtype: "uint8", shape: [2], data: Uint8Array.of(1, 2) });
  assertThrows(() => decodeNpy(new Uint8Array([...bytes, 0]), "a.npy"), UserError, "too long");
});

Deno.test("decodeNpy: accepts the long integers of Python 2", () => {
  const dictionary = "{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 1L), }";
  const array: NpyArray = { dtype: "uint8", shape: [2, 1], data: Uint8Array.of(7, 8) };
  assertEquals(decodeNpy(npyBytes(array, { dictionary }), "a.npy"), array);
});

Deno.test("encodeNpy: refuses data that do not fit shape or type", () => {
  assertThrows(() => encodeNpy({ dtype: "uint8", shape: [3], data: new Uint8Array(2) }), RangeError, "3 elements");
  const mismatch = { dtype: "float32", shape: [2], data: new Float64Array(2) } as unknown as NpyArray;
  assertThrows(() => encodeNpy(mismatch), TypeError, "Float64Array");
});

Deno.test("encodeNpy: the elements start at a multiple of 64 bytes, after a newline", () => {
  const bytes = encodeNpy({ dtype: "uint8", shape: [1], data: Uint8Array.of(9) });
  assertEquals([bytes.length % 64, bytes.at(-1), bytes.at(-2)], [1, 9, 0x0a]);
});

Deno.test("writeNpy: readNpy reads it back; a missing file is a UserError", async () => {
  await using folder = await TemporaryFolder.make();
  const array: NpyArray = { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
  await writeNpy(folder.join("new/a.npy"), array);
  assertEquals(await readNpy(folder.join("new/a.npy")), array);
  await assertRejects(() => readNpy(folder.join("none.npy")), UserError, "does not exist");
});

Deno.test("writeLabelsAsInt64: writes volumes one by one as one int64 array", async () => {
  await using folder = await TemporaryFolder.make();
  const path = folder.join("real.npy");
  await writeLabelsAsInt64(path, [2, 1, 1, 3], [Uint8Array.of(0, 1, 2), Uint8Array.of(11, 0, 255)]);
  assertEquals(await readNpy(path), {
    dtype: "int64",
    shape: [2, 1, 1, 3],
    data: BigInt64Array.of(0n, 1n, 2n, 11n, 0n, 255n),
  });
});

Deno.test("writeLabelsAsInt64: leaves no file behind if the volumes are too few or fail", async () => {
  await using folder = await TemporaryFolder.make();
  const path = folder.join("real.npy");
  await assertRejects(() => writeLabelsAsInt64(path, [4], [Uint8Array.of(1)]), RangeError, "wants 4 labels, got 1");
  const failing = function* (): Generator<Uint8Array> {
    yield Uint8Array.of(1);
    throw new UserError("the second volume failed");
  };
  await assertRejects(() => writeLabelsAsInt64(path, [2], failing()), UserError, "the second volume failed");
  assertEquals([...Deno.readDirSync(folder.path)], []);
});
