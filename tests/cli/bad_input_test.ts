/** What a person gets for bad input: one sentence, exit code 1, and every file as it was. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TEMPORARY_SUFFIX } from "../../base/files.ts";
import { encodeNpy } from "../../data/formats/npy.ts";
import { readCheckpoint } from "../../run/checkpoint.ts";
import { folderState } from "../helpers/folder_state.ts";
import { sscnetBytes } from "../helpers/sscnet_bytes.ts";
import { assertRefused, runCases, runTask, type TaskOptions } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

/**
 * A command line, what its sentence has to name, and how it is started. `$OUT` is a folder that no other case writes:
 * two run at a time, and one that is about to be refused may have its folder for a moment.
 */
type Case = readonly [task: string, args: string, says: readonly string[], options?: TaskOptions];

function scene(shape: readonly number[], label: number): Uint8Array {
  const voxels = shape.reduce((product, size) => product * size, 1);
  return encodeNpy({ dtype: "uint8", shape, data: new Uint8Array(voxels).fill(label) });
}

/** A tiny run in `run`, trained by the task itself. */
async function trainTinyRun(folder: TemporaryFolder): Promise<void> {
  const run = ["--preset", "tiny", "--prior-iterations", "0", "--threads", "1", "--no-evaluate"];
  const { code, err } = await runTask("train", [...run, "--out", folder.join("run")]);
  assertEquals([code, err], [0, ""]);
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Runs the cases in `folder`, which must be the same file by file afterwards; one by one where they share a run. */
async function assertAllRefused(folder: TemporaryFolder, cases: readonly Case[], lanes?: number): Promise<void> {
  const before = await folderState(folder.path);
  await runCases([...cases.entries()], async ([index, [task, args, says, options]]) => {
    const words = args.replaceAll("$OUT", `out-${index}`).split(" ").filter(Boolean);
    assertRefused(await runTask(task, words, { cwd: folder.path, ...options }), ...says);
  }, lanes);
  assertEquals(await folderState(folder.path), before);
}

Deno.test("bad input: scenes that cannot be used", async () => {
  await using folder = await TemporaryFolder.make();
  const cube = scene([16, 16, 16], 1);
  await folder.write("truncated/a/x.npy", cube.subarray(0, 3000));
  await folder.write("corrupt/a/x.npy", "no array");
  await folder.write("flat/a/x.npy", scene([4096], 1));
  await folder.write("hollow/a/x.npy", scene([16, 0, 16], 1));
  await folder.write("label/a/x.npy", scene([16, 16, 16], 12));
  await folder.write("mixed/a/x.npy", cube);
  await folder.write("mixed/b/x.npy", scene([32, 16, 16], 1));
  await folder.write("cut.bin", sscnetBytes({ runs: [[0, 240 * 144 * 240]] }).subarray(0, 80));
  await folder.write("both/a.bin", sscnetBytes({ runs: [] }));
  await folder.write("both/a/x.npy", cube);
  await folder.write("notes.txt", "notes");
  await folder.write("good/a/x.npy", cube);
  await Deno.mkdir(folder.join("empty"));
  const train = (data: string, ...says: string[]): Case => [
    "train",
    `--preset tiny --threads 1 --out $OUT --data ${data}`,
    says,
  ];
  await assertAllRefused(folder, [
    train("truncated", "truncated/a/x.npy", "3000 bytes", "4224"),
    train("corrupt", "corrupt/a/x.npy", "not a NumPy .npy file"),
    train("flat", "flat/a/x.npy", "shape [4096]", "expected", "[x, y, z]"),
    train("hollow", "hollow/a/x.npy", "empty scene", "[16, 0, 16]"),
    train("label", "label/a/x.npy", "label 12 at voxel [0, 0, 0]", "0 to 11"),
    train("mixed", "mixed/b/x.npy", "[32, 16, 16]", "mixed/a/x.npy", "[16, 16, 16]", "one grid"),
    train("cut.bin", "cut.bin", "truncated"),
    train("both", "both .npy and .bin files", "separate folders"),
    train("empty", "found no .npy", "file in empty"),
    train("none", "none: it does not exist"),
    train("notes.txt", "notes.txt is not a .npy"),
    train("good --grid 32x16x16", "good holds scenes of 16x16x16", "expects 32x16x16", "--grid 16x16x16"),
    ["data", "convert truncated --out $OUT", ["truncated/a/x.npy"]],
    ["data", "convert cut.bin --out $OUT", ["cut.bin"]],
    ["data", "stats label", ["label/a/x.npy", "label 12"]],
    ["data", "stats empty", ["found no .npy"]],
    ["viz", "truncated/a/x.npy", ["truncated/a/x.npy", "3000 bytes", "4224"]],
    ["viz", "label/a/x.npy", ["label/a/x.npy", "label 12"]],
    ["viz", "empty", ["empty", "nothing to draw"]],
  ]);
});

Deno.test("bad input: options that are unknown, out of range or of another kind", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write("brace.json", "{");
  await folder.write("list.json", "[4]");
  await folder.write("unknown.json", '{ "bacth": 4 }');
  await folder.write("text.json", '{ "batch": "many" }');
  await folder.write("file", "in the way");
  await folder.write("full/notes.txt", "mine");
  const train = (
    args: string,
    ...says: string[]
  ): Case => ["train", `--threads 1 --out $OUT --no-evaluate ${args}`, says];
  await assertAllRefused(folder, [
    train("--bacth 4", "unknown option --bacth", "--batch"),
    train("--preset medium", '--preset "medium"', "tiny", "small", "full"),
    train("--grid 80x50x80", '--grid "80x50x80"', "multiple of 16"),
    train("--grid 32", '--grid "32"', "three sizes"),
    train("--channels 8-8", '--channels "8-8"', "four numbers"),
    train("--batch 1", "--batch 1", ">=2"),
    train("--batch two", '--batch "two"', "expected number"),
    train("--batch 1000000000", "--batch 1000000000", "<=4096"),
    train("--learning-rate -1", "--learning-rate -1", ">0"),
    train("--data", "--data needs a value"),
    train("--set batch", "--set batch", "name=value"),
    train("--set bacth=4", "--set", '"bacth"', "did you mean batch"),
    train("--config brace.json", "brace.json", "not valid JSON"),
    train("--config list.json", "list.json", "expected a JSON object"),
    train("--config unknown.json", "unknown.json", '"bacth"', "did you mean batch"),
    train("--config text.json", "text.json", '"many"', "expected number"),
    train("--config none.json", "none.json", "does not exist"),
    train("--memory-limit lots", '"lots"', "12GiB"),
    train("--resume-step 3", "--resume"),
    train("extra", 'unexpected argument "extra"'),
    train("--preset small --out file", "cannot write file"),
    train("--preset small --out file/run", "cannot write file/run", "a folder was expected"),
    train("--preset small --out full", "full is not empty", "--resume full", "--out"),
    // Of the memory: before anything is made.
    train("--preset small --memory-limit 60MB", "stage with batch", "57.2 MiB", "--memory-limit", "--dry-run"),
    train("--preset tiny --memory-limit 100kB", "out of memory", "97.7 kiB", "raise --memory-limit"),
    train("--preset full --batch 4096", "the base stage with batch 4096 takes", "--batch"),
    // Of the losses: in the first iteration, so that the folder goes again.
    train("--preset tiny --learning-rate 1e30 --iterations 1", "stage, iteration 1", "--learning-rate"),
    ["eval", "--mode dream", ['--mode "dream"', "recons", "generate"]],
    ["eval", "--count 0", ["--count 0", ">=1"]],
    ["eval", "--threads 9999", ["--threads 9999", "<=512"]],
    ["eval", "--mdoe recons", ["unknown option --mdoe", "--mode"]],
    ["eval", "--pairs 3", ["--pairs is of no use to --mode recons", "interpolate"]],
    ["eval", "--mode interpolate --steps 1", ["--steps 1", ">=2"]],
    ["eval", "--mode generate --truncation 0", ["--truncation 0", ">=0.01"]],
    ["eval", "--mode noise --run a --run b", ["takes one run", "latent"]],
    ["data", "mkae", ['unknown command "mkae"', "did you mean make"]],
    ["conformance", "none", ["none"]],
  ]);
});

