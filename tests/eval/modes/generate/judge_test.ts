/** Generated rooms of a run measured, from code and through `deno task eval --mode generate`. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../../../base/errors.ts";
import { CLASS_NAMES } from "../../../../data/classes.ts";
import { GenerationJudge } from "../../../../eval/modes/generate/generation_judge.ts";
import { METRIC_NAMES } from "../../../../eval/metrics/generation/metric.ts";
import { Run } from "../../../../eval/run.ts";
import { openBackend } from "../../../../nn/backend/open.ts";
import { train } from "../../../../train/train.ts";
import { assertNothingHeld, heldBytes } from "../../../helpers/held_bytes.ts";
import { assertRefused, runTask } from "../../../helpers/task.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";

const COUNT = 6, BATCH = 4;

Deno.test("GenerationJudge: measures the rooms of a run with its own encoder or a pinned one, in five files", async () => {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const before = heldBytes(backend);
  const options = { preset: "tiny", grid: [32, 16, 16], scenes: 40 } as const;
  const { root } = await train({ ...options, out: folder.join("run") }, { backend });
  const other = await train({ ...options, seed: 9, out: folder.join("other") }, { backend });
  {
    using run = await Run.open(root, { backend });
    const { plain, refined } = run.generate(COUNT, 0);
    const scenes = (labels: Uint8Array) =>
      Array.from({ length: COUNT }, (_, i) => labels.subarray(i * run.voxels, (i + 1) * run.voxels));
    const sets = [{ name: "generated", scenes: scenes(plain.labels) }, {
      name: "refined",
      scenes: scenes(refined!.labels),
    }];
    using own = await GenerationJudge.open(run, { count: COUNT, batch: BATCH });
    const report = await own.judge(sets, folder.join("own"));
    const names = ["training", "unseen", "reconstructions", "generated", "refined"];
    assertEquals(report.sets.map(({ name }) => name), names);
    assertEquals([report.encoder.run, report.encoder.step, report.encoder.checksum], ["run", run.step, run.checksum]);
    assertEquals(report.searched, 38, "of 40 rooms two are held out");

    const files = (await Array.fromAsync(Deno.readDir(folder.join("own")))).map(({ name }) => name).sort();
    assertEquals(files, [
      "generation_classes.csv",
      "generation_metrics.csv",
      "generation_metrics.json",
      "generation_metrics.md",
      "nearest_training.csv",
    ]);
    const text = (name: string) => Deno.readTextFile(folder.join("own", name));
    const rows = async (name: string) => (await text(name)).trim().split("\n").map((row) => row.split(","));
    const [header, ...measures] = await rows("generation_metrics.csv");
    assertEquals(header, ["set", "scenes", "measure", "ideal", "value", "low", "high"]);
    assertEquals(measures.filter(([set]) => set === "refined").map(([, , measure]) => measure), [...METRIC_NAMES]);
    const precision = measures.find(([set, , measure]) => set === "generated" && measure === "precision")!;
    assertEquals(Number(precision[4]), report.sets[3].metrics.precision!.value);
    const classes = (await rows("generation_classes.csv")).filter(([set]) => set === "unseen");
    assertEquals(classes.map(([, name]) => name), [...CLASS_NAMES]);
    const nearest = (await rows("nearest_training.csv")).slice(1);
    assertEquals(nearest.length, 4 * COUNT);
    for (const [set, scene, distance, id] of nearest) {
      assert(report.trainingIds.includes(id), `${set} ${scene}: ${id}`);
      assert(Number(distance) >= 0 && Number(distance) <= 1);
    }
    const json = JSON.parse(await text("generation_metrics.json"));
    assertEquals(json.sets[4].metrics.frechet_distance.value, report.sets[4].metrics.frechet_distance!.value);
    assertEquals(json.cautions.length, 2, "few scenes, and an encoder after six iterations");
    const markdown = await text("generation_metrics.md");
    assert(markdown.endsWith(`\n\n${json.verdict}\n`), "the verdict is last");
    for (const part of [run.checksum, "| Fréchet distance of codes", "| 1-NN accuracy", "± "]) {
      assertStringIncludes(markdown, part);
    }

    // The pinned encoder changes what is measured in codes and nothing else; a file names an older checkpoint.
    using pinned = await GenerationJudge.open(run, {
      count: COUNT,
      batch: BATCH,
      encoder: other.root,
      engine: { backend },
    });
    const again = await pinned.judge(sets, folder.join("pinned"));
    assertEquals(again.encoder.run, "other");
    const value = (of: typeof report, name: "frechet_distance" | "occupancy_jsd") => of.sets[3].metrics[name]!.value;
    assertEquals(value(again, "occupancy_jsd"), value(report, "occupancy_jsd"));
    assert(value(again, "frechet_distance") !== value(report, "frechet_distance"));
    const file = folder.join("other/checkpoints/step-000004.safetensors");
    using older = await GenerationJudge.open(run, { count: COUNT, batch: BATCH, encoder: file, engine: { backend } });
    assertEquals((await older.judge(sets.slice(0, 1), folder.join("older"))).encoder.step, 4);

    const wide = await train({ ...options, grid: [16, 16, 16], out: folder.join("wide") }, { backend });
    const open = (encoder: string) => GenerationJudge.open(run, { count: 1, batch: 1, encoder, engine: { backend } });
    await assertRejects(() => open(wide.root), UserError, "is for scenes of 16x16x16 voxels, 12 classes");
    await assertRejects(() => open(folder.join("nothing")), UserError, "there is no folder");
    await assertRejects(() => open(folder.path), UserError, "has no checkpoint");
    await assertRejects(
      () => open(folder.join("run/options.json")),
      UserError,
      "expected the folder of a run, or a file",
    );
  }
  assertNothingHeld(backend, before);
});

Deno.test("deno task eval --mode generate: measures and pictures, --no-metrics, a run whose scenes are gone", async () => {
  await using folder = await TemporaryFolder.make();
  await train({ preset: "tiny", grid: [16, 16, 16], scenes: 20, out: folder.join("run"), device: "cpu", threads: 2 });
  const generate = (args: string) =>
    runTask("eval", ["--mode", "generate", "--run", "run", "--threads", "2", ...args.split(" ")], { cwd: folder.path });
  const filesIn = async (name: string) =>
    (await Array.fromAsync(Deno.readDir(folder.join(name)))).map(({ name }) => name).filter((name) =>
      /train|gener.*_/.test(name)
    )
      .sort();

  const { code, out, err } = await generate("--count 4 --out rooms");
  assertEquals([code, err], [0, ""]);
  for (
    const part of [
      "ideal",
      "unseen",
      "reconstructions",
      "1-NN accuracy",
      "Caution: Only",
      "Verdict: ",
      "4 rooms of step 8",
    ]
  ) assertStringIncludes(out, part);
  assertEquals(await filesIn("rooms"), [
    "generate_refine.npy",
    "generation_classes.csv",
    "generation_classes.png",
    "generation_classes.svg",
    "generation_metrics.csv",
    "generation_metrics.json",
    "generation_metrics.md",
    "nearest_training.csv",
    "nearest_training.png",
  ]);

  assertEquals((await generate("--count 2 --no-metrics --out plain")).code, 0);
  assertEquals(await filesIn("plain"), ["generate_refine.npy"]);

  await Deno.remove(folder.join("run/manifest.json"));
  const unmeasured = await generate("--count 2 --out unmeasured");
  assertEquals(unmeasured.code, 0, unmeasured.err);
  assertStringIncludes(unmeasured.out, "will not be measured");
  assertStringIncludes(unmeasured.out, "manifest.json");
  assertEquals(await filesIn("unmeasured"), ["generate_refine.npy"]);
  assertRefused(await generate("--count 2 --data missing --out none"), "missing", "does not exist");
  await assertRejects(() => Deno.stat(folder.join("none")), Deno.errors.NotFound);
});

Deno.test("GenerationJudge: runs on rooms like those of the judge that comes with the program are judged by that", async () => {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const { root } = await train({ preset: "tiny", grid: [32, 16, 32], out: folder.join("run") }, { backend });
  using run = await Run.open(root, { backend });
  using judge = await GenerationJudge.open(run, { count: COUNT, batch: BATCH, engine: { backend } });
  const real = await Promise.all(Array.from({ length: COUNT }, (_, i) => judge.trainingScene(i)));
  const report = await judge.judge([{ name: "generated", scenes: real }], folder.join("out"));
  assert(report.encoder.pinned && report.encoder.reconstructionIou > 0.8, JSON.stringify(report.encoder));
  assertEquals(report.sets.at(-1)!.metrics.precision!.value, 1, "the same rooms");
  assertStringIncludes(await Deno.readTextFile(folder.join("out/generation_metrics.md")), "(comes with the program)");
  using own = await GenerationJudge.open(run, { count: COUNT, batch: BATCH, encoder: root, engine: { backend } });
  assertEquals(own.inputs.encoder, run.checksum);
  assertEquals(judge.inputs.encoder, report.encoder.checksum);
});
