import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { helpText, parseFlags, parseOptions } from "../../base/command.ts";
import { UserError } from "../../base/errors.ts";
import { VERSION } from "../../base/version.ts";
import { parseBytes } from "../../run/byte_size.ts";
import { OptionsSchema, type TrainOptions } from "../../run/config.ts";
import { layersOf, TrainFlagsSchema } from "../../train/flags.ts";
import {
  assignments,
  optionsJson,
  readOptionsFile,
  resolveOptions,
  resumeOptions,
  savedLayer,
} from "../../run/options.ts";
import { PRESET_NAMES, PRESETS } from "../../run/presets.ts";

const from = (values: Record<string, unknown>, source = "test") => [{ source, values }];

async function fromFlags(...args: string[]): Promise<TrainOptions> {
  const { given } = parseFlags(TrainFlagsSchema, args);
  return resolveOptions(await layersOf(parseOptions(TrainFlagsSchema, given)));
}

Deno.test("resolveOptions: presets, and the paper's values where they name none", () => {
  for (const preset of PRESET_NAMES) {
    const options = resolveOptions(from({ preset }));
    for (const [name, value] of Object.entries(PRESETS[preset])) {
      assertEquals(options[name as keyof TrainOptions], value, `${preset} ${name}`);
    }
    const { beta1, beta2, gamma, lambda, seed, data, device } = options;
    assertEquals({ beta1, beta2, gamma, lambda, seed, data, device }, {
      beta1: 0.5,
      beta2: 0.9,
      gamma: 0.97,
      lambda: 1,
      seed: 0,
      data: "rooms",
      device: "cpu",
    });
  }
  assertEquals(resolveOptions([]), resolveOptions(from({ preset: "small" })), "auto on a processor");
});

Deno.test("resolveOptions: full is the schedule of the paper", () => {
  const { iterations, refineIterations, batch, refineBatch, learningRate } = resolveOptions(from({ preset: "full" }));
  assertEquals([iterations, refineIterations, batch, refineBatch, learningRate], [75_000, 25_000, 20, 8, 1e-4]);
});

Deno.test("resolveOptions: the paper's generator for its sizes and its baselines, a convolutional one for small sizes", () => {
  const generatorOf = (values: Record<string, unknown>) => resolveOptions(from(values)).generator;
  assertEquals(PRESET_NAMES.map((preset) => generatorOf({ preset })), ["conv", "conv", "dense"]);
  assertEquals(generatorOf({ preset: "full", generator: "conv" }), "conv");
  assertEquals(["fc-vae", "vae-200"].map((model) => generatorOf({ preset: "tiny", model })), ["dense", "dense"]);
  assertEquals(generatorOf({ preset: "tiny", model: "fc-vae", generator: "conv" }), "conv");
  const flat = assertThrows(() => generatorOf({ model: "vae-200", generator: "conv" }), UserError);
  assertStringIncludes(flat.message, "model vae-200 has a code without cells, but generator is conv (from test)");
});

Deno.test("savedLayer: a run that was saved before there was a choice has the paper's generator and no cooldown", () => {
  const { generator: _generator, cooldown: _cooldown, ...older } = JSON.parse(
    optionsJson(resolveOptions(from({ preset: "tiny" }))),
  );
  const saved = savedLayer({ source: "runs/a/options.json", values: older });
  const { generator, cooldown } = resolveOptions([saved]);
  assertEquals({ generator, cooldown }, { generator: "dense", cooldown: 0 });
  assertEquals(resumeOptions(saved, from({ preset: "tiny" }), "base").generator, "dense");
  assertThrows(() => resumeOptions(saved, from({ generator: "conv" }), "base"), UserError, "cannot become");
  const newer = savedLayer({ source: "runs/b/options.json", values: { ...older, generator: "conv" } });
  assertEquals(resolveOptions([newer]).generator, "conv");
});

Deno.test("layersOf: preset < --config < --set < flags", async () => {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(path, JSON.stringify({ preset: "tiny", batch: 5, seed: 5, gamma: 0.5, keep: 5 }));
  const options = await fromFlags("--config", path, "--set", "seed=6", "--set", "batch=6", "--batch", "7");
  const { preset, codeUnits, gamma, keep, seed, batch } = options;
  assertEquals([preset, codeUnits, gamma, keep, seed, batch], ["tiny", PRESETS.tiny.codeUnits, 0.5, 5, 6, 7]);
  await Deno.remove(path);
});

Deno.test("layersOf: lists of sizes from flags, assignments and files", async () => {
  const { grid, channels } = await fromFlags("--grid", "32x16x48", "--set", "channels=[1, 2, 3, 4]");
  assertEquals([grid, channels], [[32, 16, 48], [1, 2, 3, 4]]);
  assertEquals((await fromFlags("--channels", "8-8-16-16")).channels, [8, 8, 16, 16]);
});

Deno.test("resolveOptions: names an unknown option, its source and the nearest known one", () => {
  const error = assertThrows(() => resolveOptions(from({ refinebatch: 4 }, "my.json")), UserError);
  assertStringIncludes(error.message, 'my.json: there is no option "refinebatch"; did you mean refineBatch?');
});