Deno.test("bad input: runs and checkpoints that are damaged, of other sizes or not there", async () => {
  await using folder = await TemporaryFolder.make();
  await trainTinyRun(folder);
  const newest = "checkpoints/step-000006.safetensors";
  for (const name of ["cut", "flipped", "void", "foreign", "json", "untold"]) {
    await copyFolder(folder.join("run"), folder.join(name));
  }
  await Deno.truncate(folder.join("cut", newest), 3000);
  const bytes = await Deno.readFile(folder.join("run", newest));
  bytes[bytes.length - 100] ^= 1;
  await folder.write(`flipped/${newest}`, bytes);
  await folder.write(`void/${newest}`, "");
  const other = "--preset tiny --prior-iterations 0 --channels 4-4-4-4 --threads 1 --no-evaluate --out other".split(
    " ",
  );
  assertEquals((await runTask("train", other, { cwd: folder.path })).code, 0);
  await Deno.copyFile(folder.join("other", newest), folder.join("foreign", newest));
  await folder.write("json/options.json", "{");
  await Deno.remove(folder.join("untold/manifest.json"));
  await folder.write("wide/a/x.npy", scene([32, 16, 16], 1));
  await folder.write("file", "in the way");
  await Deno.mkdir(folder.join("empty"));
  const resume = (args: string, ...says: string[]): Case => ["train", `--threads 1 --resume ${args}`, says];
  const evaluate = (args: string, ...says: string[]): Case => ["eval", `--threads 1 --out $OUT --run ${args}`, says];
  await assertAllRefused(folder, [
    resume("cut", newest, "truncated", "step 4", "--resume-step 4"),
    resume("flipped", newest, "does not match its checksum", "step 4"),
    resume("void", newest, "0 bytes", "step 4"),
    resume("foreign", "foreign", "tensor encoder.conv2.filter", "[4, 5, 3, 5, 4]", "expected", "[8, 5, 3, 5, 4]"),
    resume("json", "json/options.json", "not valid JSON"),
    resume("untold", "untold/manifest.json", "does not exist"),
    resume("empty", "empty is no run folder", "options.json"),
    resume("none", "none is no run folder"),
    resume("run --preset small", "run/options.json", '"tiny"', '"small"', "without --resume"),
    resume("run --grid 32x16x16", "[16,16,16]", "[32,16,16]", "without --resume"),
    resume("run --seed 9", "seed is 0", "cannot become 9"),
    resume("run --data wide", "wide holds scenes of 32x16x16", "expects 16x16x16"),
    resume("run --resume-step 5", "no checkpoint of step 5", "2, 4, 6"),
    resume("run --refine-iterations 0", "step 6", "beyond the 4"),
    resume("run --out elsewhere", "--out"),
    resume("run --memory-limit 3MB", "--memory-limit"),
    evaluate("cut", newest, "truncated", "--step 4"),
    evaluate("flipped", newest, "does not match its checksum"),
    evaluate("empty", "empty", "no checkpoint"),
    evaluate("run --step 5", "no checkpoint of step 5", "2, 4, 6"),
    evaluate("run --data wide", "wide holds scenes of 32x16x16", "16x16x16"),
    evaluate("run --data none", "none: it does not exist"),
    evaluate("run --out file", "cannot write file"),
    evaluate("run --mode generate --out file/rooms", "cannot write file/rooms", "a folder was expected"),
  ], 1);
});

