/** A part of the check as a process of its own, so that neither a crash nor a hang takes the report with it. */
import { join } from "@std/path";
import type { PhaseRow } from "../bench/cuda_bench.ts";
import { peerRows } from "./peer.ts";
import { runLimited } from "./process.ts";
import type { Note, PartReport, PartStatus } from "./report.ts";
import { parseTap, withoutColours } from "./tap.ts";

/** What is run for a part. */
export interface Part {
  readonly name: string;
  /** Program; this Deno without. */
  readonly program?: string;
  readonly args: readonly string[];
  /** Whether what it prints belongs into the report. */
  readonly telling?: boolean;
  /** Seconds that it takes on an H100 by estimate. */
  readonly expectedSeconds: number;
  /** Most seconds; what is running then is killed. */
  readonly limitSeconds: number;
  /** With fewer seconds left it is not begun. */
  readonly leastSeconds: number;
  /** What is in the file {@link FIGURES} that it writes while it goes on. */
  readonly writes?: "device" | "bench" | "peer";
}

/** Where a part runs. */
export interface PartPlace {
  /** The project's folder. */
  readonly project: string;
  /** An empty folder for the part's files. */
  readonly scratch: string;
  /** Compiled kernels and chosen plans, shared by all parts. */
  readonly cache: string;
}

/** Stands in a part's arguments for its folder. */
export const SCRATCH = "<scratch>";
/** The file that a part `writes`, in its arguments. */
export const FIGURES: string = `${SCRATCH}/figures.json`;

/** Characters of a part's output that are kept, if any are. */
const KEPT_OUTPUT = 6000;

/** A part that was not begun. */
export function notRun(name: string, message: string): PartReport {
  return { name, status: "not run", seconds: 0, message, tests: [], notes: [], bench: [], peer: [], output: "" };
}

/** A part that came to an end, with the content of the file that it wrote; null without one. */
export interface EndedPart {
  readonly report: PartReport;
  readonly written: unknown;
}

/** Runs a part for at most `seconds`, and puts together what it left behind, however it ended. */
export async function runPart(part: Part, place: PartPlace, seconds: number): Promise<EndedPart> {
  const { name, program = Deno.execPath(), args, telling = false, limitSeconds, writes } = part;
  const notesFile = join(place.scratch, "notes"), figures = FIGURES.replace(SCRATCH, place.scratch);
  const start = performance.now(), elapsed = () => (performance.now() - start) / 1000;
  const limit = Math.min(limitSeconds, seconds);
  try {
    const { code, signal, timedOut, stdout, stderr } = await runLimited(program, {
      args: args.map((arg) => arg.replace(SCRATCH, place.scratch)),
      cwd: place.project,
      env: { FCR_GPU_NOTES: notesFile, FCR_CACHE: Deno.env.get("FCR_CACHE") ?? place.cache, NO_COLOR: "1" },
      seconds: limit,
    });
    const output = withoutColours(stdout + stderr);
    const tests = parseTap(stdout), failed = tests.filter(({ outcome }) => outcome === "failed");
    const status: PartStatus = timedOut ? "timed out" : signal !== null ? "crashed" : code === 0 ? "passed" : "failed";
    const counts = `${tests.length - failed.length} of ${tests.length} tests passed or were skipped`;
    const message = {
      "passed": tests.length > 0 ? counts : "",
      "failed": failed[0]
        ? `${failed[0].name}: ${firstLine(failed[0].message)}`
        : lastLine(output) || `exit code ${code}`,
      "crashed": `${signal} after ${tests.at(-1)?.name ?? "the start"}`,
      "timed out": `killed after ${limit.toFixed(0)} s, after ${tests.at(-1)?.name ?? "the start"}`,
      "not run": "",
    }[status];
    const written: unknown = writes ? parseOr(await textOf(figures), null) : null;
    const report = {
      ...{ name, status, seconds: elapsed(), message, tests },
      notes: (await textOf(notesFile)).split("\n").flatMap((line) => parseOr<Note[]>(`[${line}]`, [])),
      bench: writes === "bench" && Array.isArray(written) ? written as PhaseRow[] : [],
      peer: writes === "peer" ? peerRows(written) : [],
      output: status === "passed" && !telling ? "" : output.slice(-KEPT_OUTPUT),
    };
    return { report, written };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { report: { ...notRun(name, message), status: "failed", seconds: elapsed() }, written: null };
  }
}

const firstLine = (text: string) => text.split("\n", 1)[0];
const lastLine = (text: string) => text.trimEnd().split("\n").at(-1) ?? "";

async function textOf(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return "";
  }
}

function parseOr<T>(json: string, otherwise: T): T {
  try {
    return JSON.parse(json) as T;
  } catch {
    return otherwise;
  }
}
