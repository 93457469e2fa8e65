/** `deno task train` under a launcher: what people see of several ranks. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readStatistics } from "../../run/statistics.ts";
import { endOfRanks, INSTALLED_MPIS, RANK_ENVIRONMENT, startRanks } from "../helpers/ranks.ts";
import { runTask, taskArguments } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const [mpi] = INSTALLED_MPIS;
const SHORT =
  ("--preset tiny --device cpu --threads 1 --iterations 2 --refine-iterations 1 --prior-iterations 2 --tick 1 " +
    "--batch 4 --refine-batch 4 --scenes 12 --no-evaluate").split(" ");

function test(name: string, fn: (folder: TemporaryFolder) => Promise<void>): void {
  Deno.test({
    name: `deno task train on ranks: ${name}${mpi ? "" : " (skipped: needs Open MPI or MPICH)"}`,
    ignore: !mpi,
    fn: async () => {
      await using folder = await TemporaryFolder.make();
      await fn(folder);
    },
  });
}

const train = (ranks: number, args: readonly string[]) =>
  endOfRanks(startRanks(mpi, ranks, taskArguments("train", args)));

/** Our own lines among those of a launcher. */
const errors = (stderr: string) => stderr.split("\n").filter((line) => line.startsWith("error: "));

test("rank 0 alone writes and speaks; one process goes on with the run of two", async (folder) => {
  const run = folder.join("run"), { code, stdout, stderr } = await train(2, [...SHORT, "--out", run]);
  assertEquals(code, 0, stderr);
  assertMatch(stdout, new RegExp(`^Ranks: 2, by ${mpi.name}; each takes 2 scenes of a batch$`, "m"));
  assertEquals(stdout.match(/^base +1\/2 .*2 ranks, \S+ scenes\/s, exchange \d+ %/gm)?.length, 1, stdout);
  const rows = await readStatistics(`${run}/stats.jsonl`);
  assertEquals(rows.map(({ step, ranks }) => [step, ranks?.count]), [1, 2, 3, 4, 5].map((step) => [step, 2]));
  const trained = (await Deno.readTextFile(`${run}/trained_scenes.txt`)).trimEnd().split("\n");
  assertEquals(new Set(trained.map((line) => line.split(" ")[1])).size, trained.length, "each scene once");
  const one = await runTask("train", ["--resume", run, "--prior-iterations", "3", "--no-evaluate"]);
  assertEquals([one.code, (await readStatistics(`${run}/stats.jsonl`)).at(-1)?.step], [0, 6], one.err);
});

test("an error is one sentence, however many ranks have it, and ends all with exit code 1", async (folder) => {
  const run = folder.join("run");
  for (
    const [args, sentence] of [
      [
        ["--batch", "3"],
        "--batch 3 is no multiple of the 2 ranks, which take equal parts of each batch; use --batch 4",
      ],
      [["--data", folder.join("nowhere")], "nowhere"],
    ] as const
  ) {
    const { code, stderr } = await train(2, [...SHORT, ...args, "--out", run]);
    assertEquals([code, errors(stderr).length], [1, 1], stderr);
    assertStringIncludes(errors(stderr)[0], sentence);
  }
  assertEquals(await Deno.stat(run).catch(() => null), null, "no folder is left");
});

test("a rank with other scenes than rank 0 is told", async (folder) => {
  for (const [host, seed] of [["0", "1"], ["1", "2"]]) {
    const make = ["make", "--count", "12", "--grid", "16x16x16", "--seed", seed];
    assertEquals((await runTask("data", [...make, "--out", folder.join(host, "scenes")])).code, 0);
  }
  const line = taskArguments("train", [...SHORT, "--data", "scenes", "--out", folder.join("run")]);
  // Each rank in a folder of its own, as on hosts that share none.
  const shell = `cd "${folder.path}/\${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" && INIT_CWD=$PWD exec "$0" "$@"`;
  const process = new Deno.Command(mpi.launcher, {
    ...{
      args: ["-n", "2", "sh", "-c", shell, Deno.execPath(), ...line],
      env: { ...RANK_ENVIRONMENT, NO_COLOR: "1" },
      stdin: "null",
    },
    ...{ stdout: "piped", stderr: "piped", signal: AbortSignal.timeout(60_000) },
  }).spawn();
  const { code, stderr } = await endOfRanks(process);
  assertEquals([code, errors(stderr).length], [1, 1], stderr);
  assertStringIncludes(errors(stderr)[0], "rank 1 has other scenes at ");
});

test("--dry-run tells the plan of a rank", async () => {
  const { code, stdout } = await train(2, [...SHORT, "--dry-run"]);
  assertEquals(code, 0);
  assert(stdout.startsWith("Plan of each of 2 ranks\n"), stdout);
  assertStringIncludes(stdout, "base stage, batch 2: ");
});

Deno.test("deno task eval and compare under a launcher: rank 0 alone works, the others end at once", async () => {
  for (const task of ["eval", "compare"]) {
    const args = taskArguments(task, ["--out", "/nowhere/to/write"]), env = { PMI_RANK: "1", PMI_SIZE: "2" };
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env, stdin: "null" }).output();
    assertEquals([code, stdout.length, stderr.length], [0, 0, 0], task);
  }
});
