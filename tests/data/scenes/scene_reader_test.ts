import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import { fingerprint } from "../../../data/scenes/fingerprint.ts";
import { SceneLoader } from "../../../data/scenes/loader.ts";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { openScenes } from "../../../data/scenes/open.ts";
import { writePack } from "../../../data/formats/pack/pack.ts";
import { roomSource } from "../../../data/rooms/mod.ts";
import { SceneReader } from "../../../data/scenes/scene_reader.ts";
import { writeScenes } from "../../../data/scenes/write_scenes.ts";
import { sscnetBytes } from "../../helpers/sscnet_bytes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const GRID = [16, 16, 32] as const;

Deno.test("SceneReader: threads read what the source reads, of every kind of source, with the same fingerprints", async () => {
  await using folder = await TemporaryFolder.make();
  const rooms = roomSource({ seed: 2, grid: GRID, count: 5 });
  await writeScenes(rooms, folder.join("loose"));
  await writePack(rooms, folder.join("rooms.pack"));
  const labels = new Uint8Array(2 * 8192);
  for (let i = 0; i < 2; i++) labels.set(await rooms.read(i), i * 8192);
  const data = BigInt64Array.from(labels, BigInt);
  await folder.write("stack.npy", encodeNpy({ dtype: "int64", shape: [2, ...GRID], data }));
  await folder.write("bins/a.bin", sscnetBytes({ runs: [[3, 240 * 144 * 240]] }));
  const renumber = Uint8Array.from({ length: 12 }, (_, i) => 11 - i);
  const sources = [
    rooms,
    await openScenes(folder.join("loose")),
    await openScenes(folder.join("loose"), { renumber }),
    await openScenes(folder.join("rooms.pack")),
    await openScenes(folder.join("stack.npy")),
    await openScenes(folder.join("bins")),
  ];
  for (const source of sources) {
    using owned = source;
    await using reader = new SceneReader({ source: owned, threads: 2, cacheBytes: 0, fingerprints: true });
    assertEquals(reader.readsAhead, source !== sources[3]); // packs are read faster than a message is sent
    const found = await Promise.all(source.sceneIds.map((_, index) => reader.read(index)));
    for (const [index, labels] of found.entries()) {
      assertEquals(labels, await source.read(index));
      assertEquals(reader.fingerprint(index), fingerprint(labels, source.grid));
    }
    assertEquals(reader.scenesRead, source.sceneIds.length);
  }
});

Deno.test("SceneReader: an error of a thread is the source's; the others go on; disposing ends reads under way", async () => {
  await using folder = await TemporaryFolder.make();
  const rooms = roomSource({ seed: 2, grid: GRID, count: 4 });
  await writeScenes(rooms, folder.join("loose"));
  using source = await openScenes(folder.join("loose"));
  await Deno.writeFile(folder.join("loose", rooms.sceneIds[1], "labels.npy"), new Uint8Array(100));
  let left: Promise<Uint8Array>;
  {
    await using reader = new SceneReader({ source, threads: 1 });
    const results = await Promise.allSettled([0, 1, 2].map((index) => reader.read(index)));
    assertEquals(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    await assertRejects(() => reader.read(1), UserError, "labels.npy is not a NumPy .npy file");
    assertEquals(await reader.read(0), await rooms.read(0));
    left = reader.read(3);
    left.catch(() => {});
  }
  await assertRejects(() => left, Error, "the workers were ended");
});

Deno.test("SceneLoader: with threads, batches are those of a run without, from any iteration on, in any order", async () => {
  using source = roomSource({ seed: 6, grid: GRID, count: 11 });
  await using plain = new SceneReader({ source, cacheBytes: 0 });
  await using threaded = new SceneReader({ source, threads: 2, cacheBytes: 4 * 8192 });
  const options = { batch: 4, seed: 3 };
  await using expected = new SceneLoader({ reader: plain, ...options });
  await using found = new SceneLoader({ reader: threaded, ...options });
  for (const iteration of [0, 1, 2, 7, 8, 3, 4, 5, 6, 1000]) {
    assertEquals(await found.batch(iteration), await expected.batch(iteration), `iteration ${iteration}`);
  }
  assert(found.secondsWaited > 0);
});
