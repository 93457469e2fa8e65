/** Released models: half the bits, the same rooms, nothing to train on. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { basename } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { evaluateRun } from "../../eval/evaluate.ts";
import { Run } from "../../eval/run.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { latestCheckpoint } from "../../run/checkpoint.ts";
import { licenseOf } from "../../run/model_card.ts";
import { releaseRun } from "../../run/release.ts";
import { GENERATION_REPORT, SUMMARY_FILE } from "../../run/evaluation_files.ts";
import { evaluationFolder, runFolder } from "../../run/run_folder.ts";
import { train } from "../../train/train.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";
import { runTask } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

for (const refineIterations of [0, 1]) {
  Deno.test(`releaseRun: makes the rooms of its run${refineIterations ? ", refined" : ""}; training does not go on`, async () => {
    await using folder = await TemporaryFolder.make();
    using backend = await openBackend("cpu", { threads: 2 });
    const before = heldBytes(backend), out = folder.join("released");
    const { root } = await train({ preset: "tiny", refineIterations, out: folder.join("run") }, { backend });
    const bytesOf = async (run: string) => (await Deno.stat(await latestCheckpoint(runFolder(run).checkpoints))).size;
    await Deno.mkdir(`${out}/config.json`, { recursive: true });
    await assertRejects(() => releaseRun(root, out), UserError, "config.json: it is a folder");
    assertEquals([...Deno.readDirSync(out)].map(({ name }) => name), ["config.json"]);
    await Deno.remove(`${out}/config.json`);
    await releaseRun(root, out);
    assert(await bytesOf(out) < 0.25 * await bytesOf(root), `${await bytesOf(out)} of ${await bytesOf(root)} bytes`);
    {
      using run = await Run.open(root, { backend });
      using released = await Run.open(out, { backend });
      assertEquals([released.prior, released.refines, released.step], [run.prior, run.refines, run.step]);
      const [rooms, again] = [run, released].map((each) =>
        each.generate(2, 3, { prior: "gaussian" }).plain.probabilities
      );
      const largest = rooms.reduce((most, p, i) => Math.max(most, Math.abs(p - again[i])), 0);
      assert(largest > 0 && largest < 2e-3, `probabilities differ by ${largest}`);
      // The flow's codes are those of decoded rooms: a voxel between two classes may fall to either.
      const [labels, alike] = [run, released].map((each) => each.generate(2, 3).plain.labels);
      const equal = labels.filter((label, i) => label === alike[i]).length / labels.length;
      assert(equal > 0.98, `${equal} of the voxels are of the same class`);
    }
    assertNothingHeld(backend, before);
    await assertRejects(() => releaseRun(root, out), UserError, "holds a run already");
    const { code, err } = await runTask("train", ["--resume", out, "--prior-iterations", "9", "--threads", "1"]);
    assertEquals(code, 1);
    assertStringIncludes(err, "released/manifest.json: it does not exist");
  });
}

Deno.test("releaseRun: the folder has what the Hugging Face hub shows: card, figures of these weights, pictures, config", async () => {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const { root, step } = await train({ preset: "tiny", out: folder.join("run") }, { backend });
  const evaluation = evaluationFolder(root, step);
  await evaluateRun({ root, backend, count: 2, threads: 1 });
  await Deno.writeTextFile(`${evaluation}/${GENERATION_REPORT}`, "# Generated scenes measured\n\nPrecision .91\n");
  const { code, out, err } = await runTask("data", ["release", root, "--out", folder.join("my-rooms")]);
  assertEquals([code, err], [0, ""], out);

  const inRelease = (file: string) => folder.join("my-rooms", file);
  const [, front, body] = /^---\n(.*?)\n---\n(.*)$/s.exec(await Deno.readTextFile(inRelease("README.md")))!;
  const [license, library, ...tags] = front.split("\n");
  assertEquals([license, library, tags[0]], ["license: mit", "library_name: fcr-alpha-gan", "tags:"]);
  assert(tags.slice(1).every((tag) => /^- [a-z0-9-]+$/.test(tag)), front);
  assertStringIncludes(body, "# my-rooms\n");
  assertStringIncludes(body, "Indoor scenes of 16x16x16 voxels in 12 classes: encoder, generator, refiner, prior of");
  const figures = (await Deno.readTextFile(`${evaluation}/${SUMMARY_FILE}`)).trimEnd().split("\n");
  for (const line of figures) assertStringIncludes(body, line && `\n    ${line}\n`);
  assertStringIncludes(body, "### Generated scenes measured\n\nPrecision .91\n");
  const pictures = [...body.matchAll(/!\[.*?\]\((.*?)\)/g)].map(([, file]) => file);
  assertEquals(pictures, ["reconstructions.png"]);
  assertEquals(await Deno.readFile(inRelease(pictures[0])), await Deno.readFile(`${evaluation}/${pictures[0]}`));

  const config = JSON.parse(await Deno.readTextFile(inRelease("config.json")));
  using run = await Run.open(inRelease("."), { backend });
  assertEquals([config.step, config.grid, config.latent_shape], [step, [...run.config.grid], [...run.codeShape]]);
  assertEquals(config.classes, [...run.classes.names]);
  assertEquals(await latestCheckpoint(runFolder(folder.join("my-rooms")).checkpoints), inRelease(config.weights));
});

Deno.test("releaseRun: figures of other weights stay out, a card that is there stays, licences are asked for", async () => {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const values = { preset: "tiny", refineIterations: 0, priorIterations: 0 } as const;
  const { root, step } = await train({ ...values, out: folder.join("run") }, { backend });
  await folder.write(`run/evaluation/${basename(evaluationFolder(root, step - 1))}/${SUMMARY_FILE}`, "IoU .99\n");

  const refused = folder.join("refused");
  await assertRejects(
    () => releaseRun(root, refused, { license: "mit\ntags: x" }),
    UserError,
    "expected an identifier",
  );
  await assertRejects(() => Deno.stat(refused), Deno.errors.NotFound);

  await releaseRun(root, folder.join("plain"), { license: "cc-by-4.0" });
  const card = await Deno.readTextFile(folder.join("plain/README.md"));
  assertStringIncludes(card, "license: cc-by-4.0\n");
  assert(!card.includes("Figures") && !card.includes(".99") && !card.includes("!["), card);

  const written = await folder.write("kept/README.md", "my own words\n");
  await releaseRun(root, folder.join("kept"));
  assertEquals(await Deno.readTextFile(written), "my own words\n");
});

Deno.test("licenseOf: what was trained on somebody's scenes is not called MIT", () => {
  const licenses = ["rooms", "homes", "./rooms", "Scenevox"].map((data) => licenseOf(data));
  assertEquals(licenses, ["mit", "mit", "unknown", "unknown"]);
});