Deno.test("bad input: an output folder that may not be written", async () => {
  await using folder = await TemporaryFolder.make();
  await trainTinyRun(folder);
  const elsewhere = `--allow-write=${folder.join("elsewhere")}`;
  const permissions = ["--allow-read", "--allow-env", "--allow-sys", elsewhere];
  const cases: Case[] = [
    ["train", "--preset tiny --threads 1 --out $OUT", ["cannot write out", "permission denied"]],
    ["eval", "--run run --threads 1 --count 2", ["cannot write run/evaluation", "permission denied"]],
    ["eval", "--run run --threads 1 --count 2 --mode generate --out $OUT", ["cannot write out", "permission denied"]],
    ["data", "make --count 1 --grid 16x16x16 --out $OUT", ["cannot write", "permission denied"]],
  ];
  await assertAllRefused(folder, cases.map(([task, args, says]) => [task, args, says, { permissions }]));
});

Deno.test({
  name:
    "bad input: a device that is full ends a run with a sentence; the last checkpoint is whole, nothing is half-written",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await TemporaryFolder.make();
    // A checkpoint of the base stage has 600 kB, one of the refine stage with two more moments 780 kB.
    const largestFileBytes = 700 * 1024;
    const args = "--preset tiny --prior-iterations 0 --threads 1 --no-evaluate --out run".split(" ");
    const result = await runTask("train", args, { cwd: folder.path, largestFileBytes });
    assertRefused(result, "cannot write run/checkpoints/step-000006.safetensors", "larger than");
    const names = [...(await folderState(folder.path)).keys()];
    assertEquals(names.filter((name) => name.endsWith(".safetensors")), [
      "run/checkpoints/step-000002.safetensors",
      "run/checkpoints/step-000004.safetensors",
    ]);
    assert(!names.some((name) => name.endsWith(TEMPORARY_SUFFIX)));
    assertEquals((await readCheckpoint(folder.join("run/checkpoints/step-000004.safetensors"))).step, 4);
    // With room again the run goes on from there.
    const resumed = await runTask("train", ["--resume", "run", "--no-evaluate"], { cwd: folder.path });
    assertEquals(resumed.code, 0, resumed.err);
    assertStringIncludes(resumed.out, "Going on from step 4");

    const before = await folderState(folder.path);
    const evaluated = await runTask("eval", ["--run", "run", "--count", "40", "--out", "run/samples"], {
      cwd: folder.path,
      largestFileBytes: 100 * 1024,
    });
    assertRefused(evaluated, "cannot write run/samples/real.npy", "larger than");
    assertEquals(await folderState(folder.path), before);
  },
});

Deno.test("bad input: memory that runs out in the middle of a run leaves the last checkpoint whole", async () => {
  await using folder = await TemporaryFolder.make();
  await trainTinyRun(folder);
  const [before] = [await folderState(folder.join("run"))];
  // Enough for what the plan counts, not for the engine's own workspace on top of it.
  const plan = await runTask("train", ["--preset", "tiny", "--prior-iterations", "0", "--dry-run"]);
  const mebibytes = Math.max(...[...plan.out.matchAll(/: ([\d.]+) MiB at its peak/g)].map(([, size]) => Number(size)));
  const limited = ["--resume", "run", "--refine-iterations", "9", "--memory-limit", `${mebibytes + 0.1}MiB`];
  const result = await runTask("train", [...limited, "--threads", "1"], { cwd: folder.path });
  assertRefused(result, "out of memory", "wanted for", "use a smaller --batch or --preset, or raise --memory-limit");
  const after = await folderState(folder.join("run"));
  for (const [name, hash] of before) {
    if (name.startsWith("checkpoints")) assertEquals(after.get(name), hash, name);
  }
  assert(![...after.keys()].some((name) => name.endsWith(TEMPORARY_SUFFIX)));
});
