import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { roomSource } from "../../data/rooms/mod.ts";
import { findLabels, labelsOf, parseLabels } from "../../data/scenes/scene_labels.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

Deno.test("findLabels: of the file in the folder, or beside a file of scenes; null where there is none", async () => {
  await using folder = await TemporaryFolder.make();
  assertEquals(await findLabels(folder.path), null);
  await Deno.writeTextFile(
    folder.join("labels.csv"),
    'scene,label\n"room, one.npy",bedroom\r\nb/2.npy, living room \n\n',
  );
  const expected = new Map([["room, one.npy", "bedroom"], ["b/2.npy", "living room"]]);
  assertEquals(await findLabels(folder.path), expected);
  await Deno.writeTextFile(folder.join("scenes.pack"), "");
  assertEquals(await findLabels(folder.join("scenes.pack")), expected);
  await Deno.writeTextFile(folder.join("labels.csv"), "a,bedroom\na,office\n");
  await assertRejects(() => findLabels(folder.path), UserError, 'labels.csv:2: scene "a" has a label already');
});

Deno.test("parseLabels: lines that are none are named", () => {
  for (const line of ["bedroom", ",bedroom", "a,", "a,b,c", `a,${"x".repeat(41)}`]) {
    assertThrows(() => parseLabels(`x,y\n${line}\n`, "labels.csv"), UserError, "labels.csv:2: expected the name");
  }
  assertThrows(() => parseLabels('a,"b\n', "labels.csv"), UserError, "labels.csv: no comma-separated values");
  const many = Array.from({ length: 1001 }, (_, i) => `${i},kind ${i}`).join("\n");
  assertThrows(() => parseLabels(many, "labels.csv"), UserError, "1001 different labels");
});

Deno.test("labelsOf: a room's is the kind in its name; of other scenes those that the file names, which must be some", async () => {
  await using folder = await TemporaryFolder.make();
  using rooms = roomSource({ seed: 2, grid: [16, 16, 16], count: 9 });
  const kinds = await labelsOf(rooms, "rooms");
  assertEquals([...kinds.keys()], rooms.sceneIds);
  for (const [id, kind] of kinds) assertEquals(id.split("-")[2], kind);
  const { label: _, ...others } = rooms;
  assertEquals(await labelsOf(others, folder.path), new Map());
  await Deno.writeTextFile(folder.join("labels.csv"), `${rooms.sceneIds[3]},attic\nnobody,cellar\n`);
  assertEquals((await labelsOf(others, folder.path)).get(rooms.sceneIds[3]), "attic");
  await Deno.writeTextFile(folder.join("labels.csv"), "nobody,cellar\n");
  await assertRejects(() => labelsOf(others, folder.path), UserError, "names none of the scenes (9 procedural rooms");
});
