/** A training run in processes of its own that faults are done to, and what must hold after each of them. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { TEMPORARY_SUFFIX } from "../../../base/files.ts";
import { listCheckpoints, readCheckpoint } from "../../../run/checkpoint.ts";
import { type RunFolder, runFolder } from "../../../run/run_folder.ts";
import { readStatistics } from "../../../run/statistics.ts";
import { ROOT } from "../../helpers/task.ts";

/** How a process ended. */
export interface Ending {
  /** Exit code; above 128 after a signal. */
  readonly code: number;
  /** What it said on stderr. */
  readonly err: string;
}

/** How to start the process. */
export interface StartOptions {
  /** Checkpoint to go on from, if not the newest. */
  readonly fromStep?: number;
  /** No file may become larger than this, a multiple of 1024. */
  readonly largestFileBytes?: number;
  /** Variables of its environment, over those of the run. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Losses by step: what a curve is made of. */
export type Curve = readonly { readonly step: number; readonly losses: Readonly<Record<string, number>> }[];

/** What every run of a campaign has in common. */
export interface RunSetting {
  /** Flags of a new run, without `--out`. */
  readonly flags: readonly string[];
  /** Folder of scenes. */
  readonly data: string;
  /** Variables of the processes' environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Flags of every call, of one that goes on too. */
  readonly callFlags?: readonly string[];
  /** Words that start the program on several ranks, e.g. `mpirun -n 2`; none for one process. */
  readonly launcher?: readonly string[];
}

/** A process that trains. */
export class Training {
  readonly #child: Deno.ChildProcess;
  readonly #ending: Promise<Ending>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  /** Null while it runs. */
  ended: Ending | null = null;

  constructor(command: Deno.Command) {
    this.#child = command.spawn();
    this.#output = this.#child.stdout.getReader();
    const drained = this.#drain(), text = new Response(this.#child.stderr).text();
    this.#ending = Promise.all([this.#child.status, text, drained]).then(([{ code }, err]) =>
      this.ended = { code, err }
    );
  }

  async #drain(): Promise<void> {
    while (!(await this.#output.read()).done);
  }

  /** Reads its output no more. */
  async closeOutput(): Promise<void> {
    await this.#output.cancel();
  }

  /** Sends a signal unless the process has ended. */
  signal(name: Deno.Signal): void {
    try {
      this.#child.kill(name);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it ended meanwhile
    }
  }

  /** Waits for its end. */
  ending(): Promise<Ending> {
    return this.#ending;
  }
}

/** See the top of the file. */
export class RunUnderTest {
  readonly folder: RunFolder;
  readonly #flags: readonly string[];
  readonly #env: Readonly<Record<string, string>>;

  constructor(root: string, readonly setting: RunSetting) {
    this.folder = runFolder(root);
    this.#flags = [...setting.flags, "--data", setting.data];
    this.#env = setting.env;
  }

  /** Starts the run, or goes on with it. */
  async start({ fromStep, largestFileBytes, env }: StartOptions = {}): Promise<Training> {
    const begun = await exists(this.folder.options);
    const flags = begun ? ["--resume", this.folder.root] : [...this.#flags, "--out", this.folder.root];
    if (fromStep !== undefined) flags.push("--resume-step", String(fromStep));
    // A self-test would take the faults of a device upon itself: it leaves out what does not fit into memory.
    flags.push("--no-evaluate", "--no-self-test", ...this.setting.callFlags ?? []);
    const deno = ["run", "-A", "--no-check", "--quiet", join(ROOT, "train/main.ts"), ...flags];
    const streams = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    const common = { cwd: ROOT, env: { NO_COLOR: "1", ...this.#env, ...env }, ...streams };
    // The signal is ignored so that the write fails as on a full disk; sh counts blocks of 512 bytes.
    const limited = largestFileBytes === undefined
      ? []
      : ["sh", "-c", `trap '' XFSZ; ulimit -f ${largestFileBytes / 512}; exec "$0" "$@"`];
    const [program, ...args] = [...this.setting.launcher ?? [], ...limited, Deno.execPath(), ...deno];
    return new Training(new Deno.Command(program, { args, ...common, env: { ...common.env, POSIXLY_CORRECT: "1" } }));
  }

  /** Waits until there are `rows` more rows of statistics than `before`, or the process has ended. */
  async progress(training: Training, before: number, rows: number): Promise<void> {
    while (training.ended === null && await this.rows() < before + rows) await delay(10);
  }

  /** Whole rows of statistics. */
  async rows(): Promise<number> {
    return (await Deno.readTextFile(this.folder.statistics).catch(() => "")).split("\n").length - 1;
  }

  /** The losses so far. */
  async curve(): Promise<Curve> {
    return (await readStatistics(this.folder.statistics)).map(({ step, losses }) => ({ step, losses }));
  }

  /** Checkpoints, oldest first. */
  checkpoints(): ReturnType<typeof listCheckpoints> {
    return listCheckpoints(this.folder.checkpoints);
  }

  /**
   * What holds at any moment between two processes: each checkpoint matches its checksum but those at `damaged`, and
   * the curve is the beginning of the undisturbed one.
   *
   * @param killed whether the last process could not clean up: only then may temporary files be there.
   */
  async verify(undisturbed: Curve, killed: boolean, damaged?: string): Promise<void> {
    for (const { path } of await this.checkpoints()) if (path !== damaged) await readCheckpoint(path);
    const curve = await this.curve();
    assertEquals(curve, undisturbed.slice(0, curve.length));
    if (!killed) assertEquals(await this.temporaries(), []);
  }

  /** Paths of temporary files in the run's folder. */
  async temporaries(folder = this.folder.root): Promise<string[]> {
    const found: string[] = [];
    if (!await exists(folder)) return found; // a run that failed with nothing to show for it removes its folder
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory) found.push(...await this.temporaries(path));
      else if (name.endsWith(TEMPORARY_SUFFIX)) found.push(path);
    }
    return found;
  }
}

/** Asserts exit code 1 and one sentence on stderr that has all the `parts` in it. */
export function assertExplained({ code, err }: Ending, ...parts: readonly string[]): void {
  assertEquals(code, 1, err);
  const sentences = err.split("\n").filter((line) => !line.startsWith("emulated device:"));
  assert(sentences.length === 2 && sentences[0].startsWith("error: ") && sentences[1] === "", err);
  for (const part of parts) assert(err.includes(part), `no ${JSON.stringify(part)} in: ${err}`);
}

/** Whether a path is there. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Waits. */
export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
