/** `deno task train` on the emulated CUDA device: to the end, out of memory on the way, on from there. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readStatistics } from "../../run/statistics.ts";
import { type EmulatedRun, emulatorProblem, NOTHING_ALIVE, runEmulated } from "../helpers/emulated_device.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const skipped = emulatorProblem ? ` (skipped: ${emulatorProblem})` : "";
/** Enough for the base stage of these options, not for their refine stage; most of it is staging and cuBLAS's. */
const LIMIT_FOR_BASE_STAGE = 52 * 2 ** 20;

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
  name:
    `deno task train --device cuda: beyond --memory-limit in the refine stage it ends with the checkpoint before, and goes on from there${skipped}`,
  ignore: emulatorProblem !== null,
  fn: async () => {
    await using folder = await TemporaryFolder.make();
    const undisturbed = join(folder.path, "undisturbed"), stopped = join(folder.path, "stopped");
    const options = ["--preset", "tiny", "--device", "cuda", "--deterministic", "--refine-batch", "8"];
    assertSucceeded(await train([...options, "--out", undisturbed]));
    const limited = [...options, "--out", stopped, "--memory-limit", String(LIMIT_FOR_BASE_STAGE)];
    const { code, output, state } = await train(limited);
    assertEquals(code, 1, output);
    assertStringIncludes(output, "cuda:0 is out of memory");
    assertStringIncludes(output, "limit 52 MiB");
    assertStringIncludes(output, "raise --memory-limit");
    assert(!output.includes("at file:"), output);
    assertEquals(state, NOTHING_ALIVE, output);
    assertEquals(checkpoints(stopped), ["step-000002.safetensors", "step-000004.safetensors"]);
    assertSucceeded(await train(["--resume", stopped, "--memory-limit", "12GiB"]));
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

Deno.test({
  name: `deno task train --preset auto: the paper's sizes on a GPU of 12 GB whose plan fits, else small${skipped}`,
  ignore: emulatorProblem !== null,
  fn: async () => {
    const chosen = async (memoryBytes: number, ...args: string[]) => {
      const { code, output } = await train(["--device", "cuda", "--dry-run", ...args], {
        FCR_EMULATOR_MEMORY: String(memoryBytes),
      });
      assertEquals(code, 0, output);
      assert(/^Preset (small|full) for --preset auto: .+\n/.test(output) === !args.includes("--preset"), output);
      return JSON.parse(output.slice(output.indexOf("{"), output.indexOf("}") + 1)).preset;
    };
    assertEquals(await chosen(12.6e9), "full");
    assertEquals(await chosen(8e9), "small");
    assertEquals(await chosen(24e9, "--memory-limit", "4GiB"), "small");
    assertEquals(await chosen(24e9, "--grid", "160x160x160"), "small");
    assertEquals(await chosen(24e9, "--preset", "tiny"), "tiny");
  },
});
