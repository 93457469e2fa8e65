/** Writers of scenes whose names come from a file: nothing outside the output folder, nothing lost. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeNpy, readNpy } from "../../../data/formats/npy.ts";
import { PACK_ENDING, packSource, writePack } from "../../../data/formats/pack/pack.ts";
import type { Grid } from "../../../data/grid.ts";
import { openScenes } from "../../../data/scenes/open.ts";
import type { SceneSource } from "../../../data/scenes/scene_source.ts";
import { writeScenes } from "../../../data/scenes/write_scenes.ts";
import { hostileNames } from "../../helpers/hostile_names.ts";
import { npzBytes } from "../../helpers/npz_bytes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const GRID: Grid = [16, 16, 16];

/** Scenes of these names; scene i begins with label i. */
function sourceOf(sceneIds: readonly string[]): SceneSource {
  return {
    description: "scenes of a test",
    grid: GRID,
    sceneIds,
    read: (index) => Promise.resolve(labelsOf(index)),
    provenance: () => Promise.resolve({ kind: "test", origin: "test", options: {}, files: [] }),
    [Symbol.dispose]() {},
  };
}

const labelsOf = (index: number) => new Uint8Array(4096).fill(index % 12, 0, 1);

/** Every file and folder below a folder, by its path. */
function below(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? below(`${folder}/${name}`, `${prefix}${name}/`) : [prefix + name]
  ).sort();
}

/** Writes scenes of the source into a folder of a folder, and expects all of them there and nothing beside it. */
async function assertInside(source: SceneSource, count: number): Promise<void> {
  await using folder = await TemporaryFolder.make();
  const out = folder.join("a/b/out");
  await writeScenes(source, out);
  assert(below(folder.path).every((path) => path.startsWith("a/b/out/")), below(folder.path).join());
  using found = await openScenes(out);
  assertEquals(found.sceneIds.length, count);
  const firsts = await Promise.all(found.sceneIds.map(async (_, index) => (await found.read(index))[0]));
  assertEquals(firsts.sort(), Array.from({ length: count }, (_, i) => i % 12).sort());
}

const names = fc.uniqueArray(hostileNames, { minLength: 1, maxLength: 8 });

Deno.test("writeScenes: names of any kind stay in the folder, all scenes are there and found again", async () => {
  await fc.assert(fc.asyncProperty(names, (ids) => assertInside(sourceOf(ids), ids.length)), { numRuns: 30 });
});

Deno.test("writeScenes: the same for names in packs, and in archives, two of the same name among them", async () => {
  await using folder = await TemporaryFolder.make();
  let number = 0;
  await fc.assert(
    fc.asyncProperty(names, async (ids) => {
      const path = folder.join(`${number++}${PACK_ENDING}`);
      if (new Set(ids.map((id) => id.toWellFormed().replaceAll("\0", "\ufffd"))).size < ids.length) return;
      await writePack(sourceOf(ids), path);
      using source = await packSource(path);
      await assertInside(source, ids.length);
    }),
    { numRuns: 10 },
  );
  await fc.assert(
    fc.asyncProperty(names, async (keys) => {
      const files = keys.map((key, i) => ({
        name: `${key}.npy`,
        content: encodeNpy({ dtype: "uint8", shape: GRID, data: labelsOf(i) }),
        deflated: true,
      }));
      using source = await openScenes(await folder.write(`${number++}.npz`, npzBytes(files)));
      await assertInside(source, source.sceneIds.length);
    }),
    { numRuns: 10 },
  );
});

Deno.test("writeScenes: an entry x/../../keep/labels of an archive does not replace keep/labels.npy", async () => {
  await using folder = await TemporaryFolder.make();
  const kept = await folder.write("keep/labels.npy", "kept");
  const content = encodeNpy({ dtype: "uint8", shape: GRID, data: labelsOf(3) });
  const npz = npzBytes([{ name: "x/../../keep/labels.npy", content, deflated: false }]);
  using source = await openScenes(await folder.write("evil.npz", npz));
  await writeScenes(source, folder.join("out"));
  assertEquals(await Deno.readTextFile(kept), "kept");
  assertEquals(below(folder.join("out")), ["evil#x/__.._keep_labels.npy", "provenance.json"]);
  assertEquals((await readNpy(folder.join("out", below(folder.join("out"))[0]))).data, labelsOf(3));
});
