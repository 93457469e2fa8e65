import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FormatError } from "../../../../base/byte_reader.ts";
import { UserError } from "../../../../base/errors.ts";
import { decompressSnappy } from "../../../../data/formats/tensorflow/snappy.ts";
import { Table } from "../../../../data/formats/tensorflow/table.ts";
import { binaryBytes, blockEntries } from "../../../../data/formats/tensorflow/table_block.ts";
import { encodeTable } from "../../../../data/formats/tensorflow/table_writer.ts";
import { MemorySource } from "../../../helpers/memory_source.ts";
import { blockBytes, snappyBytes, tableBytes, tableOf, varintBytes } from "../../../helpers/table_bytes.ts";

const key = fc.uint8Array({ maxLength: 12 }).map((bytes) => String.fromCharCode(...bytes));
const entries = fc.uniqueArray(fc.tuple(key, fc.uint8Array({ maxLength: 40 })), { selector: ([key]) => key })
  .map((list) => list.sort(([a], [b]) => a < b ? -1 : 1));

const open = (bytes: Uint8Array) => Table.open(new MemorySource("model", bytes));

async function contentOf(table: Table): Promise<[string, number[]][]> {
  const content: [string, number[]][] = [];
  await table.forEach(({ key, value }) => content.push([key, [...value]]));
  return content;
}

Deno.test("Table: reads what an independent writer wrote, plain and snappy, whole and by key", async () => {
  await fc.assert(
    fc.asyncProperty(entries, fc.integer({ min: 1, max: 9 }), async (list, perBlock) => {
      for (const compression of ["none", "snappy"] as const) {
        const table = await open(tableOf(list, perBlock, compression));
        assertEquals(await contentOf(table), list.map(([key, value]) => [key, [...value]]));
        for (const [key, value] of list) assertEquals(await table.get(key), value);
        assertEquals(await table.get("\xff".repeat(13)), null);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("encodeTable: what it writes is read back, over several blocks and with values larger than a block", async () => {
  const values = Array.from({ length: 40 }, (_, i) => new Uint8Array(i === 7 ? 600_000 : 20_000 + i).fill(i));
  const list = values.map((value, i) => ({ key: `variable_${String(i).padStart(3, "0")}`, value }));
  const table = await open(encodeTable(list));
  for (const { key, value } of list) assertEquals(await table.get(key), value);
  assertEquals((await contentOf(table)).length, 40);
  await fc.assert(
    fc.asyncProperty(entries, async (list) => {
      const table = await open(encodeTable(list.map(([key, value]) => ({ key, value }))));
      assertEquals(await contentOf(table), list.map(([key, value]) => [key, [...value]]));
    }),
    { numRuns: 60 },
  );
});

Deno.test("decompressSnappy: gives back what an independent compressor packed", () => {
  const compressible = fc.array(fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.integer({ min: 1, max: 30 })))
    .map((parts) => Uint8Array.from(parts.flatMap(([bytes, times]) => Array(times).fill([...bytes]).flat())));
  fc.assert(
    fc.property(compressible, (bytes) => assertEquals(decompressSnappy(snappyBytes(bytes), bytes.length), bytes)),
  );
  // Literals with lengths of one and two bytes, and a copy with a distance of four (format_description.txt, 2.1, 2.2.3).
  const literal = Uint8Array.from({ length: 300 }, (_, i) => i);
  const packed = [...varintBytes(364), 61 << 2, 299 & 0xff, 299 >> 8, ...literal, 63 << 2 | 3, 0x2c, 1, 0, 0];
  assertEquals(decompressSnappy(Uint8Array.from(packed), 364), Uint8Array.from([...literal, ...literal.slice(0, 64)]));
});

Deno.test("decompressSnappy: refuses what claims too much, copies from nowhere, or does not add up", () => {
  const refuses = (bytes: number[], message: string) =>
    assertThrows(() => decompressSnappy(Uint8Array.from(bytes), 100), FormatError, message);
  refuses([101, 0, 65], "claims to unpack to 101 bytes");
  refuses([5, 0, 65, 1, 9], "copies from 9 bytes before byte 1");
  refuses([5, 0, 65, 1, 0], "copies from 0 bytes before byte 1");
  refuses([3, 0, 65, 1, 1], "unpacks to more than the 3 bytes");
  refuses([3, 0, 65], "unpacks to 1 bytes and claims 3");
  refuses([3, 8, 65], "3 bytes wanted, 1 are left");
});

Deno.test("blockEntries: refuses entries that do not fit", () => {
  const refuses = (block: Uint8Array, message: string) =>
    assertThrows(() => [...blockEntries(block)], FormatError, message);
  const none = new Uint8Array(0);
  refuses(none, "too short");
  refuses(Uint8Array.of(0, 0, 0, 9), "restart points");
  refuses(blockBytes([["b", none], ["a", none]], 1), "ascending");
  refuses(Uint8Array.of(1, 0, 0, 0, 0, 0, 0), "shares 1 bytes with one of 0");
  refuses(Uint8Array.of(0, 9, 0, 0, 0, 0, 0), "9 bytes wanted");
  const long = Array.from({ length: 200 }, (_, i) => ["x".repeat(300) + String.fromCharCode(i), none] as const);
  refuses(blockBytes(long, 1000), "longer than is plausible");
});

Deno.test("Table: names what is wrong with a damaged file", async () => {
  const none = new Uint8Array(0);
  const good = tableOf([["a", none], ["b", none]]);
  const refuses = async (bytes: Uint8Array, message: string) => {
    const error = await assertRejects(async () => await contentOf(await open(bytes)), UserError, message);
    assert(error.message.startsWith("model: "), error.message);
  };
  const changed = (at: number, to: number) => good.map((byte, i) => i === at ? to : byte);
  await refuses(good.subarray(0, 20), "the last 48 bytes: it is truncated: it has 20 bytes");
  await refuses(good.subarray(0, -1), "the magic number of a table is missing");
  await refuses(changed(good.length - 1, 0), "the magic number of a table is missing");
  await refuses(changed(1, 77), "the block at byte 0: its checksum does not match");
  await refuses(good.subarray(30), "the index: ");
  const block = blockBytes([["a", none]]);
  const strange = tableBytes([{ content: block, lastKey: "a" }]);
  strange[block.length] = 7;
  await refuses(strange, "the block at byte 0: its checksum does not match");
  // The same block twice, as an index that would make a small file long to read.
  const handle = binaryBytes("\0" + String.fromCharCode(block.length));
  const index = blockBytes([["a", handle], ["b", handle]], 1);
  const twice = tableBytes([{ content: block, lastKey: "a" }, { content: index, lastKey: "b" }]);
  twice.set([...varintBytes(block.length + 5), ...varintBytes(index.length)], twice.length - 48 + 2);
  await refuses(twice, "the index: its blocks overlap");
});
