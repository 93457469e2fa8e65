/** `deno task train` as a person calls it. */
import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { decode } from "fast-png";
import { readManifest } from "../../data/scenes/manifest.ts";
import { PAPER_MODEL } from "../../nn/models/config.ts";
import { readCheckpoint } from "../../run/checkpoint.ts";
import { OptionsSchema } from "../../run/config.ts";
import { memoryPlan } from "../../train/memory_plan.ts";
import { resolveOptions } from "../../run/options.ts";
import { readStatistics } from "../../run/statistics.ts";
import { folderState } from "../helpers/folder_state.ts";
import { runTask } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";
import { bytesOf, decodeMessage, decodeRecords, textOf } from "../run/event_decoder.ts";

/** Runs the task in `folder` and expects it to succeed; what it printed. */
async function train(folder: TemporaryFolder, args: string): Promise<string> {
  const { code, out, err } = await runTask("train", ["--threads", "1", ...args.split(" ")], { cwd: folder.path });
  assertEquals([code, err], [0, ""]);
  return out;
}

/** The JSON object at the start of a dry run. */
function optionsIn(dryRun: string): Record<string, unknown> {
  return JSON.parse(dryRun.slice(dryRun.indexOf("{"), dryRun.indexOf("}") + 1));
}

/** Variables of the original's networks that no layer reads or only its baselines use (channels of norms, a head). */
const UNREAD = {
  encoder: 2 * PAPER_MODEL.channels[0] + PAPER_MODEL.channels[3] * PAPER_MODEL.latentChannels, // encode_bn_*1, sigma
  generator: 2 * PAPER_MODEL.classes, // gen_bn_*5
  discriminator: 2, // discrim_bn_*1
};

/** Counts of the original program, all variables included. */
const ORIGINAL = {
  encoder: 12_978_304 - UNREAD.encoder,
  generator: 59_117_720 - UNREAD.generator,
  discriminator: 12_998_408 - UNREAD.discriminator,
  codeDiscriminator: 1_466_250,
  refiner: 241_920,
};

Deno.test("deno task train --dry-run: options, layers with the original's counts, a plan below 12 GiB, and no folder", async () => {
  await using folder = await TemporaryFolder.make();
  const text = await train(folder, "--preset full --dry-run");
  const { grid, batch, refineBatch, iterations, refineIterations } = optionsIn(text);
  assertEquals([grid, batch, refineBatch, iterations, refineIterations], [[80, 48, 80], 20, 8, 75_000, 25_000]);

  for (const [network, count] of Object.entries(ORIGINAL)) {
    assertStringIncludes(text, `${network}: ${count.toLocaleString("en")} parameters`);
  }
  assertMatch(text, /conv1\.filter +\[64, 5, 3, 5, 12\] +57,600\n/);
  assertMatch(text, /dense1\.weight +\[1200, 38400\] +46,080,000\n/);

  const peaks = [...text.matchAll(/(base|refine) stage, batch (\d+): ([\d.]+) GiB at its peak/g)];
  assertEquals(peaks.map(([, phase, batch]) => [phase, batch]), [["base", "20"], ["refine", "8"]]);
  for (const [, , , size] of peaks) assertLess(Number(size), 12);
  assertEquals(await folderState(folder.path), new Map());
});

Deno.test("memoryPlan: both stages of the full preset stay below 12 GiB", () => {
  for (const { peakBytes } of memoryPlan(resolveOptions([{ source: "test", values: { preset: "full" } }]))) {
    assertLess(peakBytes, 12 * 2 ** 30);
    assert(peakBytes > 2 ** 30, "less than weights, moments and one batch take");
  }
  const [dense, conv] = ["dense", "conv"].map((generator) =>
    memoryPlan(resolveOptions([{ source: "test", values: { preset: "full", generator } }]))[0].peakBytes
  );
  const weights = 1200 * 38_400 - 16 * 512; // kept with two moments, and gradients for a step
  assertLess(3 * 4 * weights, dense - conv);
});

Deno.test("deno task train: flags go over --set, --set over --config, --config over the preset", async () => {
  await using folder = await TemporaryFolder.make();
  const config = { preset: "tiny", batch: 3, refineBatch: 3, keep: 7, gamma: 0.9 };
  await folder.write("options.json", JSON.stringify(config));
  const text = await train(
    folder,
    "--dry-run --config options.json --set refineBatch=4 --set keep=8 --set grid=[16,32,16] --keep 9",
  );
  const { preset, batch, refineBatch, keep, gamma, grid, channels, beta1 } = optionsIn(text);
  assertEquals({ preset, batch, refineBatch, keep, gamma, grid, channels, beta1 }, {
    preset: "tiny",
    batch: 3,
    refineBatch: 4,
    keep: 9,
    gamma: 0.9,
    grid: [16, 32, 16],
    channels: [4, 8, 8, 8],
    beta1: 0.5,
  });
  assertStringIncludes(text, "base stage, batch 3:");
  assertStringIncludes(text, "refine stage, batch 4:");
});