Deno.test("resolveOptions: names each bad value and its source", () => {
  const bad: [Record<string, unknown>, string][] = [
    [{ batch: 1 }, "option batch = 1 (from my.json): Too small"],
    [{ grid: [32, 16, 40] }, "option grid = [32,16,40] (from my.json): must be a multiple of 16"],
    [{ grid: "32x16" }, 'option grid = "32x16" (from my.json)'],
    [{ channels: [1, 2, 3, "x"] }, "option channels"],
    [{ memoryLimit: "much" }, 'option memoryLimit = "much" (from my.json): expected a size'],
    [{ preset: "huge" }, 'option preset = "huge" (from my.json)'],
    [{ seed: 2 ** 32 }, "option seed"],
    [{ gamma: 1 }, "option gamma"],
    [{ learningRate: "fast" }, "option learningRate"],
    [{ device: "gpu" }, "expected auto, cpu, webgpu, cuda or cuda:<number>"],
    [{ precision: "fp16" }, "option precision"],
  ];
  for (const [values, expected] of bad) {
    const error = assertThrows(() => resolveOptions(from(values, "my.json")), UserError);
    assertStringIncludes(error.message, expected);
  }
  const both = assertThrows(() => resolveOptions(from({ batch: 0, keep: 0 })), UserError);
  assert(/option batch.*option keep/.test(both.message), "every bad value is named at once");
});

Deno.test("assignments: JSON where it is that, else text", () => {
  const { values } = assignments(["batch=4", "data=my rooms", "grid=16x16x16", "out=a=b"]);
  assertEquals(values, { batch: 4, data: "my rooms", grid: "16x16x16", out: "a=b" });
  assertThrows(() => assignments(["batch"]), UserError, "expected name=value");
});

Deno.test("readOptionsFile: what is no JSON object is a clear error", async () => {
  const path = await Deno.makeTempFile();
  for (const [text, expected] of [["{", "not valid JSON"], ["[1]", "expected a JSON object"]]) {
    await Deno.writeTextFile(path, text);
    await assertRejects(() => readOptionsFile(path), UserError, `${path}: ${expected}`);
  }
  await Deno.remove(path);
  await assertRejects(() => readOptionsFile(path), UserError, "it does not exist");
});

Deno.test("optionsJson: resolves to the same options, without what was about the call", () => {
  const options = resolveOptions(from({ preset: "tiny", lambda: 2, out: "a", resume: "b", resumeStep: 1 }));
  const values = JSON.parse(optionsJson(options));
  assertEquals([values.out, values.resume, values.resumeStep], [undefined, undefined, undefined]);
  const { out: _out, resume: _resume, resumeStep: _step, ...rest } = options;
  assertEquals<unknown>(resolveOptions(from(values)), rest);
});

Deno.test("resumeOptions: sizes stay, the rest may change, iterations only in the base stage", () => {
  const saved = {
    source: "runs/a/options.json",
    values: JSON.parse(optionsJson(resolveOptions(from({ preset: "tiny" })))),
  };
  const resumed = resumeOptions(saved, from({ learningRate: 1, iterations: 9, preset: "tiny" }), "base");
  assertEquals([resumed.learningRate, resumed.iterations, resumed.grid], [1, 9, PRESETS.tiny.grid.slice()]);
  const problem = (values: Record<string, unknown>, phase = "base") =>
    assertThrows(() => resumeOptions(saved, from(values), phase), UserError).message;
  assertStringIncludes(problem({ grid: "32x32x32" }), "runs/a/options.json: grid is [16,16,16] in this run");
  assertStringIncludes(problem({ preset: "full" }), "start a new run without --resume");
  assertStringIncludes(problem({ iterations: 9 }, "refine"), "its base stage is over");
});

Deno.test("TrainFlagsSchema: every option is a flag with a description, defaults are shown and not applied", () => {
  const help = helpText({ name: "train", summary: "", options: TrainFlagsSchema, run() {} });
  for (const [name, field] of Object.entries(OptionsSchema.shape)) {
    assertStringIncludes(help, `--${name.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase())}`);
    assert(field.description, `${name} has a description`);
  }
  assertStringIncludes(help, "[tiny 16x16x16, small 32x16x32, full 80x48x80]");
  assertStringIncludes(help, "[0.97]");
  assertEquals(parseOptions(TrainFlagsSchema, {}), {});
});

Deno.test("parseBytes: sizes with units", () => {
  assertEquals(["12GiB", "1.5 GB", "4096", "1 kib"].map(parseBytes), [12 * 2 ** 30, 1.5e9, 4096, 1024]);
  assertEquals(["", "GiB", "-1GB", "3 parsec", "0", "1e3", "0.1"].map(parseBytes), Array(7).fill(null));
  fc.assert(fc.property(fc.integer({ min: 1, max: 1e6 }), (n) => assertEquals(parseBytes(`${n}MiB`), n * 2 ** 20)));
});

Deno.test("VERSION: is the version in deno.json", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assertEquals(VERSION, version);
});

Deno.test("--seed: a number beyond every whole number is complained of once", async () => {
  for (const args of [["--seed", "99999999999999999999"], ["--set", "seed=99999999999999999999"]]) {
    const { message } = await assertRejects(() => fromFlags(...args), UserError);
    assertEquals(message.split("Too big").length, 2, message);
    assertStringIncludes(message, "4294967295");
  }
});
