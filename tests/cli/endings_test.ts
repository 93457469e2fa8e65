/** How commands end that were not left to end: outputs that close or are full, hangups, a second process in a run. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { listCheckpoints } from "../../run/checkpoint.ts";
import { readStatistics } from "../../run/statistics.ts";
import { assertRefused, environment, runTask, taskArguments, type TaskResult } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const POSIX = Deno.build.os !== "windows";
const LONG = "--preset tiny --iterations 100000 --prior-iterations 0 --snapshot 100000 --threads 1".split(" ");

/** Starts `deno task train` in `folder`; `shell` words come before its own command line. */
function startTraining(folder: TemporaryFolder, args: readonly string[], shell: readonly string[] = []) {
  const [program, ...line] = [...shell, Deno.execPath(), ...taskArguments("train", args)];
  const options = { ...environment({ cwd: folder.path }), stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(program, { args: line, ...options }).spawn();
}

/** Reads lines until one has `part`; the stream stays open. */
async function untilLine(stream: ReadableStream<Uint8Array>, part: string): Promise<ReadableStreamDefaultReader> {
  const reader = stream.getReader(), decoder = new TextDecoder();
  for (let text = ""; !text.includes(part);) {
    const { value, done } = await reader.read();
    assert(!done, `it ended before ${JSON.stringify(part)}: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  return reader;
}

async function restOf(child: Deno.ChildProcess, stdout: ReadableStreamDefaultReader): Promise<TaskResult> {
  const decoder = new TextDecoder();
  let out = "";
  for (let next = await stdout.read(); !next.done; next = await stdout.read()) out += decoder.decode(next.value);
  const err = await new Response(child.stderr).text();
  return { code: (await child.status).code, out, err };
}

const stepsOf = async (run: string) => (await listCheckpoints(join(run, "checkpoints"))).map(({ step }) => step);
const rowsOf = async (run: string) => (await readStatistics(join(run, "stats.jsonl"))).map(({ step }) => step);

Deno.test("deno task train: whose output nobody reads any more saves, ends with a sentence, and can go on", async () => {
  await using folder = await TemporaryFolder.make();
  const run = folder.join("run"), child = startTraining(folder, [...LONG, "--tick", "1", "--out", run]);
  const stdout = await untilLine(child.stdout, "base ");
  await stdout.cancel();
  const err = await new Response(child.stderr).text();
  assertEquals((await child.status).code, 1);
  assertMatch(err, /^error: cannot write standard output: the program that reads it has ended[^\n]*\n$/);
  const [step] = await stepsOf(run);
  assertStringIncludes(err, `Step ${step} is saved; go on with: deno task train --resume ${run}`);
  assertEquals((await rowsOf(run)).at(-1), step);
  const end = ["--iterations", String(step + 1), "--refine-iterations", "0", "--no-evaluate"];
  const resumed = await runTask("train", ["--resume", run, ...end]);
  assertEquals([resumed.code, (await rowsOf(run)).at(-1)], [0, step + 1], resumed.err);
});

Deno.test({
  name: "every command: a full device behind standard output is a sentence (POSIX)",
  ignore: !POSIX || !await Deno.stat("/dev/full").then(() => true, () => false),
  async fn() {
    await using folder = await TemporaryFolder.make();
    const run = folder.join("run");
    assertEquals((await runTask("train", [...LONG.with(3, "1"), "--no-evaluate", "--out", run])).code, 0);
    const commands = [
      ["train", "--preset", "tiny", "--threads", "1", "--no-evaluate", "--out", folder.join("full")],
      ["data", "stats", "rooms", "--count", "1", "--grid", "16x16x16"],
      ["eval", "--run", run, "--count", "1", "--threads", "1"],
      ["viz", run, "--out", folder.join("pictures")],
      ["doctor"],
      ["compare", "--help"],
    ];
    for (const [task, ...args] of commands) {
      const line = ['"$0" "$@" > /dev/full', Deno.execPath(), ...taskArguments(task, args)];
      const { code, stderr } = await new Deno.Command("sh", { args: ["-c", ...line], ...environment({}) }).output();
      const last = new TextDecoder().decode(stderr).trimEnd().split("\n").at(-1)!;
      assertEquals(code, 1, task);
      assertMatch(last, /^error: cannot write standard output: no space is left on the device/, task);
    }
  },
});

Deno.test({
  name: "deno task train: tells of itself between ticks; a hangup saves, unless it was started to outlive it (POSIX)",
  ignore: !POSIX,
  async fn() {
    await using folder = await TemporaryFolder.make();
    const run = folder.join("run"), args = [...LONG, "--tick", "100000", "--no-evaluate", "--out"];
    {
      const child = startTraining(folder, [...args, run]), stdout = await untilLine(child.stdout, "it/s");
      assertEquals(await rowsOf(run), []); // the line was none of a tick
      child.kill("SIGHUP");
      child.kill("SIGHUP"); // a closed terminal sends it from several sides
      const { code, out, err } = await restOf(child, stdout);
      assertEquals([code, err], [0, ""]);
      assertStringIncludes(out, "go on with: deno task train --resume");
      assertEquals((await stepsOf(run)).length, 1);
    }
    const child = startTraining(folder, [...args, `${run}2`], ["nohup"]),
      stdout = await untilLine(child.stdout, "it/s");
    child.kill("SIGHUP");
    const again = await stdout.read(); // the next line of status
    assertStringIncludes(new TextDecoder().decode(again.value), "it/s");
    child.kill("SIGTERM");
    const { code } = await restOf(child, stdout);
    assertEquals([code, (await stepsOf(`${run}2`)).length], [0, 1]);
  },
});

Deno.test("deno task train: a second process in a run is refused, and one that was killed leaves no lock", async () => {
  await using folder = await TemporaryFolder.make();
  const run = folder.join("run"), args = [...LONG, "--tick", "1", "--no-evaluate"];
  const child = startTraining(folder, [...args, "--out", run]), stdout = await untilLine(child.stdout, "base ");
  assertRefused(await runTask("train", ["--resume", run]), run, "another process", "--out");
  assertRefused(await runTask("train", [...args, "--out", run]), run, "is not empty");
  child.kill("SIGKILL");
  await restOf(child, stdout);
  const before = await rowsOf(run);
  assert(before.length > 0);
  const end = ["--iterations", "2", "--refine-iterations", "0", "--no-evaluate"];
  const resumed = await runTask("train", ["--resume", run, ...end]);
  assertEquals([resumed.code, await rowsOf(run)], [0, [1, 2]], resumed.err);
});
