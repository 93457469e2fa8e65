/** Checkpoints of the original program as runs and back; weights and activations are of its own graph (config_a). */
import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import { readSafetensors, type TensorData, writeSafetensors } from "../../../data/formats/safetensors.ts";
import { openTensorflowCheckpoint, writeBundle } from "../../../data/formats/tensorflow/mod.ts";
import { roomSource } from "../../../data/rooms/mod.ts";
import { fingerprint } from "../../../data/scenes/fingerprint.ts";
import { writeScenes } from "../../../data/scenes/write_scenes.ts";
import { evaluateRun } from "../../../eval/evaluate.ts";
import { Run } from "../../../eval/run.ts";
import { openBackend } from "../../../nn/backend/open.ts";
import { readCheckpoint, writeCheckpoint } from "../../../run/checkpoint.ts";
import { exportReference } from "../../../train/original/export_reference.ts";
import { type ImportOptions, importReference } from "../../../train/original/import_reference.ts";
import { resolveOptions } from "../../../run/options.ts";
import { prepareNewRun, prepareResume } from "../../../train/prepare.ts";
import { newTrainer, trainLoop } from "../../../train/loop.ts";
import { runFolder } from "../../../run/run_folder.ts";
import { captureState } from "../../../train/state.ts";
import { sliceFileEntries, tableOf, type V1Tensor } from "../../helpers/table_bytes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const KIT =
  (await readSafetensors(new URL("../../fixtures/conformance/config_a.safetensors", import.meta.url).pathname))
    .tensors;
const GRID = [32, 16, 48] as const;
/** The largest relative L2 distance that the kit allows for outputs. */
const LIMIT = 2e-4;

/** The kit's initial weights as the original program would have saved them after `step` iterations. */
function weights(step = 0): Map<string, TensorData> {
  const variables = [...KIT].filter(([name]) => name.startsWith("weights/"))
    .map(([name, tensor]) => [name.slice("weights/".length), tensor] as const);
  return new Map([...variables, ["global_step", { dtype: "I32", shape: [], data: Int32Array.of(step) }]]);
}

const suppliers = (tensors: ReadonlyMap<string, TensorData>) =>
  new Map([...tensors].map(([name, tensor]) => [name, () => tensor] as const));

async function imported(
  folder: TemporaryFolder,
  variables: ReadonlyMap<string, TensorData>,
  options: Partial<ImportOptions> = {},
) {
  const path = folder.join("original");
  await writeBundle(path, suppliers(variables));
  return await importReference({ path, out: folder.join("run"), grid: GRID, batch: 2, ...options });
}

