/** The report as Markdown, for people. */
import { format as formatBytes } from "@std/fmt/bytes";
import { markdownTable } from "../../../base/table.ts";
import type { PhaseRow } from "../bench/cuda_bench.ts";
import { OPERATION_HEADS, operationCells } from "../bench/cuda_table.ts";
import type { DeviceReport, GpuReport, PartReport } from "./report.ts";

/** Operations of a stage that are shown; report.json has all. */
const SHOWN_OPERATIONS = 30;
const SHOWN_FAILURES = 10;

const size = (value: number) => formatBytes(value, { binary: true, maximumFractionDigits: 2 });
const block = (text: string) => ["```", text.replaceAll("```", "'''").trimEnd(), "```"].join("\n");

/** The content of report.md. */
export function reportMarkdown(report: GpuReport): string {
  const { version, revision, started, seconds, device, parts } = report;
  const bench = parts.flatMap((part) => part.bench), notes = parts.flatMap((part) => part.notes);
  const count = parts.filter(({ status }) => status === "passed").length;
  const sections = [
    `# GPU check: ${device?.gpu?.name ?? "no GPU"}`,
    `${count} of ${parts.length} parts passed. Version ${version}${revision && `, revision ${revision}`}; ` +
    `${started}, ${seconds.toFixed(0)} s.`,
    ...device ? [deviceSection(device)] : [],
    "## Parts",
    markdownTable([["part", "result", "seconds", ""], ...parts.map(partCells)]),
    ...parts.flatMap(outputSection),
    ...parts.some((part) => part.bench.length + part.peer.length > 0)
      ? ["## Training iterations", iterationTable(parts)]
      : [],
    ...bench.flatMap(operationSection),
    ...notes.length > 0
      ? [
        "## Figures of the tests",
        markdownTable([["figure", "value"], ...notes.map(({ name, value }) => [name, text(value)])]),
      ]
      : [],
  ];
  return sections.join("\n\n") + "\n";
}

function text(value: number | string): string {
  return typeof value === "string" ? value : Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

function gpuLine(gpu: NonNullable<DeviceReport["gpu"]>): string {
  if ("capability" in gpu) {
    const { multiprocessors, capability, totalBytes } = gpu;
    return `${multiprocessors} multiprocessors, compute capability ${capability.join(".")}, ${size(totalBytes)}`;
  }
  return `${gpu.name}${gpu.software ? ", software" : ""}; ${gpu.timeStamps ? "with" : "without"} time stamps`;
}

function deviceSection({ lines, problems, gpu, kernelModule, system, processor, cores, deno }: DeviceReport): string {
  const more = gpu ? [gpuLine(gpu)] : [];
  return [
    "## Device",
    block(
      [...lines, ...more, kernelModule ?? "", system, `${processor}, ${cores} cores`, `Deno ${deno}`].filter(Boolean)
        .join(
          "\n",
        ),
    ),
    ...problems.map((problem) => `**${problem}**`),
  ].join("\n\n");
}

function partCells({ name, status, seconds, message }: PartReport): string[] {
  return [name, status === "passed" ? status : `**${status}**`, seconds.toFixed(1), message.replaceAll("\n", " ")];
}

/** The failed tests of a part, or the end of what it printed. */
function outputSection({ name, status, tests, output }: PartReport): string[] {
  if (status === "passed") return output === "" ? [] : [`### ${name}`, block(output)];
  if (status === "not run") return [];
  const failed = tests.filter(({ outcome }) => outcome === "failed").slice(0, SHOWN_FAILURES);
  const bodies = failed.length > 0 ? failed.map((test) => `${test.name}\n\n${block(test.message)}`) : [block(output)];
  return [`### ${name}: ${status}`, ...bodies];
}

/** Every measured stage, and the peer's beside them. */
function iterationTable(parts: readonly PartReport[]): string {
  const heads = ["what", "stage", "batch", "ms", "it/s", "ms to issue", "TFLOP/s", "peak", "of the driver", "first, s"];
  const own = parts.flatMap(({ bench }) => bench).map((row) => [
    row.precision,
    row.phase,
    String(row.batch),
    row.milliseconds.toFixed(2),
    (1000 / row.wallMilliseconds).toPrecision(3),
    row.issueMilliseconds.toFixed(2),
    (row.floatOperations / row.milliseconds / 1e9).toFixed(1),
    size(row.peakBytes),
    size(row.driverBytes),
    row.firstSeconds.toFixed(1),
  ]);
  const peer = parts.flatMap((part) => part.peer).map(({ variant, phase, milliseconds, peakGibibytes }) => [
    ...[`peer ${variant}`, phase, "", milliseconds.toFixed(2), (1000 / milliseconds).toPrecision(3), "", ""],
    ...[peakGibibytes === null ? "" : `${peakGibibytes.toFixed(2)} GiB`, "", ""],
  ]);
  return markdownTable([heads, ...own, ...peer]);
}

/** The longest operations of a stage, with their plans. */
function operationSection({ precision, phase, operations }: PhaseRow): string[] {
  const shown = operations.slice(0, SHOWN_OPERATIONS), left = operations.length - shown.length;
  return [
    `## Operations: ${precision}, ${phase}`,
    markdownTable([OPERATION_HEADS, ...operationCells(operations).slice(0, shown.length)]),
    ...left > 0 ? [`${left} shorter ones are in report.json.`] : [],
  ];
}
