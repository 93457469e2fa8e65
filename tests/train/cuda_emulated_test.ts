/** `deno task train` on the emulated CUDA device: to the end, out of memory on the way, on from there. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readStatistics } from "../../train/statistics.ts";
import { type EmulatedRun, emulatorProblem, NOTHING_ALIVE, runEmulated } from "../helpers/emulated_device.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const skipped = emulatorProblem ? ` (skipped: ${emulatorProblem})` : "";
/** Enough for the base stage of the tiny preset, not for its refine stage; most of it is staging and cuBLAS's. */
const MEMORY_FOR_BASE_STAGE = 51 * 2 ** 20 + 2 ** 19;

function train(args: readonly string[], env: Record<string, string> = {}): Promise<EmulatedRun> {
  return runEmulated(["run", "-A", "--no-check", "train/main.ts", ...args, "--no-evaluate"], env);
}

async function curve(run: string) {
  return (await readStatistics(join(run, "stats.jsonl"))).map(({ step, losses }) => ({ step, losses }));
}

function assertSucceeded({ code, output, state }: EmulatedRun): void {
  assertEquals(code, 0, output);
  assertEquals(state, NOTHING_ALIVE, output);
}

Deno.test({
  name: `deno task train --device cuda: runs out of memory in the refine stage, goes on from the checkpoint${skipped}`,
  ignore: emulatorProblem !== null,
  fn: async () => {
    await using folder = await TemporaryFolder.make();
    const undisturbed = join(folder.path, "undisturbed"), stopped = join(folder.path, "stopped");
    const options = ["--preset", "tiny", "--device", "cuda", "--deterministic"];
    assertSucceeded(await train([...options, "--out", undisturbed]));
    const { code, output, state } = await train([...options, "--out", stopped], {
      FCR_EMULATOR_MEMORY: String(MEMORY_FOR_BASE_STAGE),
    });
    assertEquals(code, 1, output);
    assertStringIncludes(output, "cuda:0 is out of memory");
    assertStringIncludes(output, "raise --memory-limit");
    assert(!output.includes("at file:"), output);
    assertEquals(state, NOTHING_ALIVE, output);
    assertEquals(checkpoints(stopped), ["step-000002.safetensors", "step-000004.safetensors"]);
    assertSucceeded(await train(["--resume", stopped]));
    assertEquals(await curve(stopped), await curve(undisturbed));
    const [own, other] = await Promise.all(
      [stopped, undisturbed].map((run) => Deno.readFile(join(run, "checkpoints", "step-000006.safetensors"))),
    );
    assertEquals(own.length, other.length);
  },
});

Deno.test({
  name:
    `deno task train --device cuda: a memory limit that the plan exceeds is refused before anything is made${skipped}`,
  ignore: emulatorProblem !== null,
  fn: async () => {
    await using folder = await TemporaryFolder.make();
    const run = join(folder.path, "run");
    const limited = ["--preset", "tiny", "--device", "cuda", "--memory-limit", "1MiB", "--out", run];
    const { code, output } = await train(limited);
    assertEquals(code, 1, output);
    assertStringIncludes(output, "--memory-limit");
    assertEquals([...Deno.readDirSync(folder.path)], []);
  },
});

function checkpoints(run: string): string[] {
  return [...Deno.readDirSync(join(run, "checkpoints"))].map(({ name }) => name).sort();
}