function relativeL2(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0, norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (found[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}

const floatsOf = (name: string) => KIT.get(name)!.data as Float32Array;
const labelsOf = (name: string) => KIT.get(name)!.data as Uint8Array;

/** The run at `root` gives the codes and rooms of the original graph, in the original's orientation. */
async function assertIsOriginal(root: string): Promise<void> {
  using backend = await openBackend("cpu", { threads: 2 });
  using run = await Run.open(root, { backend });
  assertEquals([run.statistics, run.refines], ["batch", true]);
  const codes = run.encode(labelsOf("inputs/vox"), 3);
  assertLess(relativeL2(codes, floatsOf("outputs/z_enc")), LIMIT);
  const decoded = run.decode(codes, 3);
  assertLess(relativeL2(decoded.plain.labels, labelsOf("labels/vox_gen_decode")), 1e-2);
  assertLess(relativeL2(decoded.refined!.labels, labelsOf("labels/vox_after_refine_dec")), 1e-2);
  const made = run.decode(floatsOf("inputs/z"), 3);
  assertLess(relativeL2(made.refined!.labels, labelsOf("labels/vox_after_refine_gen")), 1e-2);
}

Deno.test("importReference: V2, V1 and safetensors files give runs that compute what the original graph computes", async () => {
  await using folder = await TemporaryFolder.make();
  const variables = weights(5);
  const v1 = [...variables].map(([name, tensor]) => ({ name, ...tensor }) as V1Tensor);
  await writeBundle(folder.join("v2"), suppliers(variables));
  await folder.write("v1", tableOf(sliceFileEntries(v1), 7));
  await writeSafetensors(folder.join("both.safetensors"), variables);
  for (const name of ["v2", "v1", "both.safetensors"]) {
    const out = folder.join(`run-${name}`);
    const result = await importReference({ path: folder.join(name), out, grid: GRID, iterations: 3 });
    assertEquals([result.step, result.phase, result.extra, result.adam, result.problems], [5, "refine", [], [], []]);
    await assertIsOriginal(out);
  }
});

Deno.test("importReference: names variables that are missing, misshapen or of no use, and leaves no folder", async () => {
  await using folder = await TemporaryFolder.make();
  const refuses = async (variables: ReadonlyMap<string, TensorData>, options: Partial<ImportOptions>, text: string) => {
    const error = await assertRejects(() => imported(folder, variables, options), UserError);
    assertStringIncludes(error.message, text);
    await assertRejects(() => Deno.stat(folder.join("run")), Deno.errors.NotFound);
  };
  const changed = weights();
  changed.delete("gen_W3");
  changed.delete("cod_bn_b2");
  changed.set("gen_bn_g2", { dtype: "F32", shape: [4], data: new Float32Array(4) });
  await refuses(changed, {}, "missing: gen_W3, cod_bn_b2. misshapen: gen_bn_g2 is [4], expected [8]");
  await refuses(weights(), { grid: undefined }, "its latent code has 6 cells of 16³ voxels, but not how they lie");
  await refuses(weights(), { grid: [32, 32, 48] }, "a grid of 32x32x48 has 12");
  const integers = weights().set("gen_bn_g2", { dtype: "I32", shape: [8], data: new Int32Array(8) });
  await refuses(integers, {}, "gen_bn_g2 holds I32, expected float32");
  const small = weights().set("refine_W1", { dtype: "F32", shape: [5, 5, 5, 12, 6], data: new Float32Array(9000) });
  await refuses(small, {}, "refinerKernel is 5 in this checkpoint, runs of this program have 3");
  const foreign = new Map([["dense/kernel", { dtype: "F32" as const, shape: [1], data: Float32Array.of(1) }]]);
  await refuses(foreign, {}, "has no variable encode_W5");
  await refuses(weights(), { data: folder.join("nowhere") }, "nowhere");
  await Deno.mkdir(folder.join("taken"));
  await folder.write("taken/file", "mine");
  const taken = { out: folder.join("taken") };
  await refuses(weights(), taken, "is not empty");
  assertEquals(await Deno.readTextFile(folder.join("taken/file")), "mine");
  const strange = weights().set("moving_mean", { dtype: "F32", shape: [1], data: Float32Array.of(1) });
  assertEquals((await imported(folder, strange)).extra, ["moving_mean"]);
});

Deno.test("importReference: with Adam's slots the run goes on where the original stopped; calibrated if asked", async () => {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const first = await tinyRun(folder, 3);
  const path = folder.join("tf/model");
  const { variables, reversed } = await exportReference({ root: first, format: "tensorflow", out: path, adam: true });
  assertEquals([variables, reversed], [198, true]);
  const root = folder.join("second");
  const calibration = { backend, batches: 2 };
  const result = await importReference({ path, out: root, grid: [16, 16, 16], batch: 2, calibration });
  assertEquals([result.step, result.phase, result.options.iterations, result.problems], [3, "refine", 2, []]);
  assertEquals(
    result.adam.join(),
    "encoder (4 steps),discriminator (2 steps),generator (4 steps)," +
      "codeDiscriminator (2 steps),refiner (1 steps),discriminatorRefine (1 steps)",
  );
  const before = await readCheckpoint(`${runFolder(first).checkpoints}/step-000003.safetensors`);
  const after = await readCheckpoint(`${runFolder(root).checkpoints}/step-000003.safetensors`);
  assertEquals([...after.tensors.keys()].sort(), [...before.tensors.keys()].sort());
  for (const [name, tensor] of before.tensors) {
    if (!name.endsWith(".statistics")) assertEquals(after.tensors.get(name), tensor, name);
  }
  assertEquals(after.options.bn, "running");
  const means = after.tensors.get("generator.norm2.statistics")!.data as Float32Array;
  assert(means.some((value) => value !== 0 && value !== 1), "statistics are as they were");
  const resumed = await prepareResume(root, [{ source: "test", values: { refineIterations: 3 } }]);
  const { step, finished } = await trainLoop(resumed, backend);
  assertEquals([step, finished], [5, true]);
});

/** A run of 2 base and 1 refine iterations on tiny rooms; its root. */
async function tinyRun(folder: TemporaryFolder, steps: number): Promise<string> {
  using backend = await openBackend("cpu", { threads: 2 });
  const root = folder.join("first");
  const values = {
    preset: "tiny",
    generator: "dense",
    iterations: 2,
    refineIterations: steps - 2,
    out: root,
    data: "rooms",
  };
  await trainLoop(await prepareNewRun(resolveOptions([{ source: "test", values }])), backend);
  return root;
}

Deno.test("exportReference: safetensors and checkpoint hold the same, with neutral values for what no layer reads", async () => {
  await using folder = await TemporaryFolder.make();
  const values = { preset: "tiny", generator: "dense", out: folder.join("run") };
  const options = resolveOptions([{ source: "test", values }]);
  {
    using backend = await openBackend("cpu", { threads: 1 });
    using trainer = newTrainer(backend, options);
    trainer.networks.initialize(1);
    const tensors = captureState(trainer);
    const folders = runFolder(folder.join("run"));
    await writeCheckpoint(folders.checkpoints, { step: 0, phase: "base", iteration: 0, options, tensors });
  }
  const root = folder.join("run");
  const { files } = await exportReference({ root, format: "safetensors", out: folder.join("model"), adam: false });
  assertEquals(files, [folder.join("model.safetensors")]);
  const tensorflow = { root, format: "tensorflow", out: folder.join("a/model"), adam: false } as const;
  const written = await exportReference(tensorflow);
  assertEquals(
    written.files,
    [".index", ".data-00000-of-00001"].map((end) => folder.join(`a/model${end}`))
      .concat(folder.join("a/checkpoint")),
  );
  assertEquals((await exportReference({ ...tensorflow, out: folder.join("a/other") })).files.length, 2);
  const { tensors, metadata } = await readSafetensors(files[0]);
  assertEquals([metadata.scenes, tensors.size], ["all three axes reversed", 60]);
  assertEquals([...tensors.keys()].sort(), [...weights().keys()].sort());
  using checkpoint = await openTensorflowCheckpoint(folder.join("a/model"));
  for (const [name, tensor] of tensors) assertEquals(await checkpoint.read(name), tensor, name);
  assertEquals([...checkpoint.variables.keys()].filter((name) => !tensors.has(name)), ["fcr_scenes_reversed"]);
  assertEquals(tensors.get("encode_bn_g1"), { dtype: "F32", shape: [4], data: Float32Array.of(1, 1, 1, 1) });
  assertEquals(tensors.get("gen_bn_b5"), { dtype: "F32", shape: [12], data: new Float32Array(12) });
});

Deno.test("exportReference: refuses a convolutional generator, of which the original program knows nothing", async () => {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 1 });
  const root = folder.join("run"), values = { preset: "tiny", iterations: 1, refineIterations: 0, out: root };
  await trainLoop(await prepareNewRun(resolveOptions([{ source: "test", values }])), backend);
  const out = folder.join("model");
  for (const format of ["tensorflow", "safetensors"] as const) {
    const refused = () => exportReference({ root, format, out, adam: false });
    await assertRejects(refused, UserError, "has a generator that begins with a convolution (generator conv)");
  }
  assertEquals((await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name), ["run"]);
});

