/** A GPU's measurements as text. */
import { format as formatBytes } from "@std/fmt/bytes";
import type { OperationRow, PhaseRow } from "./cuda_bench.ts";

const size = (value: number) => formatBytes(value, { binary: true, maximumFractionDigits: 2 });

/** `fp32 base batch 20: 402.1 ms an iteration (2.49 it/s), …`, in a sentence. */
export function phaseLine(row: PhaseRow): string {
  const { precision, phase, batch, milliseconds, wallMilliseconds, issueMilliseconds, floatOperations } = row;
  return [
    `${precision} ${phase}, batch ${batch}: ${milliseconds.toFixed(2)} ms an iteration (` +
    `${(1000 / wallMilliseconds).toPrecision(3)} it/s by the clock, issued in ${issueMilliseconds.toFixed(2)} ms), ` +
    `${(floatOperations / milliseconds / 1e9).toFixed(1)} TFLOP/s`,
    `${row.calls} operations, ${row.launches} launches of own kernels, ${row.graphLaunches} of graphs, ${row.allocations} allocations`,
    `peak ${size(row.peakBytes)}, of the driver ${size(row.driverBytes)} (in use on the GPU ` +
    `${size(row.driverTotalBytes)}); first iteration ${row.firstSeconds.toFixed(1)} s`,
  ].join("; ");
}

/** Heads of the columns of {@link operationCells}. */
export const OPERATION_HEADS = [
  ...["operation", "calls", "ms", "% of all", "TFLOP/s", "GB/s", "workspace", "plan"],
] as const;

/** Whether a column of {@link operationCells} is text: the first and the last. */
export const isText = (column: number): boolean => column === 0 || column === OPERATION_HEADS.length - 1;

/** One line per operation, the longest first: calls of an iteration together. */
export function operationCells(operations: readonly OperationRow[]): string[][] {
  const all = operations.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return operations.map(({ operation, calls, milliseconds, floatOperations, bytesTouched, plans }) => [
    ...[operation, String(calls), milliseconds.toFixed(3), (milliseconds / all * 100).toFixed(1)],
    (floatOperations / milliseconds / 1e9).toFixed(2),
    (bytesTouched / milliseconds / 1e6).toFixed(0),
    plans.length === 0 ? "" : size(Math.max(...plans.map(({ workspaceBytes }) => workspaceBytes))),
    plans.map(({ engine, notes }) => [`engine ${engine}`, ...notes].join(" ")).join("; "),
  ]);
}
