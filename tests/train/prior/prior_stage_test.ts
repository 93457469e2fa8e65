/** The stage that trains a prior, as a part of a run. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { Run } from "../../../eval/run.ts";
import type { Backend } from "../../../nn/backend/backend.ts";
import { openBackend } from "../../../nn/backend/open.ts";
import { latestCheckpoint, readCheckpoint } from "../../../run/checkpoint.ts";
import { readStatistics } from "../../../run/statistics.ts";
import { trainLoop } from "../../../train/loop.ts";
import { newRunOptions } from "../../../train/new_options.ts";
import { prepareNewRun, prepareResume } from "../../../train/prepare.ts";
import { assertNothingHeld, heldBytes } from "../../helpers/held_bytes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const TINY = {
  preset: "tiny",
  grid: [32, 16, 16],
  scenes: 10,
  tick: 1,
  snapshot: 100,
  iterations: 2,
  refineIterations: 1,
  priorIterations: 6,
  augment: ["flip-x"],
};

async function withEngine(body: (backend: Backend, folder: string) => Promise<void>): Promise<void> {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const before = heldBytes(backend);
  await body(backend, folder.path);
  assertNothingHeld(backend, before);
}

async function start(backend: Backend, out: string, values: Record<string, unknown> = {}, signal?: AbortSignal) {
  const options = await newRunOptions([{ source: "test", values: { ...TINY, ...values, out } }]);
  return await trainLoop(await prepareNewRun(options), backend, { signal });
}

const newest = async (root: string) => await readCheckpoint(await latestCheckpoint(join(root, "checkpoints")));

Deno.test("trainLoop: a prior that is stopped and resumed has the bits of one that is not; rows, labels and checkpoint tell of it", () =>
  withEngine(async (backend, folder) => {
    const whole = join(folder, "whole"), parts = join(folder, "parts");
    const { step } = await start(backend, whole);
    assertEquals(step, 9);
    const rows = await readStatistics(join(whole, "stats.jsonl"));
    assertEquals(rows.map(({ phase, iteration }) => `${phase} ${iteration}`).slice(2), [
      "refine 1",
      ...[1, 2, 3, 4, 5, 6].map((i) => `prior ${i}`),
    ]);
    assert(rows[5].losses.prior_loss > 0 && rows[5].gradientNorms!.prior > 0);
    const options = await newRunOptions([{ source: "test", values: { ...TINY, out: parts } }]);
    for (const until of [1, 5, 8, 9]) {
      const stop = new AbortController();
      const onTick = ({ step }: { step: number }) => void (step === until && stop.abort());
      const run = until === 1 ? await prepareNewRun(options) : await prepareResume(parts, []);
      assertEquals((await trainLoop(run, backend, { signal: stop.signal, onTick })).step, until);
    }
    const a = await newest(whole), b = await newest(parts);
    assertEquals([b.phase, b.iteration, b.sceneLabels], ["prior", 6, a.sceneLabels]);
    assertEquals([...b.tensors.keys()], [...a.tensors.keys()]);
    for (const [name, { data }] of a.tensors) assertEquals(b.tensors.get(name)!.data, data, name);
    assertEquals(
      (await readStatistics(join(parts, "stats.jsonl"))).map(({ losses }) => losses),
      rows.map(({ losses }) => losses),
    );
    // A run that is finished is saved as it is.
    await trainLoop(await prepareResume(whole, []), backend);
    assertEquals((await newest(whole)).tensors.get("prior.codes.mean"), a.tensors.get("prior.codes.mean"));
  }));

Deno.test("trainLoop: told to stop while scenes are encoded, it saves what there is and goes on later", () =>
  withEngine(async (backend, folder) => {
    const root = join(folder, "run"), stop = new AbortController();
    const options = await newRunOptions([{ source: "test", values: { ...TINY, out: root } }]);
    const result = await trainLoop(await prepareNewRun(options), backend, {
      signal: stop.signal,
      onEncoded: () => stop.abort(),
    });
    assertEquals([result.finished, result.step], [false, 3]);
    assertEquals((await trainLoop(await prepareResume(root, []), backend)).finished, true);
  }));

Deno.test("prepareResume: --stage prior ends other stages where they are, also for a run that was to have no prior", () =>
  withEngine(async (backend, folder) => {
    const root = join(folder, "run");
    await start(backend, root, { iterations: 3, refineIterations: 0, priorIterations: 0 });
    assertEquals((await newest(root)).phase, "base");
    const early = await prepareResume(root, [], undefined, "prior");
    const { iterations, refineIterations, priorIterations } = early.options;
    early.folder[Symbol.dispose]();
    assertEquals([iterations, refineIterations, priorIterations], [3, 0, 2]);
    const none = [{ source: "test", values: { priorIterations: 0 } }];
    await assertRejects(() => prepareResume(root, none, undefined, "prior"), UserError, "--prior-iterations 0");
    const longer = [{ source: "test", values: { priorIterations: 4 } }];
    const result = await trainLoop(await prepareResume(root, longer, undefined, "prior"), backend);
    assertEquals([result.finished, result.step, (await newest(root)).phase], [true, 7, "prior"]);
    // Going on without a word is going on with the prior, whatever the run was to be like once.
    const again = await prepareResume(root, []);
    again.folder[Symbol.dispose]();
    assertEquals([again.options.iterations, again.options.priorIterations, again.checkpoint?.step], [3, 4, 7]);
    const over = [{ source: "test", values: { priorIterations: 6, refineIterations: 1 } }];
    await assertRejects(() => prepareResume(root, over, undefined, "prior"), UserError, "its refine stage is over");
  }));

Deno.test("prepareResume: networks trained for longer go on from where the prior began, with the bits of a longer training", () =>
  withEngine(async (backend, folder) => {
    const longer = join(folder, "longer"), root = join(folder, "run"), values = { refineIterations: 0, cooldown: 0 };
    await start(backend, longer, { ...values, iterations: 4 });
    await start(backend, root, { ...values, iterations: 2 });
    const more = [{ source: "test", values: { iterations: 4 } }];
    assertEquals((await trainLoop(await prepareResume(root, more), backend)).step, 10);
    const a = await newest(longer), b = await newest(root);
    for (const [name, { data }] of a.tensors) assertEquals(b.tensors.get(name)!.data, data, name);
    await assertRejects(
      () => prepareResume(root, [{ source: "test", values: { iterations: 3 } }]),
      UserError,
      "its base stage is over",
    );
  }));

Deno.test("Run: rooms from the learned prior, given by seed, request and nothing else; refusals name what there is", () =>
  withEngine(async (backend, folder) => {
    const root = join(folder, "run");
    await start(backend, root);
    using run = await Run.open(root, { backend });
    assertEquals(run.prior, "flow");
    assert(run.labels.length > 1 && run.labels.includes("bedroom"));
    const four = run.sampleCodes(4, 9), last = run.sampleCodes(1, 9, 3);
    assertEquals(last, four.slice(3 * run.codeSize));
    assertNotEquals(run.sampleCodes(1, 9), run.sampleNoise(1, 9));
    assertEquals(run.sampleCodes(1, 9, 0, { prior: "none" }), run.sampleNoise(1, 9));
    const priors = ["flow", "gaussian", "none"] as const;
    const codes = priors.map((prior) => run.sampleCodes(2, 9, 0, { prior }).join());
    assertEquals(new Set(codes).size, 3);
    const plain = run.sampleCodes(1, 9).join();
    for (const request of [{ type: "bedroom" }, { with: ["bed"] }, { without: ["bed"] }]) {
      assertNotEquals(run.sampleCodes(1, 9, 0, request).join(), plain, JSON.stringify(request));
    }
    const asked = { type: "bedroom", with: ["bed", "table"] };
    assertNotEquals(run.sampleCodes(1, 9, 0, { ...asked, guidance: 3 }), run.sampleCodes(1, 9, 0, asked));
    assertEquals(run.generate(2, 9, asked).plain.labels.length, 2 * run.voxels);
    const refused = (request: Parameters<Run["generate"]>[2], message: string) =>
      assertThrows(() => run.generate(1, 0, request), UserError, message);
    refused({ type: "bedrom" }, "did you mean bedroom?");
    refused({ with: ["beds"] }, "did you mean bed?");
    refused({ with: ["bed"], without: ["bed"] }, "bed must both be there and not");
    refused({ type: "bedroom", prior: "gaussian" }, "only the flow prior");
    const older = join(folder, "older");
    await start(backend, older, { priorIterations: 0 });
    using without = await Run.open(older, { backend });
    assertEquals([without.prior, without.labels], ["none", []]);
    assertEquals(without.sampleCodes(1, 4), without.sampleNoise(1, 4));
    for (const prior of ["flow", "gaussian"] as const) {
      assertThrows(() => without.generate(1, 0, { prior }), UserError, "--stage prior");
    }
    assertThrows(() => without.generate(1, 0, { type: "bedroom" }), UserError, "--stage prior");
  }));