Deno.test("exportReference, importReference: a run comes back and evaluates as before, from both formats", async () => {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const root = folder.join("trained"), grid = [16, 16, 16] as const, scenes = folder.join("scenes");
  const values = {
    preset: "tiny",
    iterations: 60,
    refineIterations: 2,
    learningRate: 2e-3,
    tick: 60,
    snapshot: 100,
    generator: "dense",
  };
  await trainLoop(await prepareNewRun(resolveOptions([{ source: "test", values: { ...values, out: root } }])), backend);
  {
    using rooms = roomSource({ seed: 7, grid: [...grid], count: 4 });
    await writeScenes(rooms, scenes);
  }
  const evaluate = async (root: string) => {
    const out = `${root}-evaluation`;
    const { scores } = await evaluateRun({ root, backend, data: scenes, out, count: 4, statistics: "batch", batch: 4 });
    return { scores, rooms: fingerprint(await Deno.readFile(`${out}/recons.npy`), [16, 16, 16]) };
  };
  const before = await evaluate(root);
  for (const [format, out] of [["tensorflow", "tf/model"], ["safetensors", "model.safetensors"]] as const) {
    const path = folder.join(out), again = folder.join(`again-${format}`);
    await exportReference({ root, format, out: path, adam: false });
    const { extra } = await importReference({ path, out: again, grid, batch: 2, iterations: 60 });
    assertEquals(extra, []);
    assertEquals(await evaluate(again), before, format);
    // And once more round, as the import is a run like any other.
    await exportReference({
      root: again,
      format,
      out: `${folder.join("second")}-${out.replace("/", "-")}`,
      adam: false,
    });
  }
  const first = await readSafetensors(folder.join("model.safetensors"));
  assertEquals(await readSafetensors(folder.join("second-model.safetensors")), first);
});

