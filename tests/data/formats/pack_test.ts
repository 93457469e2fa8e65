import { assert, assertEquals, assertGreater, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FormatError } from "../../../base/byte_reader.ts";
import { UserError } from "../../../base/errors.ts";
import type { ClassSet } from "../../../data/classes.ts";
import { fingerprint } from "../../../data/scenes/fingerprint.ts";
import { type Grid, voxelCount } from "../../../data/grid.ts";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { inspectFile, openScenes } from "../../../data/scenes/open.ts";
import { packSource, writePack } from "../../../data/formats/pack/pack.ts";
import { packLabels, unpackLabels } from "../../../data/formats/pack/pack_codec.ts";
import { roomSource } from "../../../data/rooms/mod.ts";
import type { SceneSource } from "../../../data/scenes/scene_source.ts";
import { writeScenes } from "../../../data/scenes/write_scenes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const GRID: Grid = [32, 16, 32];

function unpacked(packed: Uint8Array, grid: Grid, classes = 256): Uint8Array {
  const labels = new Uint8Array(voxelCount(grid));
  unpackLabels(packed, grid, classes, labels);
  return labels;
}

/** Volumes from noise to emptiness: runs of random lengths, some of which repeat what lies a row or a plane back. */
const volumes = fc.tuple(
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 12 }),
)
  .chain((grid) => {
    const part = fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 200 }), fc.nat(3));
    return fc.array(part, { minLength: 1, maxLength: 200 }).map((parts) => {
      const labels = new Uint8Array(voxelCount(grid));
      let at = 0;
      for (const [label, length, kind] of parts) {
        const distance = [0, 1, grid[2], grid[1] * grid[2]][kind];
        for (let i = 0; i < length && at < labels.length; i++, at++) {
          labels[at] = kind === 0 || at < distance ? label + (kind === 0 && length < 4 ? i : 0) : labels[at - distance];
        }
      }
      return { grid: grid as Grid, labels };
    });
  });

Deno.test("unpackLabels: gives back what packLabels was given, and noise grows by little", () => {
  fc.assert(fc.property(volumes, ({ grid, labels }) => {
    const packed = packLabels(labels, grid);
    assertEquals(unpacked(packed, grid), labels);
    assert(packed.length <= labels.length + 8);
  }));
  const noise = crypto.getRandomValues(new Uint8Array(32 * 16 * 32));
  assert(packLabels(noise, GRID).length <= noise.length + 8);
  assertEquals(unpacked(packLabels(noise, GRID), GRID), noise);
});

Deno.test("unpackLabels: tokens by hand", () => {
  const grid: Grid = [2, 2, 4];
  // literal 1 2 3; run of one 4; below 4; beside 8.
  assertEquals([...unpacked(Uint8Array.of(0xc2, 1, 2, 3, 0x00, 4, 0x43, 0x87), grid)], [
    ...[1, 2, 3, 4, 1, 2, 3, 4],
    ...[1, 2, 3, 4, 1, 2, 3, 4],
  ]);
  // A run of 64 + 2·128 + 0 = 320 voxels, and a copy that reaches into what it writes.
  assertEquals(unpacked(Uint8Array.of(0x3f, 0x80, 0x02, 7), [8, 8, 5]), new Uint8Array(320).fill(7));
  assertEquals([...unpacked(Uint8Array.of(0xc1, 5, 6, 0x45), [1, 4, 2])], [5, 6, 5, 6, 5, 6, 5, 6]);
});

Deno.test("unpackLabels: unknown voxels are no damage", () => {
  const labels = Uint8Array.from({ length: 48 }, (_, i) => i % 5 === 0 || i > 30 ? 255 : i % 12);
  assertEquals(unpacked(packLabels(labels, [3, 4, 4]), [3, 4, 4], 12), labels);
});

Deno.test("unpackLabels: damage is a FormatError that says what", () => {
  const bad = (bytes: number[], message: string) =>
    assertThrows(() => unpacked(Uint8Array.from(bytes), [1, 1, 4], 12), FormatError, message);
  bad([], "it holds 0 voxels, its grid has 4");
  bad([0x02, 1], "it holds 3 voxels, its grid has 4");
  bad([0x04, 1], "more than the 4 voxels");
  bad([0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1], "a length is cut off or out of range");
  bad([0x3f, 0x80], "a length is cut off or out of range");
  bad([0x03], "it is cut off");
  bad([0xc3, 1, 2], "it is cut off");
  bad([0x03, 12], "it has the label 12, expected 0 to 11");
  bad([0xc3, 1, 2, 3, 200], "it has the label 200");
  bad([0x43], "from before its start");
  bad([0x83], "from before its start");
});

Deno.test("writePack, packSource: rooms there and back, eight times smaller than .npy at least, random access", async () => {
  await using folder = await TemporaryFolder.make();
  using rooms = roomSource({ seed: 3, grid: GRID, count: 12 });
  const path = folder.join("rooms.pack");
  const { files, bytes, labelBytes } = await writePack(rooms, path);
  assertEquals(files, [path]);
  assertEquals((await Deno.stat(path)).size, bytes);
  assertEquals(labelBytes, 12 * voxelCount(GRID));
  assertGreater(12 * encodeNpy({ dtype: "uint8", shape: GRID, data: await rooms.read(0) }).length, 8 * bytes);
  using source = await openScenes(path);
  assertEquals([source.grid, source.sceneIds], [rooms.grid, rooms.sceneIds]);
  for (const index of [11, 0, 5, 5, 3]) {
    const labels = await rooms.read(index);
    assertEquals(await source.read(index), labels);
    assertEquals(source.fingerprint?.(index), fingerprint(labels, GRID));
  }
  await assertRejects(() => source.read(12), RangeError, "no scene 12");
  const provenance = await source.provenance();
  assertEquals([provenance.kind, provenance.files[0].path, provenance.madeFrom], [
    "pack",
    "rooms.pack",
    await rooms.provenance(),
  ]);
  assertStringIncludes(await inspectFile(path, 5), `scene   5 (${rooms.sceneIds[5]})`);
  await assertRejects(() => inspectFile(path, 12), UserError, "there is no scene 12, only 12");
  // convert unpacks: the same labels under the same names.
  await writeScenes(source, folder.join("loose"));
  using loose = await openScenes(folder.join("loose"));
  assertEquals(loose.sceneIds, rooms.sceneIds.map((id) => `${id}/labels`));
  assertEquals(await loose.read(7), await rooms.read(7));
});

