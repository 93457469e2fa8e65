/** `--log-json`: what another program gets of a training while it goes on. */
import { assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import type { UserError } from "../../base/errors.ts";
import { readStatistics } from "../../run/statistics.ts";
import { RowStream } from "../../train/row_stream.ts";
import { assertRefused, environment, ROOT, runTask, taskArguments } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const TINY = "--preset tiny --refine-iterations 0 --no-evaluate --threads 1".split(" ");

/** Whether there is a program that says so. */
async function has(program: string): Promise<boolean> {
  return await new Deno.Command(program, { args: ["--version"] }).output().then(({ success }) => success, () => false);
}

const PIPES = Deno.build.os !== "windows" && await has("mkfifo");

async function makePipe(path: string): Promise<void> {
  assertEquals((await new Deno.Command("mkfifo", { args: [path] }).output()).code, 0);
}

/** A training that writes into `pipe` and a program that reads it, each with an end by itself or after two minutes. */
async function trainInto(
  pipe: string,
  folder: TemporaryFolder,
  reader: readonly string[],
  more: readonly string[] = [],
) {
  const signal = AbortSignal.timeout(120_000), piped = { stdout: "piped", stderr: "piped" } as const;
  const [program, ...args] = reader;
  const reading = new Deno.Command("sh", {
    args: ["-c", `exec "$@" < "$0"`, pipe, program, ...args],
    signal,
    ...piped,
  }).output();
  const line = taskArguments("train", [...TINY, "--out", folder.join("run"), "--log-json", pipe, ...more]);
  const training = new Deno.Command(Deno.execPath(), {
    args: line,
    signal,
    ...environment({ cwd: folder.path }),
    ...piped,
  }).output();
  return (await Promise.all([training, reading])).map(({ code, stdout, stderr }) => {
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { code, out, err };
  });
}

Deno.test("deno task train --log-json: options and rows as JSON lines in a file, to which a resumed run adds its own", async () => {
  await using folder = await TemporaryFolder.make();
  const run = folder.join("run"), file = folder.join("rows.jsonl"), log = ["--log-json", file];
  const first = await runTask("train", [...TINY, "--prior-iterations", "0", "--out", run, ...log]);
  assertEquals([first.code, first.err], [0, ""]);
  const options = JSON.parse(await Deno.readTextFile(`${run}/options.json`));
  const again = await runTask("train", ["--resume", run, "--iterations", "5", "--no-evaluate", ...log]);
  assertEquals([again.code, again.err], [0, ""]);
  const lines = (await Deno.readTextFile(file)).trimEnd().split("\n").map((line) => JSON.parse(line));
  const begins = lines.filter((line) => line.options);
  assertEquals(begins.map((line) => [line.run, line.options.iterations]), [[run, 4], [run, 5]]);
  assertEquals([lines.indexOf(begins[0]), lines.indexOf(begins[1])], [0, lines.length - 2]);
  assertEquals(begins[1].options, { ...begins[0].options, iterations: 5 });
  assertEquals(begins[0].options, options);
  assertEquals(lines.filter((line) => !line.options), await readStatistics(`${run}/stats.jsonl`));
});

Deno.test("deno task train --log-json: a place that cannot be written is a sentence, and no run is made", async () => {
  await using folder = await TemporaryFolder.make();
  const run = folder.join("run"), file = await folder.write("file", "");
  assertRefused(
    await runTask("train", [...TINY, "--out", run, "--log-json", `${file}/rows`]),
    `cannot write ${file}/rows`,
  );
  assertEquals(await Deno.stat(run).catch(() => null), null);
});

Deno.test({
  name: "docs/trackers/log_rows.py: takes every row of a training out of a named pipe (needs python3 and mkfifo)",
  ignore: !PIPES || !await has("python3"),
  async fn() {
    await using folder = await TemporaryFolder.make();
    const pipe = folder.join("rows");
    await makePipe(pipe);
    const [training, reading] = await trainInto(pipe, folder, ["python3", `${ROOT}docs/trackers/log_rows.py`]);
    assertEquals([training.code, training.err, reading.code, reading.err], [0, "", 0, ""]);
    assertStringIncludes(training.out, `Waiting for a program that reads ${pipe}\n`);
    const [begin, ...rows] = reading.out.trimEnd().split("\n");
    assertEquals(begin, `${folder.join("run")}: preset tiny, seed 0`);
    const expected = await readStatistics(folder.join("run/stats.jsonl"));
    assertEquals(rows.map((row) => Number(row.split(" ")[0])), expected.map(({ step }) => step));
    assertMatch(rows[0], /'losses\/recons_loss': \d/);
    assertMatch(rows.at(-1)!, /'losses\/prior_loss': \d.*'gradientNorms\/prior': \d/);
  },
});

Deno.test({
  name: "deno task train --log-json: a reader that ends does not end the training (needs mkfifo)",
  ignore: !PIPES,
  async fn() {
    await using folder = await TemporaryFolder.make();
    const pipe = folder.join("rows");
    await makePipe(pipe);
    const [training, reading] = await trainInto(pipe, folder, ["head", "-n", "1"], ["--iterations", "40"]);
    assertEquals([training.code, reading.code], [0, 0], training.err);
    assertStringIncludes(reading.out, `{"run":"${folder.join("run")}"`);
    assertMatch(training.err, /^cannot write [^\n]*the program that reads it has ended[^\n]*has every row\n$/);
    assertLess(40, (await readStatistics(folder.join("run/stats.jsonl"))).length);
  },
});

Deno.test({
  name: "RowStream: more than a pipe holds is written without waiting, and comes whole once it is read (needs mkfifo)",
  ignore: !PIPES,
  async fn() {
    await using folder = await TemporaryFolder.make();
    const pipe = folder.join("rows"),
      rows = Array.from({ length: 5000 }, (_, step) => ({ step, text: "x".repeat(50) }));
    await makePipe(pipe);
    const lost: UserError[] = [], opening = RowStream.open(pipe, () => {}, (error) => lost.push(error));
    const reader = await Deno.open(pipe);
    const written = (async () => {
      await using stream = await opening;
      for (const row of rows) stream.write(row);
    })();
    const text = await new Response(reader.readable).text();
    await written;
    assertEquals(lost, []);
    assertEquals(text, rows.map((row) => JSON.stringify(row) + "\n").join(""));
  },
});