const TENSORFLOW_KIT = new URL("../../../../shared/conformance/tf_checkpoint/", import.meta.url);
const kitMissing = !await Deno.stat(TENSORFLOW_KIT).then(() => true, () => false);
const skipped = kitMissing ? " (skipped: ../shared/conformance/tf_checkpoint is missing)" : "";

Deno.test({
  name: `importReference, exportReference: TensorFlow's own checkpoint with slots there and back${skipped}`,
  ignore: kitMissing,
  async fn() {
    await using folder = await TemporaryFolder.make();
    const path = new URL("model_and_slots-5", TENSORFLOW_KIT).pathname;
    const root = folder.join("run");
    const result = await importReference({ path, out: root, grid: GRID });
    assertEquals([result.step, result.phase, result.options.iterations, result.extra], [5, "refine", 3, []]);
    await exportReference({ root, format: "tensorflow", out: folder.join("again"), adam: true });
    using expected = await openTensorflowCheckpoint(path);
    using found = await openTensorflowCheckpoint(folder.join("again"));
    assertEquals([...found.variables.keys()].sort(), [...expected.variables.keys()].sort());
    for (const name of expected.variables.keys()) {
      if (/^(encode_bn_.1|gen_bn_.5|discrim_bn_.1|encode_W5_sigma)$/.test(name)) continue; // no layer reads them
      const [there, here] = [await expected.read(name), await found.read(name)];
      if (name.startsWith("beta")) assertLess(Math.abs(Number(here.data[0]) / Number(there.data[0]) - 1), 1e-6, name);
      else assertEquals(here, there, name);
    }
  },
});

/** Restores an exported checkpoint and prints each tensor's name, shape, and SHA-256 of its bytes. */
const PYTHON = `
import sys, json, hashlib, numpy, tensorflow
reader = tensorflow.train.load_checkpoint(sys.argv[1])
names = reader.get_variable_to_shape_map()
digest = lambda array: hashlib.sha256(numpy.ascontiguousarray(array).tobytes()).hexdigest()
print("RESULT" + json.dumps({n: [list(reader.get_tensor(n).shape), digest(reader.get_tensor(n))]
  for n in names if not n.startswith("_")}))
`;
const hasTensorflow = await new Deno.Command("python3", {
  args: ["-c", "import tensorflow"],
  stdout: "null",
  stderr: "null",
})
  .output().then(({ success }) => success, () => false);

Deno.test({
  name: `exportReference: TensorFlow restores it${hasTensorflow ? "" : " (skipped: no python3 with tensorflow)"}`,
  ignore: !hasTensorflow,
  async fn() {
    await using folder = await TemporaryFolder.make();
    const root = (await imported(folder, weights(5), { iterations: 3 })).root;
    const out = folder.join("tf/model");
    await exportReference({ root, format: "tensorflow", out, adam: true });
    const { stdout } = await new Deno.Command("python3", { args: ["-c", PYTHON, out], stderr: "null" }).output();
    const line = new TextDecoder().decode(stdout).split("RESULT")[1];
    const restored = JSON.parse(line) as Record<string, [number[], string]>;
    assertEquals(Object.keys(restored).length, 198);
    using checkpoint = await openTensorflowCheckpoint(out);
    for (const name of checkpoint.variables.keys()) {
      const { shape, data } = await checkpoint.read(name);
      const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
      assertEquals(restored[name], [[...shape], digest], name);
    }
  },
});
