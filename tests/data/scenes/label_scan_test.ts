import { assertEquals, assertRejects } from "@std/assert";
import { CacheFolder } from "../../../base/cache_folder.ts";
import { UserError } from "../../../base/errors.ts";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { roomSource } from "../../../data/rooms/mod.ts";
import { scanLabels } from "../../../data/scenes/label_scan.ts";
import { openScenes, type SceneOptions } from "../../../data/scenes/open.ts";
import { SceneReader } from "../../../data/scenes/scene_reader.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const scene = (label: number) =>
  encodeNpy({ dtype: "uint8", shape: [16, 16, 16], data: new Uint8Array(4096).fill(label, 4095) });

Deno.test("scanLabels: looks at every scene once, and again only when a file or what labels mean has changed", async () => {
  await using folder = await TemporaryFolder.make();
  const cache = new CacheFolder(folder.join("cache")), data = folder.join("scenes");
  for (let i = 0; i < 40; i++) await folder.write(`scenes/${i}/a.npy`, scene(i % 12));
  const read = async (options: SceneOptions = {}, signal?: AbortSignal) => {
    using source = await openScenes(data, options);
    await using reader = new SceneReader({ source });
    await scanLabels(reader, { cache, signal });
    return reader.scenesRead;
  };
  assertEquals(await read({}, AbortSignal.abort()), 0);
  assertEquals([await read(), await read()], [40, 0]);
  assertEquals(await read({ unknownLabels: "254" }), 40);
  await folder.write("scenes/39/a.npy", scene(254));
  await Deno.utime(folder.join("scenes/39/a.npy"), 1, 1); // however coarse the clock of the file system is
  await assertRejects(() => read(), UserError, "39/a.npy: label 254 at voxel [15, 15, 15]");
  await assertRejects(() => read(), UserError, "label 254"); // a bad set is not remembered
  assertEquals([await read({ unknownLabels: "254" }), await read({ unknownLabels: "254" })], [40, 0]);
});

Deno.test("scanLabels: leaves out sources whose labels need no look", async () => {
  using source = roomSource({ seed: 1, grid: [16, 16, 16], count: 5 });
  await using reader = new SceneReader({ source });
  await scanLabels(reader, { cache: new CacheFolder(null) });
  assertEquals(reader.scenesRead, 0);
});

Deno.test("SceneReader: refuses a scene of which nothing is known, and no other", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write("a/a.npy", scene(255));
  await folder.write(
    "b/a.npy",
    encodeNpy({ dtype: "uint8", shape: [16, 16, 16], data: new Uint8Array(4096).fill(255) }),
  );
  using source = await openScenes(folder.path);
  await using reader = new SceneReader({ source });
  assertEquals((await reader.read(0)).at(-1), 255);
  await assertRejects(() => reader.read(1), UserError, "every voxel is unknown (label 255)");
  await assertRejects(() => scanLabels(reader, { cache: new CacheFolder(null) }), UserError, "b");
});