Deno.test("writePack: several processes write the files that one writes", async () => {
  await using folder = await TemporaryFolder.make();
  using rooms = roomSource({ seed: 1, grid: [16, 16, 16], count: 7 });
  const alone = await writePack(rooms, folder.join("alone"), { shardScenes: 2 });
  const done: number[] = [], onProgress = (scenes: number) => done.push(scenes);
  const parts = await Promise.all(
    [0, 1, 2].map((rank) =>
      writePack(rooms, folder.join("together"), { shardScenes: 2, part: { rank, size: 3 }, onProgress })
    ),
  );
  assertEquals(parts.map(({ scenes }) => scenes), [3, 2, 2]);
  assertEquals(done.toSorted(), [1, 1, 1, 2, 2, 2, 3]);
  assertEquals(parts.flatMap(({ files }) => files).length, alone.files.length);
  for (const path of alone.files) {
    const other = path.replace("/alone/", "/together/");
    assertEquals(await Deno.readFile(other), await Deno.readFile(path), other);
  }
  const part = { rank: 1, size: 3 };
  await assertRejects(() => writePack(rooms, folder.join("a.pack"), { part }), UserError, "name a folder");
  await assertRejects(() => writePack(rooms, folder.join("together"), { shardScenes: 2, part }), UserError, "exists");
});

Deno.test("writePack: a folder of shards reads as one; packs are not written over unless told", async () => {
  await using folder = await TemporaryFolder.make();
  using rooms = roomSource({ seed: 1, grid: [16, 16, 16], count: 7 });
  const { files } = await writePack(rooms, folder.join("packs"), { shardScenes: 3 });
  assertEquals(files.length, 3);
  {
    using source = await packSource(folder.join("packs"));
    assertEquals(source.sceneIds, rooms.sceneIds);
    for (const index of [6, 0, 3, 2]) assertEquals(await source.read(index), await rooms.read(index));
  }
  await assertRejects(() => writePack(rooms, folder.join("packs")), UserError, "is not empty");
  await writePack(rooms, folder.join("packs"), { shardScenes: 3, force: true });
  await writePack(rooms, folder.join("a.pack"));
  await assertRejects(() => writePack(rooms, folder.join("a.pack")), UserError, "a.pack exists");
  await Deno.copyFile(files[0], folder.join("packs", "twice.pack"));
  await assertRejects(() => packSource(folder.join("packs")), UserError, "which");
  await Deno.remove(folder.join("packs", "twice.pack"));
  using others = roomSource({ seed: 1, grid: [32, 16, 16], count: 1 });
  await writePack(others, folder.join("packs", "z.pack"));
  await assertRejects(() => packSource(folder.join("packs")), UserError, "has another grid or other classes");
});

Deno.test("writePack: a scene that cannot be read leaves no file, and its error is the source's", async () => {
  await using folder = await TemporaryFolder.make();
  const broken: SceneSource = {
    ...roomSource({ seed: 1, grid: [16, 16, 16], count: 2 }),
    read: () => Promise.reject(new UserError("scene 0 is broken")),
  };
  await assertRejects(() => writePack(broken, folder.join("a.pack")), UserError, "scene 0 is broken");
  assertEquals([...Deno.readDirSync(folder.path)], []);
});

Deno.test("packSource: keeps custom classes; other classes are refused", async () => {
  await using folder = await TemporaryFolder.make();
  const classes: ClassSet = { names: ["empty", "tree", "rock"], palette: [[0, 0, 0], [10, 20, 30], [40, 50, 60]] };
  const source: SceneSource = {
    ...roomSource({ seed: 1, grid: [16, 16, 16], count: 1 }),
    classes,
    read: () => Promise.resolve(new Uint8Array(4096).map((_, i) => i % 3)),
  };
  await writePack(source, folder.join("a.pack"));
  using found = await openScenes(folder.join("a.pack"), { classes });
  assertEquals(found.classes, classes);
  const other = { ...classes, names: ["empty", "tree", "sand"] };
  await assertRejects(() => openScenes(folder.join("a.pack"), { classes: other }), UserError, "empty, tree, rock");
});

Deno.test("packSource: every truncation and every changed byte is found, and named", async () => {
  await using folder = await TemporaryFolder.make();
  const path = folder.join("a.pack");
  await writePack(roomSource({ seed: 1, grid: [16, 16, 16], count: 2 }), path);
  const good = await Deno.readFile(path);
  const attempt = async (bytes: Uint8Array) => {
    await Deno.writeFile(path, bytes);
    const error = await assertRejects(async () => {
      using source = await packSource(path);
      await source.read(0);
      await source.read(1);
    }, UserError);
    assert(error.message.includes("a.pack"), error.message);
  };
  for (let end = 0; end < good.length; end += end < 64 || end > good.length - 64 ? 1 : 7) {
    await attempt(good.subarray(0, end));
  }
  for (let at = 0; at < good.length; at++) {
    await attempt(good.with(at, good[at] ^ 1 << at % 8));
  }
});
