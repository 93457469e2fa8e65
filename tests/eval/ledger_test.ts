import { assertEquals, assertRejects } from "@std/assert";
import { Ledger, LEDGER_FILE } from "../../eval/ledger.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

/** A piece of work that writes `a.txt` and counts how often it is done. */
function work(folder: TemporaryFolder): { times: number; run: () => Promise<string[]> } {
  const piece = { times: 0, run: async () => (await folder.write("a.txt", `${++piece.times}`), ["a.txt"]) };
  return piece;
}

Deno.test("Ledger: work is done once for the same inputs, also after the folder is opened again", async () => {
  await using folder = await TemporaryFolder.make();
  const piece = work(folder), open = () => Ledger.open(folder.path, { checkpoint: "abc" });
  assertEquals(await (await open()).once("a", { steps: 3, path: "linear" }, piece.run), true);
  assertEquals(await (await open()).once("a", { path: "linear", steps: 3 }, piece.run), false);
  assertEquals(piece.times, 1);
});

Deno.test("Ledger: other inputs, another checkpoint, a missing or shorter file, a damaged record: done again", async () => {
  await using folder = await TemporaryFolder.make();
  const piece = work(folder);
  const once = async (checkpoint: string, steps: number) =>
    await (await Ledger.open(folder.path, { checkpoint })).once("a", { steps }, piece.run);
  await once("abc", 3);
  const again: [string, number, () => Promise<unknown>][] = [
    ["abc", 4, async () => {}],
    ["def", 4, async () => {}],
    ["def", 4, () => Deno.remove(folder.join("a.txt"))],
    ["def", 4, () => Deno.writeTextFile(folder.join("a.txt"), "")],
    ["def", 4, () => Deno.writeTextFile(folder.join(LEDGER_FILE), "{")],
    ["def", 4, () => Deno.writeTextFile(folder.join(LEDGER_FILE), '{"a": 3}')],
  ];
  for (const [checkpoint, steps, harm] of again) {
    await harm();
    assertEquals([await once(checkpoint, steps), await once(checkpoint, steps)], [true, false]);
  }
  assertEquals(piece.times, 1 + again.length);
});

Deno.test("Ledger: work that is stopped in the middle counts for neither the old nor the new inputs", async () => {
  await using folder = await TemporaryFolder.make();
  const piece = work(folder), open = () => Ledger.open(folder.path, {});
  await (await open()).once("a", { steps: 3 }, piece.run);
  const stopped = () => Promise.reject(new Error("stopped"));
  await assertRejects(async () => await (await open()).once("a", { steps: 4 }, stopped), Error, "stopped");
  assertEquals(await (await open()).has("a", { steps: 3 }), false);
  assertEquals(await (await open()).has("a", { steps: 4 }), false);
});

Deno.test("Ledger.removeOthers: files of another checkpoint go unless someone changed them", async () => {
  await using folder = await TemporaryFolder.make();
  const write = (name: string) => async () => (await folder.write(name, "abc"), [name]);
  const old = await Ledger.open(folder.path, { checkpoint: "old" });
  await old.once("a", {}, write("a.txt"));
  await old.once("b", {}, write("b.txt"));
  await folder.write("b.txt", "changed by hand");
  assertEquals(await (await Ledger.open(folder.path, { checkpoint: "old" })).removeOthers(), 0);
  assertEquals(await (await Ledger.open(folder.path, { checkpoint: "new" })).removeOthers(), 1);
  const names = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).sort();
  assertEquals(names, ["b.txt", LEDGER_FILE]);
});

Deno.test("Ledger.removeOthers: a record that names files outside its folder removes none", async () => {
  await using folder = await TemporaryFolder.make();
  const outside = await folder.write("keep.txt", "kept");
  for (const name of ["../keep.txt", "..\\keep.txt", outside]) {
    const record = { a: { inputs: { checkpoint: "old" }, files: { [name]: 4 } } };
    await folder.write(`out/${LEDGER_FILE}`, JSON.stringify(record));
    assertEquals(await (await Ledger.open(folder.join("out"), { checkpoint: "new" })).removeOthers(), 0);
    assertEquals(await Deno.readTextFile(outside), "kept");
  }
});
