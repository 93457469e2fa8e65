import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../base/errors.ts";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { makeManifest, readManifest, sceneIndices, writeManifest } from "../../../data/scenes/manifest.ts";
import { scenevoxSource } from "../../../data/formats/scenevox.ts";
import { splitGroup, splitScenes } from "../../../data/scenes/split.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const ids = (count: number) => Array.from({ length: count }, (_, i) => `scene-${i}`);

Deno.test("splitScenes: the order of the scenes does not matter, the seed does", () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(names, fc.nat(), fc.double({ min: 0, max: 0.9, noNaN: true }), (names, seed, fraction) => {
    const split = splitScenes(names, seed, fraction);
    assertEquals(splitScenes(names.toReversed(), seed, fraction), split);
    assertEquals([...split.train, ...split.test].sort(), names.toSorted());
    assert(split.train.length > 0);
  }));
  assertNotEquals(splitScenes(ids(100), 1).test, splitScenes(ids(100), 2).test);
});

Deno.test("splitScenes: 95 % to 5 % by default, at least one test scene where there are two", () => {
  for (const [count, expected] of [[10_000, 500], [200, 10], [30, 2], [2, 1], [1, 0]]) {
    const { train, test } = splitScenes(ids(count), 0);
    assertEquals([train.length, test.length], [count - expected, expected]);
  }
  assertEquals(splitScenes(ids(5), 0, 0).test, []);
});

Deno.test("splitScenes: scenes of one folder stay together", () => {
  const names = Array.from({ length: 200 }, (_, i) => `house${i % 40}/room${i}`);
  const { train, test } = splitScenes(names, 7, 0.3);
  const trainHouses = new Set(train.map(splitGroup));
  assert(test.length >= 60 && test.length < 65);
  assertEquals(test.filter((id) => trainHouses.has(splitGroup(id))), []);
});

Deno.test("splitScenes: refuses no scenes, names given twice and impossible shares", () => {
  assertThrows(() => splitScenes([], 0), UserError, "there is no scene");
  assertThrows(() => splitScenes(["a", "a"], 0), UserError, 'two scenes have the name "a"');
  for (const fraction of [-0.1, 1, NaN]) assertThrows(() => splitScenes(ids(3), 0, fraction), UserError, "fraction");
});

Deno.test("splitScenes: the split of a seed never changes between versions", () => {
  // The three smallest SHA-256 of "0:scene-0" to "0:scene-59", computed with hashlib of Python.
  assertEquals(splitScenes(ids(60), 0).test, ["scene-2", "scene-27", "scene-4"]);
});

async function makeScenes(folder: TemporaryFolder, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const data = new Uint8Array(4096).fill(i);
    await folder.write(`scenes/s${i}/room.npy`, encodeNpy({ dtype: "uint8", shape: [16, 16, 16], data }));
  }
}

Deno.test("makeManifest: writeManifest and readManifest give it back", async () => {
  await using folder = await TemporaryFolder.make();
  await makeScenes(folder, 8);
  using source = await scenevoxSource(folder.join("scenes"));
  const manifest = await makeManifest(source, { seed: 5, testFraction: 0.25 });
  assertEquals([manifest.train.length, manifest.test.length, manifest.source.files.length], [6, 2, 8]);
  await writeManifest(folder.join("run", "manifest.json"), manifest);
  assertEquals(await readManifest(folder.join("run", "manifest.json")), manifest);
});

Deno.test("sceneIndices: finds scenes by name and says which one is missing", async () => {
  await using folder = await TemporaryFolder.make();
  await makeScenes(folder, 3);
  using source = await scenevoxSource(folder.join("scenes"));
  assertEquals(sceneIndices(source, ["s2/room", "s0/room"]), [2, 0]);
  assertThrows(() => sceneIndices(source, ["s9/room"]), UserError, 'no scene "s9/room"');
});

Deno.test("readManifest: names the field that is wrong", async () => {
  await using folder = await TemporaryFolder.make();
  const good = {
    format: 1,
    grid: [16, 16, 16],
    source: { kind: "rooms", origin: "rooms", options: { seed: 1 }, files: [] },
    seed: 1,
    testFraction: 0.05,
    train: ["a"],
    test: ["b"],
  };
  const path = folder.join("manifest.json");
  await folder.write("manifest.json", JSON.stringify(good));
  assertEquals((await readManifest(path)).train, ["a"]);
  const bad: [object, string][] = [
    [{ ...good, format: 2 }, "format: expected 1"],
    [{ ...good, grid: [16, 16] }, "grid"],
    [{ ...good, grid: [16, 20, 16] }, "multiple of 16"],
    [{ ...good, seed: "x" }, "seed"],
    [{ ...good, train: undefined }, "train"],
    [{ ...good, test: ["a"] }, 'scene "a" occurs twice'],
    [{ ...good, source: { ...good.source, files: [{ path: "a", bytes: 1, sha256: "x" }] } }, "source.files.0.sha256"],
  ];
  for (const [content, message] of bad) {
    await folder.write("manifest.json", JSON.stringify(content));
    const error = await assertRejects(() => readManifest(path), UserError, message);
    assert(error.message.startsWith(path));
  }
  await folder.write("manifest.json", '{"format": 1,');
  await assertRejects(() => readManifest(path), UserError, "is not JSON");
});
