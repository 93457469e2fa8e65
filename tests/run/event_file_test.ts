import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { basename } from "@std/path";
import fc from "fast-check";
import { UserError } from "../../base/errors.ts";
import { EventFile, tfRecord } from "../../run/event_file.ts";
import { integerField } from "../../base/protobuf.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";
import { bytesOf, decodeMessage, decodeRecords, floatOf, textOf } from "./event_decoder.ts";

Deno.test("tfRecord: is decoded by an independent reader", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array()), (payloads) => {
    const file = Uint8Array.from(payloads.flatMap((payload) => [...tfRecord(payload)]));
    assertEquals(decodeRecords(file).map((data) => [...data]), payloads.map((data) => [...data]));
  }));
});

Deno.test("integerField: any whole number up to 2^53 - 1 survives", () => {
  fc.assert(fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 99 }), (value, field) => {
    assertEquals(decodeMessage(integerField(field, value)).get(field), [value]);
  }));
});

Deno.test("EventFile: version, scalars and a picture come back from the file while it is open", async () => {
  const folder = await Deno.makeTempDir();
  using file = await EventFile.create(`${folder}/events`, 0);
  const before = Date.now() / 1000;
  file.scalars(300, { "loss/reconstruction": 1234.5, "loss/discriminator": NaN });
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 255);
  file.image(1_000_000, { tag: "samples", widthPixels: 640, heightPixels: 48, png });
  const events = decodeRecords(await Deno.readFile(file.path)).map(decodeMessage);
  assertMatch(basename(file.path), /^events\.out\.tfevents\.\d{10}\.\d+\.fcr$/);
  assertEquals(events.length, 3);
  assertEquals(textOf(events[0], 3), "brain.Event:2");
  for (const event of events) assert(Math.abs(floatOf(event, 1) - before) < 60, "wall time");

  assertEquals(events[1].get(2), [300]);
  const scalars = (decodeMessage(bytesOf(events[1], 5)).get(1) ?? []).map((value) =>
    decodeMessage(value as Uint8Array)
  );
  assertEquals(scalars.map((value) => [textOf(value, 1), floatOf(value, 2)]), [
    ["loss/reconstruction", 1234.5],
    ["loss/discriminator", NaN],
  ]);

  assertEquals(events[2].get(2), [1_000_000]);
  const picture = decodeMessage(bytesOf(decodeMessage(bytesOf(events[2], 5)), 1));
  assertEquals(textOf(picture, 1), "samples");
  const image = decodeMessage(bytesOf(picture, 4));
  assertEquals([image.get(1), image.get(2), image.get(3)], [[48], [640], [3]]);
  assertEquals(bytesOf(image, 4), png);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("EventFile: hyperparameters are a row of TensorBoard's table", async () => {
  await using folder = await TemporaryFolder.make();
  using file = await EventFile.create(folder.path, 0);
  file.hyperparameters(3, { batch: 8, learningRate: 2e-3, data: "rooms", mirrored: false });
  const event = decodeMessage(decodeRecords(await Deno.readFile(file.path))[1]);
  assertEquals(event.get(2), [3]);
  const value = decodeMessage(bytesOf(decodeMessage(bytesOf(event, 5)), 1));
  assertEquals(textOf(value, 1), "_hparams_/session_start_info");
  const plugin = decodeMessage(bytesOf(decodeMessage(bytesOf(value, 9)), 1));
  assertEquals(textOf(plugin, 1), "hparams");
  const start = decodeMessage(bytesOf(decodeMessage(bytesOf(plugin, 2)), 3));
  assert(Math.abs(floatOf(start, 5) - Date.now() / 1000) < 60, "start_time_secs");
  const entries = start.get(1)!.map((entry) => decodeMessage(entry as Uint8Array));
  const valueOf = (name: string) => decodeMessage(bytesOf(entries.find((entry) => textOf(entry, 1) === name)!, 2));
  assertEquals([floatOf(valueOf("batch"), 2), floatOf(valueOf("learningRate"), 2)], [8, 2e-3]);
  assertEquals([textOf(valueOf("data"), 3), valueOf("mirrored").get(4)], ["rooms", [0]]);
  assertEquals(entries.length, 4);
});

Deno.test("EventFile: a resumed run has a file of its own that voids later events", async () => {
  const folder = await Deno.makeTempDir();
  using first = await EventFile.create(folder, 0);
  using second = await EventFile.create(folder, 501);
  assertNotEquals(first.path, second.path);
  assert(first.path < second.path, "TensorBoard reads files in order of their names");
  const [, start] = decodeRecords(await Deno.readFile(second.path)).map(decodeMessage);
  assertEquals(start.get(2), [501]);
  assertEquals(decodeMessage(bytesOf(start, 7)).get(1), [1], "SessionLog.START");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("EventFile: a folder that cannot be made is a clear error", async () => {
  const file = await Deno.makeTempFile();
  await assertRejects(() => EventFile.create(`${file}/events`, 0), UserError, `cannot write ${file}/events`);
  await Deno.remove(file);
});
