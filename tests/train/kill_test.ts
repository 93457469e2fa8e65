/** A run that is killed goes on as if it had not been. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { TEMPORARY_SUFFIX } from "../../base/files.ts";
import { readStatistics } from "../../run/statistics.ts";
import { deadline, ROOT } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const OPTIONS = [
  "--preset",
  "tiny",
  "--iterations",
  "60",
  "--refine-iterations",
  "20",
  "--snapshot",
  "7",
  "--tick",
  "1",
];

function train(...args: string[]): Deno.ChildProcess {
  const command = ["run", "-A", "--no-check", "train/main.ts", ...args, "--threads", "2", "--no-evaluate"];
  return new Deno.Command(Deno.execPath(), {
    args: command,
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
    signal: deadline(),
  }).spawn();
}

async function finish(child: Deno.ChildProcess): Promise<void> {
  const { success, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
}

async function curve(run: string) {
  return (await readStatistics(join(run, "stats.jsonl"))).map(({ step, losses }) => ({ step, losses }));
}

Deno.test("deno task train: killed at random moments and resumed, the loss curve is that of an undisturbed run", async () => {
  await using folder = await TemporaryFolder.make();
  const undisturbed = join(folder.path, "undisturbed"), killed = join(folder.path, "killed");
  await finish(train(...OPTIONS, "--out", undisturbed));
  let child = train(...OPTIONS, "--out", killed);
  for (let kills = 0; kills < 3; kills++) {
    // Waits until the run is under way, then a random while, so that kills fall between and inside checkpoints.
    for (let waited = 0; waited < 200 && !await hasRows(killed, kills * 12 + 1); waited++) await delay(50);
    await delay(Math.random() * 400);
    child.kill("SIGKILL");
    await child.output();
    child = train("--resume", killed);
  }
  await finish(child);
  assertEquals(await curve(killed), await curve(undisturbed));
  for (const place of [killed, join(killed, "checkpoints"), join(killed, "samples")]) {
    for (const { name } of Deno.readDirSync(place)) {
      assert(!name.endsWith(TEMPORARY_SUFFIX), `${name} was left in ${place}`);
    }
  }
});

Deno.test({
  name:
    "deno task train: Ctrl-C finishes the iteration, saves and exits with 0 (POSIX: elsewhere no program can press it)",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await TemporaryFolder.make();
    const run = join(folder.path, "run");
    const child = train(
      "--preset",
      "tiny",
      "--iterations",
      "100000",
      "--tick",
      "1",
      "--snapshot",
      "100000",
      "--out",
      run,
    );
    for (let waited = 0; waited < 200 && !await hasRows(run, 3); waited++) await delay(50);
    child.kill("SIGINT");
    await finish(child);
    const checkpoints = [...Deno.readDirSync(join(run, "checkpoints"))].map(({ name }) => name);
    assertEquals(checkpoints.length, 1);
    const steps = await curve(run);
    assertEquals(checkpoints[0], `step-${String(steps.at(-1)!.step).padStart(6, "0")}.safetensors`);
  },
});

async function hasRows(run: string, rows: number): Promise<boolean> {
  const text = await Deno.readTextFile(join(run, "stats.jsonl")).catch(() => "");
  return text.split("\n").length > rows;
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