Deno.test("deno task train: the run folder has options, manifest, statistics, events, samples and --keep checkpoints", async () => {
  await using folder = await TemporaryFolder.make();
  const out = await train(
    folder,
    "--preset tiny --iterations 5 --refine-iterations 2 --prior-iterations 0 --seed 3 --keep 2 --out run",
  );
  for (const part of ["Run run", "Checkpoint run/checkpoints/step-000007.safetensors", "IoU", "Pictures: "]) {
    assertStringIncludes(out, part);
  }
  const path = (name: string) => folder.join("run", name);
  const names = [...(await folderState(folder.join("run"))).keys()];
  const inFolder = (name: string) =>
    names.filter((each) => each.startsWith(`${name}/`)).map((each) => each.split("/")[1]);

  const options = JSON.parse(await Deno.readTextFile(path("options.json")));
  const without = ["out", "resume", "resumeStep", "classes", "unknown", "loaderThreads"]; // of one call, or not given
  const kept = Object.keys(OptionsSchema.shape).filter((name) => !without.includes(name));
  assertEquals(Object.keys(options).sort(), kept.sort());
  assertEquals([options.seed, options.iterations, options.keep], [3, 5, 2]);

  const manifest = await readManifest(path("manifest.json"));
  assertEquals([manifest.seed, manifest.grid, manifest.train.length + manifest.test.length], [3, [16, 16, 16], 8]);

  // Every tick is a row; checkpoints and samples come every 2 steps and at the end of a stage.
  const rows = await readStatistics(path("stats.jsonl"));
  assertEquals(rows.map(({ phase, iteration }) => `${phase} ${iteration}`), [
    ...[1, 2, 3, 4, 5].map((iteration) => `base ${iteration}`),
    ...[1, 2].map((iteration) => `refine ${iteration}`),
  ]);
  for (const { losses } of rows) assert(Object.values(losses).every(Number.isFinite));
  assertEquals(inFolder("checkpoints"), ["step-000006.safetensors", "step-000007.safetensors"]);
  const { step, phase, iteration, tensors } = await readCheckpoint(path("checkpoints/step-000007.safetensors"));
  assertEquals([step, phase, iteration], [7, "refine", 2]);
  assert(tensors.has("adam.refiner.m") && tensors.has("encoder.norm2.statistics"));
  const pictures = ["000002", "000004", "000005", "000006", "000007-generated", "000007"];
  assertEquals(inFolder("samples"), pictures.map((name) => `step-${name}.png`));
  assert(decode(await Deno.readFile(path("samples/step-000007.png"))).width > 0);
  assertStringIncludes(out, "New rooms:   run/samples/step-000007-generated.png");

  const files = inFolder("events").map((name) => Deno.readFileSync(path(`events/${name}`)));
  const values = files.flatMap((file) => decodeRecords(file).map(decodeMessage)).flatMap((event) =>
    event.has(5)
      ? decodeMessage(bytesOf(event, 5)).get(1)!.map((value) => ({
        step: event.get(2)?.[0],
        value: decodeMessage(value as Uint8Array),
      }))
      : []
  );
  const tags = values.map(({ value }) => textOf(value, 1));
  assertEquals(tags.filter((tag) => tag === "_hparams_/session_start_info").length, 1);
  assertEquals(tags.filter((tag) => tag === "samples").length, 5);
  const [rooms, ...more] = values.filter(({ value }) => textOf(value, 1) === "generated");
  assertEquals([rooms.step, more.length], [7, 0]);
  const image = decodeMessage(bytesOf(rooms.value, 4));
  assertEquals(bytesOf(image, 4), await Deno.readFile(path("samples/step-000007-generated.png")));
  const { width, height } = decode(bytesOf(image, 4));
  assertEquals([image.get(1), image.get(2)], [[height], [width]]);
  assertEquals(tags.filter((tag) => tag === "recons_loss").length, 5);
  assertEquals(tags.filter((tag) => tag === "speed/iterationsPerSecond").length, 7);
  assert(inFolder("evaluation").includes("step-000007"));
});

Deno.test("deno task train --resume-step: later checkpoints of the course that was left do not stay the newest", async () => {
  await using folder = await TemporaryFolder.make();
  await train(folder, "--preset tiny --prior-iterations 0 --out run --no-evaluate");
  await train(folder, "--resume run --resume-step 2 --iterations 3 --refine-iterations 0 --no-evaluate");
  const files = [...(await folderState(folder.join("run/checkpoints"))).keys()];
  assertEquals(files, ["step-000002.safetensors", "step-000003.safetensors"]);
  assertEquals((await readStatistics(folder.join("run/stats.jsonl"))).map(({ step }) => step), [1, 2, 3]);
});

Deno.test("--help: of every task names each option with its meaning, and shows examples", async () => {
  const flag = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const { code, out } = await runTask("train", ["--help"]);
  assertEquals(code, 0);
  for (const [name, field] of Object.entries(OptionsSchema.shape)) {
    assertStringIncludes(out, `${flag(name)} `);
    assert(field.description, `${name} has no description`);
    assertStringIncludes(out, field.description);
  }
  for (const name of ["--config", "--set", "--dry-run", "--evaluate", "--help"]) assertStringIncludes(out, name);
  for (const args of [["eval"], ["viz"], ["viz", "export"], ["conformance"], ["bench"], ["compare"]]) {
    const [task, ...words] = args;
    const help = await runTask(task, [...words, "--help"]);
    assertEquals(help.code, 0, help.err);
    for (const part of ["Usage: deno task ", "Options:", "--help"]) assertStringIncludes(help.out, part);
    const options = help.out.slice(help.out.indexOf("Options:"), help.out.indexOf("Examples:"));
    const lines = options.split("\n").filter((line) => /^ +(-\w, )?--/.test(line));
    assert(lines.length > 1, help.out);
    // The meaning stands behind the flag, or on the next line where the flag is long.
    for (const line of lines) assert(/\S {2,}\S/.test(line.trim()) || options.includes(`${line}\n      `), line);
  }
});
