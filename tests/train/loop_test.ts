import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../base/errors.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { listCheckpoints, readCheckpoint } from "../../run/checkpoint.ts";
import { trainLoop } from "../../train/loop.ts";
import { newRunOptions } from "../../train/new_options.ts";
import { prepareNewRun, prepareResume } from "../../train/prepare.ts";
import { readStatistics } from "../../run/statistics.ts";
import { rateAt } from "../../train/schedule.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";
import { decodeMessage, decodeRecords } from "../run/event_decoder.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const TINY = { preset: "tiny", tick: 1, snapshot: 2, scenes: 10, keep: 20 };

/** Runs `body` with an engine and a folder, and asserts that the engine holds nothing afterwards. */
async function withEngine(body: (backend: Backend, folder: string) => Promise<void>): Promise<void> {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const before = heldBytes(backend);
  await body(backend, folder.path);
  assertNothingHeld(backend, before);
}

async function start(backend: Backend, out: string, values: Record<string, unknown>) {
  const options = await newRunOptions([{ source: "test", values: { ...TINY, ...values, out } }]);
  return await trainLoop(await prepareNewRun(options), backend);
}

async function losses(root: string) {
  return (await readStatistics(join(root, "stats.jsonl"))).map(({ phase, iteration, losses }) => ({
    phase,
    iteration,
    losses,
  }));
}

Deno.test("trainLoop: N iterations, then resuming for N, gives the bits of 2N iterations", () =>
  withEngine(async (backend, folder) => {
    const whole = join(folder, "whole"), parts = join(folder, "parts");
    await start(backend, whole, { iterations: 6, refineIterations: 4 });
    const stop = new AbortController();
    const options = await newRunOptions([{
      source: "test",
      values: { ...TINY, iterations: 6, refineIterations: 4, out: parts },
    }]);
    const stopped = await trainLoop(await prepareNewRun(options), backend, {
      signal: stop.signal,
      onTick: ({ step }) => void (step === 3 && stop.abort()),
    });
    assertEquals([stopped.finished, stopped.step], [false, 3]);
    for (const until of [5, 6, 9]) {
      const next = new AbortController();
      const onTick = ({ step }: { step: number }) => void (step === until && next.abort());
      await trainLoop(await prepareResume(parts, []), backend, { signal: next.signal, onTick });
    }
    await trainLoop(await prepareResume(parts, []), backend);
    // TensorBoard drops what is at the step of a session's start and after it: the first that is written again.
    const sessions = [...Deno.readDirSync(join(parts, "events"))].map(({ name }) => name).sort().map((name) =>
      decodeRecords(Deno.readFileSync(join(parts, "events", name))).map(decodeMessage).find((event) => event.has(7))
    );
    assertEquals(sessions.map((start) => start?.get(2)), [undefined, [4], [6], [7], [10]]);
    const a = await readCheckpoint((await listCheckpoints(join(whole, "checkpoints"))).at(-1)!.path);
    const b = await readCheckpoint((await listCheckpoints(join(parts, "checkpoints"))).at(-1)!.path);
    assertEquals([...b.tensors.keys()], [...a.tensors.keys()]);
    for (const [name, { data }] of a.tensors) assertEquals(b.tensors.get(name)!.data, data, name);
    assertEquals(await losses(parts), await losses(whole));
  }));

Deno.test("rateAt: full until the cooldown of a stage begins, then down in a line, never 0", () => {
  const rates = (cooldown: number, iterations: number) =>
    Array.from({ length: iterations }, (_, iteration) => rateAt({ phase: "base", iteration, iterations }, cooldown));
  assertEquals(rates(0, 3), [1, 1, 1]);
  assertEquals(rates(0.5, 8), [1, 1, 1, 1, 1, 0.75, 0.5, 0.25]);
  assertEquals(rates(1, 4), [1, 0.75, 0.5, 0.25]);
});

Deno.test("trainLoop: a cooldown changes nothing before it begins", () =>
  withEngine(async (backend, folder) => {
    const weightsAt = async (root: string, step: number) => {
      const { path } = (await listCheckpoints(join(root, "checkpoints"))).find((file) => file.step === step)!;
      return (await readCheckpoint(path)).tensors.get("encoder.code.filter")!.data;
    };
    const [even, cooled] = [join(folder, "even"), join(folder, "cooled")];
    await start(backend, even, { iterations: 8, refineIterations: 0, cooldown: 0 });
    await start(backend, cooled, { iterations: 8, refineIterations: 0, cooldown: 0.5 });
    assertEquals(await weightsAt(cooled, 4), await weightsAt(even, 4));
    assertNotEquals(await weightsAt(cooled, 8), await weightsAt(even, 8));
  }));

Deno.test("trainLoop: a loss that is not finite stops with phase, iteration, term and the last values", () =>
  withEngine(async (backend, folder) => {
    const values = { learningRate: 1e30, iterations: 20 };
    const error = await assertRejects(() => start(backend, join(folder, "run"), values), UserError);
    assert(
      /base stage, iteration \d+: \w+ is (NaN|-?Infinity); the last finite values were: /.test(error.message),
      error.message,
    );
  }));

Deno.test("prepareResume: a run without a checkpoint starts again, a finished one may be made longer", () =>
  withEngine(async (backend, folder) => {
    const root = join(folder, "run");
    const options = await newRunOptions([{
      source: "test",
      values: { ...TINY, out: root, refineIterations: 0, priorIterations: 0 },
    }]);
    {
      using _prepared = (await prepareNewRun(options)).folder;
      await assertRejects(() => prepareResume(root, []), UserError, "another process");
    }
    const again = await prepareResume(root, []);
    assertEquals(again.checkpoint, null);
    await trainLoop(again, backend);
    const longer = await prepareResume(root, [{ source: "test", values: { iterations: 7 } }]);
    assertEquals((await trainLoop(longer, backend)).step, 7);
    await assertRejects(
      () => prepareResume(root, [{ source: "test", values: { iterations: 3 } }]),
      UserError,
      "beyond",
    );
    await assertRejects(
      () => prepareResume(root, [{ source: "test", values: { grid: [32, 16, 32] } }]),
      UserError,
      "grid",
    );
  }));
