/** What commands take a path for: where the caller stands, and the word "rooms". */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeNpy } from "../../data/formats/npy.ts";
import { assertRefused, environment, ROOT, runTask } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

/** A scene of one label, from a voxel on. */
const scene = (label: number, from = 0) =>
  encodeNpy({ dtype: "uint8", shape: [16, 16, 16], data: new Uint8Array(4096).fill(label, from) });
const TINY = ["--preset", "tiny", "--threads", "1", "--no-evaluate", "--iterations", "1", "--refine-iterations", "0"];

Deno.test("deno task --config <deno.json>: paths are those of the folder in which it is called", async () => {
  await using folder = await TemporaryFolder.make();
  const make = ["data", "make", "--count", "1", "--grid", "16x16x16", "--out"];
  const args = ["task", "--config", `${ROOT}deno.json`, ...make, "here"];
  const { env } = environment({ caller: folder.path }), options = { cwd: folder.path, env };
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, ...options }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assert((await Deno.stat(folder.join("here/provenance.json"))).isFile);
  // Only deno task changes the folder: a command that is started elsewhere stays there.
  const elsewhere = await runTask("data", [...make.slice(1), "there"], { cwd: folder.path, caller: ROOT });
  assertEquals(elsewhere.code, 0, elsewhere.err);
  assert((await Deno.stat(folder.join("there/provenance.json"))).isFile);
});

Deno.test("rooms: a folder of that name comes before procedural rooms, in every command", async () => {
  await using folder = await TemporaryFolder.make();
  const cwd = folder.path,
    run = async (task: string, ...args: string[]) => {
      const { code, out, err } = await runTask(task, args, { cwd });
      assertEquals(code, 0, err);
      return out;
    };
  const generated = ["--count", "2", "--grid", "32x16x32"];
  assertStringIncludes(await run("data", "stats", "rooms", ...generated), "grid 32x16x32");
  await run("train", ...TINY, "--data", "rooms", "--out", "before");
  for (const name of ["a", "b", "c"]) await folder.write(`rooms/${name}/x.npy`, scene(3));

  assertStringIncludes(await run("data", "stats", "rooms", ...generated), "3 scenes in rooms, grid 16x16x16");
  assertStringIncludes(await run("data", "pack", "rooms", ...generated, "--out", "r.pack"), "3 scenes in r.pack");
  assertStringIncludes(await run("data", "convert", "rooms", "--out", "converted"), "3 scenes of 16x16x16");
  for (const [name, args] of [["flag", ["--data", "rooms"]], ["set", ["--set", "data=rooms"]]] as const) {
    assertStringIncludes(await run("train", ...TINY, ...args, "--out", name), "data ./rooms");
    assertEquals(JSON.parse(await Deno.readTextFile(folder.join(name, "options.json"))).data, "./rooms");
  }
  // Without a word, and for a run that began with procedural rooms, it is procedural rooms.
  assertStringIncludes(await run("train", ...TINY, "--out", "plain"), "data rooms");
  assertStringIncludes(await run("train", "--resume", "before", "--iterations", "2", "--no-evaluate"), "data rooms");
  const evaluated = await run("eval", "--run", "plain", "--data", "rooms", "--threads", "1");
  assertStringIncludes(evaluated, "3 scenes of ./rooms");
});

Deno.test("deno task train: a label of no class is found before training, and --unknown mends it for good; 255 needs no word", async () => {
  await using folder = await TemporaryFolder.make();
  const cwd = folder.path, train = (...args: string[]) => runTask("train", args, { cwd });
  for (const name of ["a", "b", "c"]) await folder.write(`scenes/${name}/x.npy`, scene(3));
  await folder.write("scenes/d/x.npy", scene(254));
  await folder.write("scenes/e/x.npy", scene(255, 2048));
  const start = [...TINY, "--data", "scenes", "--out", "run"];
  // One iteration of two scenes may well not meet it; the look at all of them does.
  assertRefused(await train(...start), "d/x.npy", "label 254", "--unknown 254");
  assertEquals(await Deno.stat(folder.join("run")).catch(() => null), null);
  assertRefused(await train(...start, "--unknown", "254 as roof"), 'no class "roof"');
  assertRefused(await train(...start, "--unknown", "all"), "--unknown", "expected labels");
  await folder.write("scenes/f/x.npy", scene(255));
  assertRefused(await train(...start, "--unknown", "254 as wall"), "f/x, one of 6 ", "every voxel is unknown", "leave");
  await Deno.remove(folder.join("scenes/f"), { recursive: true });
  const { code, err } = await train(...start, "--unknown", "254 as wall");
  assertEquals(code, 0, err);
  const again = await train("--resume", "run", "--iterations", "2", "--no-evaluate");
  assertEquals(again.code, 0, again.err);
  const evaluated = await runTask("eval", ["--run", "run", "--threads", "1"], { cwd });
  assertEquals(evaluated.code, 0, evaluated.err);

  await Deno.rename(folder.join("scenes"), folder.join("moved"));
  const resume = ["--resume", "run", "--iterations", "3", "--no-evaluate"];
  assertRefused(await train(...resume), "scenes", "does not exist", "--data");
  const moved = await train(...resume, "--data", "moved");
  assertEquals(moved.code, 0, moved.err);
});
