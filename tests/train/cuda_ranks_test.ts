/** Ranks on emulated GPUs, which NCCL joins: what they train is what one GPU trains. */
import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { setTimeout as delay } from "node:timers/promises";
import { readStatistics } from "../../run/statistics.ts";
import {
  type EmulatedRun,
  emulatorEnvironment,
  emulatorProblem,
  NOTHING_ALIVE,
  runEmulated,
  startWorkers,
} from "../helpers/emulated_device.ts";
import { endOfRanks, INSTALLED_MPIS, startRanks } from "../helpers/ranks.ts";
import { relativeDifference } from "../helpers/relative_difference.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const PROGRAM = ["run", "-A", "--no-check", new URL("ranks_program.ts", import.meta.url).pathname];
const TRAIN = ["run", "-A", "--no-check", "train/main.ts"];
const SHORT =
  ("--preset tiny --device cuda --deterministic --no-self-test --no-evaluate --iterations 2 --refine-iterations 1 " +
    "--prior-iterations 1 --tick 1 --snapshot 2 --batch 4 --refine-batch 4 --prior-batch 4 --scenes 12").split(" ");
const [mpi] = INSTALLED_MPIS;

function test(name: string, fn: (folder: TemporaryFolder) => Promise<void>, lacks: string | null = null): void {
  const skipped = emulatorProblem ?? lacks;
  Deno.test({
    name: `ranks on emulated GPUs: ${name}${skipped ? ` (skipped: ${skipped})` : ""}`,
    ignore: skipped !== null,
    fn: async () => {
      await using folder = await TemporaryFolder.make();
      await fn(folder);
    },
  });
}

async function together(
  size: number,
  args: readonly string[],
  env?: Record<string, string>,
): Promise<EmulatedRun[]> {
  return await Promise.all((await startWorkers(size, args, env)).map(({ ended }) => ended));
}

function assertSucceeded(runs: readonly EmulatedRun[]): void {
  for (const { code, output, state } of runs) {
    assertEquals(code, 0, output);
    assertEquals(state, NOTHING_ALIVE, output);
  }
}

test("gradients of two are those of one, both have the same bits, nothing is left", async (folder) => {
  const [alone, ranks] = [folder.join("alone"), folder.join("ranks")];
  for (const each of [alone, ranks]) await Deno.mkdir(each);
  const one = await runEmulated([...PROGRAM, alone, "1", "cuda:0"]),
    two = await together(2, [...PROGRAM, ranks, "1", "cuda:0"]);
  assertSucceeded([one, ...two]);
  assertEquals(two[0].output, two[1].output, "hashes of the weights, losses");
  const names = [...Deno.readDirSync(alone)].map(({ name }) => name),
    gradients = names.filter((name) => /\d/.test(name));
  assertEquals([names.length, gradients.length], [18, 8]);
  const seen = async (place: string, name: string) => new Float32Array((await Deno.readFile(join(place, name))).buffer);
  for (const name of names) {
    assertLess(relativeDifference(await seen(ranks, name), await seen(alone, name)), 5e-6, name);
  }
  assertEquals([...Deno.readDirSync(folder.path)].length, 2, "nothing is left of where they met");
});

test("a run without MPI; one that goes on under MPI has the same bits", async (folder) => {
  const run = folder.join("run"), last = join(run, "checkpoints", "step-000004.safetensors");
  const [first, second] = await together(2, [...TRAIN, ...SHORT, "--out", run]);
  assertSucceeded([first, second]);
  assertStringIncludes(first.output, "Ranks: 2, by NCCL; each takes 2 scenes of a batch\n");
  assertEquals(second.output, "");
  const undisturbed = await Deno.readFile(last);
  await Deno.remove(last);
  const env = { ...await emulatorEnvironment(), FCR_EMULATOR_DEVICES: "2" };
  const args = [...TRAIN, "--resume", run, "--resume-step", "2", "--no-self-test", "--no-evaluate"];
  const { code, stdout, stderr } = await endOfRanks(startRanks(mpi, 2, args, { env, seconds: 600 }));
  assertEquals(code, 0, stderr);
  assertStringIncludes(stdout, "Sums of the ranks by NCCL 2.30.7\n");
  assert(undisturbed.toHex() === (await Deno.readFile(last)).toHex());
}, mpi ? null : "needs Open MPI or MPICH");

test("the others of a rank that is killed end with a sentence", async (folder) => {
  const run = folder.join("run"), args = [...TRAIN, ...SHORT, "--iterations", "10000", "--out", run];
  const [rank0, rank1] = await startWorkers(2, args);
  const rows = () => readStatistics(join(run, "stats.jsonl")).catch(() => []);
  const ended = rank0.ended.then(() => true);
  while ((await rows()).length < 1 && !await Promise.race([ended, delay(50, false)]));
  Deno.kill(rank1.pid, "SIGKILL");
  const [{ code, output, state }] = await Promise.all([rank0.ended, rank1.ended]);
  assertEquals(code, 1, output);
  const errors = output.split("\n").filter((line) => line.startsWith("error: "));
  assertEquals(errors.length, 1, output);
  assertStringIncludes(errors[0], "ncclRemoteError (6): remote process exited or there was a network error");
  assertStringIncludes(errors[0], "goes on from its last checkpoint with --resume");
  assertEquals(state, NOTHING_ALIVE, output);
});

test("processes without MPI that cannot meet say why", async () => {
  for (
    const [args, sentence] of [
      [["--device", "cuda"], "name it, in a place that all see, with --out"],
      [["--device", "cpu"], "--device cpu needs mpirun"],
    ] as const
  ) {
    const [{ code, output }] = await together(2, [...TRAIN, ...args]);
    assertEquals(code, 1, output);
    assertStringIncludes(output, sentence);
  }
});

test("--dry-run plans the part of a rank, and so does --preset auto", async (folder) => {
  const args = [...TRAIN, "--device", "cuda", "--dry-run", "--out", folder.join("run")];
  const [{ code, output }, other] = await together(2, args, { FCR_EMULATOR_MEMORY: String(24 * 2 ** 30) });
  assertEquals([code, other.code, other.output], [0, 0, ""], output);
  assertMatch(output, /^Preset full for --preset auto: .*the paper's, takes .* on each of 2 ranks/);
  assertStringIncludes(output, "Plan of each of 2 ranks\n");
  assertStringIncludes(output, "base stage, batch 10: ");
});
