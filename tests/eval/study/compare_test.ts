/** `deno task compare` from end to end, on the smallest of networks. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readSafetensors } from "../../../data/formats/safetensors.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { assertRefused, runTask } from "../../helpers/task.ts";

const SIZES = ["grid=16x16x16", "channels=[4,8,8,8]", "latentChannels=4", "batch=2", "refineBatch=2", "scenes=8"];
const SMALL = ["preset=tiny", ...SIZES, "iterations=3", "refineIterations=2", "tick=1"]
  .flatMap((assignment) => ["--set", assignment]);
const SYSTEMS = ["VAE 200", "VAE 1200", "FC-VAE", "FC-alphaGAN", "+ refiner"];
const CHARTS = ["iou-per-class", "iou-all", "map-per-class", "map-all"];

const compare = (...args: string[]) => runTask("compare", ["--threads", "2", "--device", "cpu", ...args]);

Deno.test("deno task compare: trains four runs, draws five systems, and goes on where it was", async () => {
  await using folder = await TemporaryFolder.make();
  const study = folder.join("study");
  const first = await compare("--out", study, "--count", "4", ...SMALL);
  assertEquals(first.code, 0, first.err);

  for (const title of SYSTEMS) {
    const line = first.out.split("\n").find((line) => line.startsWith(`${title}  `));
    assert(line && /0\.\d{3} \(0\.\d{3}–0\.\d{3}\)/.test(line), `the table of ${title} in:\n${first.out}`);
  }
  const report = await Deno.readTextFile(`${study}/report.md`);
  for (const title of SYSTEMS) assertStringIncludes(report, `\n| ${title} `);
  for (const part of ["0.434", "0.473", "0.933", "0.986", "4 rooms that no run saw", "Is the order the paper's?"]) {
    assertStringIncludes(report, part);
  }
  for (const name of CHARTS) {
    assertStringIncludes(report, `(${name}.png)`);
    assertEquals(
      [...(await Deno.readFile(`${study}/${name}.png`)).subarray(1, 4)],
      [..."PNG"].map((c) => c.charCodeAt(0)),
    );
    const svg = await Deno.readTextFile(`${study}/${name}.svg`);
    for (const title of SYSTEMS) assertStringIncludes(svg, title);
    assertEquals(svg.includes("paper (SUNCG)"), name.endsWith("-all"));
  }

  const rows = (await Deno.readTextFile(`${study}/table.csv`)).trimEnd().split("\n").map((row) => row.split(","));
  assertEquals([rows.length, new Set(rows.map(({ length }) => length))], [1 + 5 * 13, new Set([14])]);
  for (const [name, file] of [["fc-vae", "fc-vae/IoU"], ["refined", "fc-alphagan/IoU_refine"]]) {
    const table = await Deno.readTextFile(`${study}/evaluation/${file}.csv`);
    const [, published, usual] = table.trimEnd().split("\n").at(-1)!.split(",").map(Number);
    const row = rows.find(([system, entry]) => system === name && entry === "all")!;
    assert(Math.abs(Number(row[3]) - published) < 1e-12 && Math.abs(Number(row[6]) - usual) < 1e-12, `${name}: ${row}`);
  }

  // Two steps of the encoder per iteration in every system.
  for (const model of ["vae-200", "vae-1200", "fc-vae", "fc-alphagan"]) {
    const last = model === "fc-alphagan" ? "step-000005" : "step-000003";
    const { tensors } = await readSafetensors(`${study}/runs/${model}/checkpoints/${last}.safetensors`);
    assertEquals(tensors.get("adam.encoder.steps")!.data[0], 6);
    assertEquals(tensors.has("discriminator.conv1.filter"), model === "fc-alphagan");
  }

  const before = (await Deno.stat(`${study}/scores/fc-vae.json`)).mtime;
  await Deno.remove(`${study}/report.md`);
  await Deno.remove(`${study}/scores/vae-200.json`);
  const again = await compare("--out", study, "--count", "4", ...SMALL);
  assertEquals(again.code, 0, again.err);
  assert(!again.out.includes("it/s"), "finished runs were trained again");
  assertEquals((await Deno.stat(`${study}/scores/fc-vae.json`)).mtime, before);
  assertEquals(await Deno.readTextFile(`${study}/report.md`), report);

  assertRefused(await compare("--out", study, ...SMALL, "--seed", "5"), "another", "seed");

  const sixth = await compare("--out", study, "--count", "4", ...SMALL, "--conv");
  assertEquals(sixth.code, 0, sixth.err);
  const trained = await readSafetensors(`${study}/runs/fc-alphagan-conv/checkpoints/step-000003.safetensors`);
  assertEquals(trained.tensors.get("generator.conv1.filter")!.shape, [8, 1, 1, 1, 4]);
  const sixthReport = await Deno.readTextFile(`${study}/report.md`);
  assertMatch(sixthReport, /\| conv generator \|[^|]+\|\s+– \|[^|]+\|\s+– \|/); // the paper has no values of it
  assertMatch(sixthReport, /\| IoU: conv generator − FC-alphaGAN \|/);
  const rowsBefore = [...report.matchAll(/^- \*\*.*pairs are in the paper's order.*$/gm)].map(String);
  for (const row of rowsBefore) assertStringIncludes(sixthReport, row);
  assertEquals([rowsBefore.length, report.includes("conv generator")], [2, false]);

  const two = `${study}/runs/vae-200,${study}/runs/fc-vae`, pair = folder.join("pair");
  const existing = await compare("--runs", two, "--out", pair, "--count", "3");
  assertEquals(existing.code, 0, existing.err);
  const pairReport = await Deno.readTextFile(`${pair}/report.md`);
  assertStringIncludes(pairReport, "Left out for want of a run: VAE 1200, FC-alphaGAN, + refiner.");
});

Deno.test("deno task compare: what cannot be compared is named", async () => {
  await using folder = await TemporaryFolder.make();
  const out = folder.join("study");
  assertRefused(await compare("--out", out, "--set", "model=fc-vae"), "model differs from run to run");
  assertRefused(await compare("--out", out, "--set", "generator=conv"), "generator differs from run to run");
  assertRefused(await compare("--out", out, "--set", "iteration=3"), "did you mean iterations");
  assertRefused(await compare("--runs", folder.join("none"), "--out", out), "is no run folder");
  assertRefused(await compare("--runs", folder.join("none"), "--seed", "3"), "have theirs already");
  assertRefused(await compare("--budget", "huge"), "tiny");
  const train = (name: string, ...args: string[]) =>
    runTask("train", ["--preset", "tiny", "--device", "cpu", "--no-evaluate", "--out", folder.join(name), ...args]);
  const vae = ["--model", "fc-vae"];
  const runs = [["a", ...vae], ["b", ...vae], ["c", "--seed", "1"], ["d", ...vae, "--generator", "conv"]];
  for (const [name, ...args] of runs) {
    const { code, err } = await train(
      name,
      "--iterations",
      "1",
      ...name === "c" ? ["--refine-iterations", "0"] : [],
      ...args,
    );
    assertEquals(code, 0, err);
  }
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => folder.join(name));
  assertRefused(await compare("--runs", a, "--out", out), "two systems or more");
  assertRefused(await compare("--runs", `${a},${b}`, "--out", out), "both runs of fc-vae");
  assertRefused(await compare("--runs", `${a},${c}`, "--out", out), "they differ in seed");
  assertRefused(await compare("--runs", `${a},${d}`, "--out", out), "train it with --generator dense");
});
