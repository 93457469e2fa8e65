/** Properties of readers whose other tests have examples alone: whatever is written in a format is read back. */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FormatError } from "../../../base/byte_reader.ts";
import { type Grid, voxelCount } from "../../../data/grid.ts";
import { decodeNpz } from "../../../data/formats/npz.ts";
import { numpyRules } from "../../../data/formats/numpy_pickle.ts";
import { decodePickle, type PickleValue } from "../../../data/formats/pickle.ts";
import { decodeSscnet, SSCNET_GRID } from "../../../data/formats/sscnet_format.ts";
import { npyBytes } from "../../helpers/npy_bytes.ts";
import { npzBytes } from "../../helpers/npz_bytes.ts";
import { runsOf, sscnetBytes } from "../../helpers/sscnet_bytes.ts";

const axis = fc.integer({ min: 1, max: 6 });
const labelled = fc.tuple(axis, axis, axis).chain((grid) =>
  fc.uint8Array({ minLength: voxelCount(grid), maxLength: voxelCount(grid), max: 11 })
    .map((labels) => ({ grid: grid as Grid, labels }))
);

Deno.test("decodeNpz: gives back every volume of an archive, stored or deflated, whatever else is in it", async () => {
  const file = fc.record({
    volume: labelled,
    deflated: fc.boolean(),
    version: fc.constantFrom(1 as const, 2 as const),
  });
  const archive = fc.tuple(
    fc.array(file, { minLength: 1, maxLength: 4 }),
    fc.boolean(),
    fc.stringMatching(/^\w{0,9}$/),
  );
  await fc.assert(fc.asyncProperty(archive, async ([files, others, comment]) => {
    const entries = files.map(({ volume: { grid, labels }, deflated, version }, i) => ({
      name: `a${i}.npy`,
      content: npyBytes({ dtype: "uint8", shape: [...grid], data: labels }, { version }),
      deflated,
    }));
    const pose = npyBytes({ dtype: "float64", shape: [2], data: Float64Array.of(1, 2) });
    if (others) entries.push({ name: "pose.npy", content: pose, deflated: false });
    if (others) entries.unshift({ name: "notes.txt", content: Uint8Array.of(65), deflated: true });
    const scenes = await decodeNpz(npzBytes(entries, comment), "a.npz");
    assertEquals(scenes, files.map(({ volume: { grid, labels } }, i) => ({ name: `a${i}`, grid, labels })));
  }));
});

type Plain = null | boolean | number | string | Uint8Array | Plain[] | Map<PickleValue, PickleValue>;

/** A pickle of plain data in the operations that Python uses for them. */
function pickled(value: PickleValue): number[] {
  if (value === null) return [0x4e];
  if (typeof value === "boolean") return [value ? 0x88 : 0x89];
  if (typeof value === "number") {
    if (!Number.isInteger(value) || Object.is(value, -0) || Math.abs(value) >= 2 ** 31) {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, value);
      return [0x47, ...new Uint8Array(view.buffer)];
    }
    if (value >= 0 && value < 256) return [0x4b, value];
    if (value >= 0 && value < 65_536) return [0x4d, value & 255, value >> 8];
    return [0x4a, ...word(value)];
  }
  if (typeof value === "string") {
    const text = new TextEncoder().encode(value);
    return text.length < 256 ? [0x8c, text.length, ...text] : [0x58, ...word(text.length), ...text];
  }
  if (value instanceof Uint8Array) {
    return value.length < 256 ? [0x43, value.length, ...value] : [0x42, ...word(value.length), ...value];
  }
  if (Array.isArray(value)) return [0x5d, 0x94, 0x28, ...value.flatMap(pickled), 0x65];
  if (value instanceof Map) return [0x7d, 0x28, ...[...value].flat().flatMap(pickled), 0x75];
  throw new TypeError("not plain data");
}

const word = (value: number) => [value & 255, value >> 8 & 255, value >> 16 & 255, value >> 24 & 255];

const { value: plain } = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.double({ noNaN: true }),
    fc.string({ unit: "grapheme" }),
    fc.uint8Array(),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(fc.string(), tie("value")), { maxLength: 5 }).map((entries) =>
      new Map<PickleValue, PickleValue>(entries)
    ),
  ),
}));

Deno.test("decodePickle: gives back plain data of any kind and depth; every prefix of it is refused", () => {
  fc.assert(fc.property(plain, (value) => {
    const bytes = Uint8Array.from([0x80, 4, ...pickled(value), 0x2e]);
    assertEquals<unknown>(decodePickle(bytes, numpyRules(bytes.length)), value);
    for (let end = 0; end < bytes.length; end += 1 + Math.floor(bytes.length / 50)) {
      assertThrows(() => decodePickle(bytes.subarray(0, end), numpyRules(end)), FormatError);
    }
  }));
});

Deno.test("decodePickle: none of the 256 operations runs code or makes anything but data", () => {
  // Behind names of Python that run code, with marks, arguments and a dictionary, alone and all together.
  const parts = ["", "(\x8c\x02os\x8c\x06system", "((\x8c\x02ls)", "}(", "\x8c\x08builtins\x8c\x04exec"];
  const starts = [...parts, parts.join("")];
  for (const start of starts) {
    for (let operation = 0; operation < 256; operation++) {
      const text = `${start}${String.fromCharCode(operation)}os\nsystem\n\x04\0\0\0\0\0\0\0.`;
      const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
      try {
        assertData(decodePickle(bytes, numpyRules(bytes.length)));
      } catch (error) {
        if (!(error instanceof FormatError)) throw new Error(`operation ${operation}`, { cause: error });
      }
    }
  }
});

function assertData(value: PickleValue): void {
  if (value instanceof Map) {
    for (const each of [...value].flat()) assertData(each);
  } else if (Array.isArray(value)) value.forEach(assertData);
  else if (value !== null && typeof value === "object" && !(value instanceof Uint8Array)) {
    throw new TypeError(`a ${value.constructor.name} is no plain data`);
  }
}

Deno.test("decodeSscnet: gives back any runs that fill the volume", () => {
  const total = voxelCount(SSCNET_GRID);
  const run = fc.tuple(
    fc.oneof(fc.integer({ min: 0, max: 36 }), fc.constant(255)),
    fc.integer({ min: 1, max: 500_000 }),
  );
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 16 }), (parts) => {
      const sum = parts.reduce((count, [, length]) => count + length, 0);
      if (sum >= total) return;
      const volume = decodeSscnet(sscnetBytes({ runs: [...parts, [7, total - sum]] }), "a.bin");
      const merged: [number, number][] = [];
      for (const [value, length] of [...parts, [7, total - sum]]) {
        if (merged.at(-1)?.[0] === value) merged.at(-1)![1] += length;
        else merged.push([value, length]);
      }
      assertEquals(runsOf(volume.voxels), merged);
    }),
    { numRuns: 10 },
  );
});
