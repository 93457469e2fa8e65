/** Runs the parts one after the other within the time there is, and keeps the report whole all the while. */
import { join } from "@std/path";
import { writeFileAtomic } from "../../../base/files.ts";
import { VERSION } from "../../../base/version.ts";
import { reportMarkdown } from "./markdown.ts";
import { type EndedPart, notRun, type Part, runPart } from "./part.ts";
import { cudaParts, facts, webGpuParts } from "./parts.ts";
import type { CheckedEngine, DeviceReport, GpuReport, PartReport } from "./report.ts";

/** What {@link check} may be told. */
export interface CheckOptions {
  /** What is checked. */
  readonly engine: CheckedEngine;
  /** Folder of report.json and report.md. */
  readonly out: string;
  /** Seconds for everything. */
  readonly seconds: number;
  /** Factor on the limits of the parts; 1 without. */
  readonly patience?: number;
  /** Only parts with one of these in their names; all without. */
  readonly only?: readonly string[];
  /** A bench of the same training in another program; see `cudaParts`. */
  readonly peer?: string;
  /** Told the name of each part when it begins, and its report when it ends. */
  readonly onBegin?: (name: string) => void;
  readonly onEnd?: (part: PartReport) => void;
}

/** Seconds that are kept for writing the report. */
const RESERVE_SECONDS = 2;

/** Runs everything. The report is written after every part. @throws {UserError} if it cannot be written. */
export async function check(
  project: string,
  { engine, out, seconds, patience = 1, only, peer, onBegin, onEnd }: CheckOptions,
): Promise<GpuReport> {
  const started = new Date(), start = performance.now(), elapsed = () => (performance.now() - start) / 1000;
  const cache = await Deno.makeTempDir({ prefix: "fcr-gpu-check-" }), reports: PartReport[] = [];
  let device: DeviceReport | null = null;
  const revision = await revisionOf(project);
  const save = async (): Promise<GpuReport> => {
    const report = {
      version: VERSION,
      revision,
      started: started.toISOString(),
      seconds: elapsed(),
      device,
      parts: reports,
    };
    await writeFileAtomic(join(out, "report.json"), JSON.stringify(report, null, 1) + "\n");
    await writeFileAtomic(join(out, "report.md"), reportMarkdown(report));
    return report;
  };
  const add = async (part: PartReport) => {
    reports.push(part);
    onEnd?.(part);
    await save();
  };
  const run = async (part: Part): Promise<EndedPart> => {
    const left = seconds - RESERVE_SECONDS - elapsed();
    if (left < part.leastSeconds) {
      return { report: notRun(part.name, `${Math.max(0, left).toFixed(0)} s were left`), written: null };
    }
    onBegin?.(part.name);
    const scratch = await Deno.makeTempDir({ dir: cache });
    const patient = { ...part, limitSeconds: patience * part.limitSeconds };
    return await runPart(patient, { project, scratch, cache: join(cache, "cache") }, left);
  };
  try {
    const first = await run(facts(engine));
    device = first.written as DeviceReport | null;
    const problem = device?.problems.join("; ") ?? "";
    await add(problem === "" ? first.report : { ...first.report, status: "failed", message: problem });
    const parts = partsFor(engine, device?.gpu ?? null, peer)
      .filter(({ name }) => !only || only.some((word) => name.includes(word)));
    const missing = device === null ? "it is not known what there is" : "there is no GPU to run it on";
    for (const part of parts) {
      await add(device?.problems.length === 0 ? (await run(part)).report : notRun(part.name, missing));
    }
    return await save();
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

/** All parts but the first. */
function partsFor(engine: CheckedEngine, gpu: DeviceReport["gpu"], peer?: string): Part[] {
  if (engine === "webgpu") return webGpuParts(gpu !== null && "software" in gpu && gpu.software);
  return cudaParts(gpu?.name.startsWith("Emulated") ?? false, peer);
}

/** Commit of the sources: git's, or what a bundle was packed from; "" if neither is known. */
export async function revisionOf(project: string): Promise<string> {
  try {
    const args = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
    const git = await new Deno.Command("git", { args, cwd: project, stderr: "null" }).output();
    if (git.success) return new TextDecoder().decode(git.stdout).trim();
  } catch {
    // There is no git.
  }
  return (await Deno.readTextFile(join(project, "REVISION")).catch(() => "")).trim();
}
