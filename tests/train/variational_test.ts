/** Runs of the variational baselines: trained, stopped and resumed, evaluated, and what they cannot do. */
import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { readNpy } from "../../data/formats/npy.ts";
import { Run } from "../../eval/run.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { SYSTEM_NAMES } from "../../nn/models/systems.ts";
import { latestCheckpoint, readCheckpoint } from "../../run/checkpoint.ts";
import { exportReference } from "../../train/original/export_reference.ts";
import { trainLoop } from "../../train/loop.ts";
import { resolveOptions } from "../../run/options.ts";
import { newRunOptions } from "../../train/new_options.ts";
import { prepareNewRun, prepareResume } from "../../train/prepare.ts";
import { readRunOptions, runFolder } from "../../run/run_folder.ts";
import { readStatistics } from "../../run/statistics.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";
import { assertRefused, runTask } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const BASELINES = SYSTEM_NAMES.filter((model) => model !== "fc-alphagan");
const TINY = { preset: "tiny", iterations: 6, tick: 1, snapshot: 2, scenes: 10, keep: 20 };

async function withEngine(body: (backend: Backend, folder: TemporaryFolder) => Promise<void>): Promise<void> {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const before = heldBytes(backend);
  await body(backend, folder);
  assertNothingHeld(backend, before);
}

async function train(backend: Backend, out: string, values: Readonly<Record<string, unknown>>, until = Infinity) {
  const options = await newRunOptions([{ source: "test", values: { ...TINY, out, ...values } }]);
  const stop = new AbortController();
  const onTick = ({ step }: { step: number }) => void (step === until && stop.abort());
  return await trainLoop(await prepareNewRun(options), backend, { signal: stop.signal, onTick });
}

const checkpointOf = async (root: string) => await readCheckpoint(await latestCheckpoint(runFolder(root).checkpoints));

for (const model of BASELINES) {
  Deno.test(`trainLoop: ${model} stopped and resumed gives the bits of one that was not`, () =>
    withEngine(async (backend, folder) => {
      const [whole, parts] = [folder.join("whole"), folder.join("parts")];
      await train(backend, whole, { model });
      assertEquals((await train(backend, parts, { model }, 3)).step, 3);
      await trainLoop(await prepareResume(parts, []), backend);
      const [a, b] = [await checkpointOf(whole), await checkpointOf(parts)];
      assertEquals([...b.tensors.keys()], [...a.tensors.keys()]);
      for (const [name, { data }] of a.tensors) assertEquals(b.tensors.get(name)!.data, data, name);
      const adam = [...a.tensors].filter(([name]) => name.endsWith(".steps")).map((
        [name, { data }],
      ) => [name, data[0]]);
      assertEquals(adam, [["adam.encoder.steps", 12], ["adam.generator.steps", 12]]);
      assertEquals((await readRunOptions(whole)).model, model);
    }));
}

Deno.test("trainLoop: training a variational auto-encoder lowers its loss", () =>
  withEngine(async (backend, folder) => {
    const root = folder.join("run"), values = { iterations: 40, learningRate: 5e-3, batch: 4, snapshot: 40 };
    await train(backend, root, { model: "vae-200", ...values });
    const rows = await readStatistics(runFolder(root).statistics);
    assertEquals(Object.keys(rows[0].losses).sort(), ["cost_vae", "kl_loss", "recons_loss", "z_enc_mean", "z_enc_std"]);
    const mean = (from: number) => rows.slice(from, from + 5).reduce((sum, { losses }) => sum + losses.cost_vae, 0) / 5;
    assertLess(mean(35), 0.6 * mean(0));
    for (const { losses: { cost_vae, kl_loss, recons_loss } } of rows) {
      assert(kl_loss >= 0, `divergence ${kl_loss}`);
      assert(Math.abs(cost_vae - kl_loss - recons_loss) <= 1e-6 * cost_vae);
    }
  }));

Deno.test("Run: a flat code is the mean, decodes, and draws rooms; eval writes it as [n, numbers]", () =>
  withEngine(async (backend, folder) => {
    const root = folder.join("run");
    await train(backend, root, { model: "vae-200", iterations: 2 });
    {
      using run = await Run.open(root, { backend });
      assertEquals([run.codeShape, run.codeSize, run.refines], [[200], 200, false]);
      const labels = new Uint8Array(2 * run.voxels).map((_, voxel) => voxel % 5);
      const codes = run.encode(labels, 2);
      assertEquals(codes, run.encode(labels, 2));
      assertEquals([codes.length, run.decode(codes, 2).refined], [400, null]);
      assertEquals(run.generate(2, 7).plain.labels.slice(0, run.voxels), run.generate(1, 7).plain.labels);
    }
    const out = folder.join("evaluation");
    const { code, err } = await runTask("eval", ["--run", root, "--count", "3", "--out", out, "--threads", "1"]);
    assertEquals(code, 0, err);
    assertEquals((await readNpy(`${out}/decode_z.npy`)).shape, [3, 200]);
  }));

Deno.test("variational runs: no refine stage, no other model on resume, no variables of the original program", () =>
  withEngine(async (backend, folder) => {
    const refining = { source: "--set", values: { model: "fc-vae", refineIterations: 5 } };
    assertThrows(() => resolveOptions([refining]), UserError, "model fc-vae has no refiner");
    assertEquals(resolveOptions([{ source: "test", values: { model: "fc-vae" } }]).refineIterations, 0);
    const root = folder.join("run");
    await train(backend, root, { model: "fc-vae", iterations: 2 });
    const other = [{ source: "test", values: { model: "vae-200" } }];
    await assertRejects(() => prepareResume(root, other), UserError, 'model is "fc-vae" in this run');
    const wanted = { root, format: "safetensors" as const, out: folder.join("weights"), adam: false };
    await assertRejects(() => exportReference(wanted), UserError, "is a run of model fc-vae");
    assertRefused(await runTask("train", ["--model", "vae"]), "vae-200");
  }));
