import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../base/errors.ts";
import { fingerprint } from "../../../data/scenes/fingerprint.ts";
import { readTrainedScenes, TrainedScenes } from "../../../data/scenes/trained_scenes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const print = (label: number) => fingerprint(new Uint8Array(4096).fill(label), [16, 16, 16]);

Deno.test("fingerprint: SHA-256 of grid and labels; another shape is another scene", async () => {
  const labels = Uint8Array.from({ length: 8192 }, (_, i) => i % 12);
  const bytes = new Uint8Array(12 + 8192);
  bytes.set([32, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0]);
  bytes.set(labels, 12);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  assertEquals(fingerprint(labels, [32, 16, 16]), hash.slice(0, 32));
  assertEquals(fingerprint(labels, [16, 16, 32]) === hash.slice(0, 32), false);
});

Deno.test("TrainedScenes: each scene once, over several sessions, whatever its name", async () => {
  await using folder = await TemporaryFolder.make();
  const path = folder.join("trained_scenes.txt");
  assertEquals(await readTrainedScenes(path), null);
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 4, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(names, async (names) => {
      await Deno.remove(path).catch(() => {});
      for (const upTo of [2, 4]) {
        const file = await TrainedScenes.open(path);
        for (let i = 0; i < upTo; i++) file.add(names[i], print(i));
        await file.save();
        await file.save();
      }
      assertEquals([...await readTrainedScenes(path) ?? []], names.map((name, i) => [print(i), name]));
    }),
    { numRuns: 20, examples: [[["a\nb", "c\\n", "\\", "d e"]]] },
  );
});

Deno.test("TrainedScenes: a line that a killed process left half-written is dropped; other damage is named", async () => {
  await using folder = await TemporaryFolder.make();
  const path = await folder.write("trained_scenes.txt", `${print(1)} a\n${print(2)} b`);
  assertEquals(await readTrainedScenes(path), new Map([[print(1), "a"]]));
  const file = await TrainedScenes.open(path);
  file.add("c", print(3));
  await file.save();
  assertEquals(await readTrainedScenes(path), new Map([[print(1), "a"], [print(3), "c"]]));
  await folder.write("trained_scenes.txt", `${print(1)} a\nnonsense\n`);
  await assertRejects(() => TrainedScenes.open(path), UserError, "trained_scenes.txt:2");
});
