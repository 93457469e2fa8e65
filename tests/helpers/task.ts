/** The tasks of deno.json as a person runs them: a process of its own, with the permissions that the task has. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

/** A program that takes longer is ended: far more than any test asks for, on a machine ten times slower too. */
const DEADLINE_MS = 15 * 60_000;

/** Root of the repository. */
export const ROOT: string = fromFileUrl(new URL("../../", import.meta.url));

/** The deadline of a program that is started now. */
export function deadline(): AbortSignal {
  return AbortSignal.timeout(DEADLINE_MS);
}

/** How a process ended. */
export interface TaskResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How to start a task. */
export interface TaskOptions {
  /** Instead of the task's own permissions. */
  readonly permissions?: readonly string[];
  /** Folder that the process starts in; the repository if left out. */
  readonly cwd?: string;
  /** Where the person stands who calls the task, as `deno task` tells it; `cwd` if left out. */
  readonly caller?: string;
  /** No file may become larger than this, a multiple of 1024 (POSIX only). */
  readonly largestFileBytes?: number;
}

const TASKS: Record<string, { command: string }> =
  JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url))).tasks;

/** What `deno` is given to run a task without type checks. */
export function taskArguments(name: string, args: readonly string[], permissions?: readonly string[]): string[] {
  const [deno, run, ...words] = TASKS[name].command.split(" ");
  assertEquals([deno, run], ["deno", "run"]);
  const at = words.findIndex((word) => word.endsWith(".ts")), [main, ...own] = words.slice(at);
  const granted = permissions ?? words.slice(0, at);
  return ["run", "--no-prompt", "--no-check", "--quiet", ...granted, ROOT + main, ...own, ...args];
}

/** Starts a task without type checks and waits for its end. */
export async function runTask(name: string, args: readonly string[], options: TaskOptions = {}): Promise<TaskResult> {
  const line = taskArguments(name, args, options.permissions);
  const command = options.largestFileBytes === undefined
    ? new Deno.Command(Deno.execPath(), { args: line, ...environment(options) })
    : new Deno.Command("sh", {
      // The signal is ignored so that the write fails as on a full disk instead of ending the process. sh counts blocks
      // of 512 bytes, bash 1024; POSIX mode settles it.
      args: [
        "-c",
        `trap '' XFSZ; ulimit -f ${options.largestFileBytes / 512}; exec "$0" "$@"`,
        Deno.execPath(),
        ...line,
      ],
      ...environment(options),
    });
  const { code, stdout, stderr } = await command.output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** Folder, environment and deadline of a task: nothing of where and how the tests were started. */
export function environment({ cwd, caller = "" }: TaskOptions): Deno.CommandOptions {
  const env = { NO_COLOR: "1", INIT_CWD: caller, FCR_CACHE: join(ROOT, "out/test-cache") };
  return { cwd: cwd ?? ROOT, stdin: "null", env, signal: deadline() };
}

/** Asserts exit code 1 and a single sentence on stderr, no stack trace, that has all the `parts` in it. */
export function assertRefused({ code, err }: TaskResult, ...parts: readonly string[]): void {
  assertEquals(code, 1, err);
  assertMatch(err, /^error: [^\n]+\n$/);
  for (const part of parts) assertStringIncludes(err, part);
}

/** Runs cases side by side, two at a time, so that a machine with two cores is busy and no more. */
export async function runCases<T>(cases: readonly T[], run: (each: T) => Promise<void>, lanes = 2): Promise<void> {
  const waiting = cases.values();
  const lane = async () => {
    for (const each of waiting) await run(each);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
