/** `deno task test:soak`. */
import { assert, assertEquals } from "@std/assert";
import { format as formatBytes } from "@std/fmt/bytes";
import { join } from "@std/path";
import { z } from "zod";
import { print, runCommand } from "../../../base/command.ts";
import { UserError } from "../../../base/errors.ts";
import { OptionsSchema } from "../../../run/config.ts";
import { listCheckpoints, readCheckpoint } from "../../../run/checkpoint.ts";
import { readStatistics } from "../../../run/statistics.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { ROOT } from "../../helpers/task.ts";
import { decodeRecords } from "../../run/event_decoder.ts";
import { type ProcessSample, sampleProcess, slope } from "./process.ts";

/** Milliseconds between two looks at the process. */
const LOOK_MILLISECONDS = 500;
/** Share of the time that is left out at the start: compilers and caches fill. */
const WARM_UP = 0.25;
/** Most growth of resident memory from the end of the warm-up to the end of the run, by the line through all looks. */
const MOST_GROWTH_BYTES = 16 * 2 ** 20;

await runCommand({
  name: "deno task test:soak",
  summary:
    "Trains the tiny preset for many iterations and watches the process: resident memory must stay flat, open files\n" +
    "constant, statistics complete, TensorBoard's files readable. Linux only.",
  options: z.object({
    iterations: z.int().min(1000).max(10_000_000).default(20_000).describe("iterations of the base stage"),
    device: OptionsSchema.shape.device,
  }),
  run: async ({ iterations, device }) => {
    if (Deno.build.os !== "linux") throw new UserError("the soak test reads /proc, which only Linux has");
    await using folder = await TemporaryFolder.make();
    const run = folder.join("run");
    const samples = await watch(train(run, iterations, device));
    await checkRun(run, iterations);
    checkProcess(samples);
  },
}, Deno.args);

/** A quarter of the iterations again in the refine stage, a row every 10 and a checkpoint every 500. */
function train(run: string, iterations: number, device: string): Deno.ChildProcess {
  const options = {
    device,
    preset: "tiny",
    iterations,
    "refine-iterations": iterations / 4,
    tick: 10,
    snapshot: 500,
    out: run,
  };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", join(ROOT, "train/main.ts"), ...flags, "--no-evaluate"],
    ...{ cwd: ROOT, stdin: "null", stdout: "null", stderr: "piped", env: { NO_COLOR: "1" } },
  }).spawn();
}

async function watch(child: Deno.ChildProcess): Promise<ProcessSample[]> {
  const started = performance.now(), samples: ProcessSample[] = [], ending = child.output();
  let ended = false;
  ending.finally(() => ended = true);
  while (!ended) {
    const sample = await sampleProcess(child.pid, started);
    if (sample) samples.push(sample);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
  }
  const { code, stderr } = await ending;
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return samples;
}

async function checkRun(run: string, iterations: number): Promise<void> {
  const rows = await readStatistics(join(run, "stats.jsonl")), last = 1.25 * iterations;
  assertEquals(rows.map(({ step }) => step), Array.from({ length: last / 10 }, (_, index) => 10 * (index + 1)));
  let events = 0;
  for await (const { name } of Deno.readDir(join(run, "events"))) {
    events += decodeRecords(await Deno.readFile(join(run, "events", name))).length;
  }
  assert(events > rows.length, `${events} events for ${rows.length} rows`);
  const checkpoints = await listCheckpoints(join(run, "checkpoints"));
  for (const { path } of checkpoints) await readCheckpoint(path);
  assertEquals(checkpoints.at(-1)?.step, last);
  print(`${last} iterations: ${rows.length} rows of statistics, ${events} events, ${checkpoints.length} checkpoints`);
}

function checkProcess(samples: readonly ProcessSample[]): void {
  const watched = samples.slice(Math.floor(WARM_UP * samples.length));
  const [first, last] = [watched[0], watched.at(-1)!];
  const milliseconds = last.milliseconds - first.milliseconds;
  const growth = milliseconds * slope(watched.map(({ milliseconds, residentBytes }) => [milliseconds, residentBytes]));
  const resident = watched.map(({ residentBytes }) => residentBytes).sort((a, b) => a - b);
  // A checkpoint or a picture is being written now and then: one file more.
  const handles = watched.map(({ handles }) => handles).sort((a, b) => a - b);
  print(
    `${(last.milliseconds / 1000).toFixed(0)} s, ${samples.length} looks: resident ${formatBytes(resident[0])} to ` +
      `${formatBytes(resident.at(-1)!)}, growth by the line through them ${formatBytes(Math.round(growth))}; open ` +
      `files ${handles[0]} to ${handles.at(-1)}`,
  );
  assert(growth < MOST_GROWTH_BYTES, `resident memory grew by ${formatBytes(growth)}`);
  const median = handles[handles.length >> 1];
  const late = watched.slice(-20).map(({ handles }) => handles).sort((a, b) => a - b)[10];
  assert(late <= median, `open files grew from ${median} to ${late}`);
}
