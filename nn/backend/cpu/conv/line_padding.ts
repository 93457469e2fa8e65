/** Lines along the width with zeros before and after, so that no tap of the kernel leaves a line. */
import type { Engine } from "../engine.ts";
import { defineKernel } from "../threads/kernel.ts";

/** How lines are copied; sizes in floats. */
export interface LinePadding {
  readonly kind: "copied";
  /** Number of lines. */
  readonly lines: number;
  /** Length of a line of the source. */
  readonly sourceLength: number;
  /** Zeros before. */
  readonly before: number;
  /** Length of a padded line: `before`, then as much of the source as fits, then zeros. */
  readonly length: number;
}

/** Whether the copy would be the lines themselves. */
export function changesNothing({ sourceLength, before, length }: LinePadding): boolean {
  return before === 0 && length === sourceLength;
}

/** Lines of a task, by bytes. */
const TASK_BYTES = 128 * 1024;

/** Copies the lines `begin` … `end` − 1. */
export const padLinesKernel = defineKernel("pad lines", {
  source: "address",
  target: "address",
  sourceStride: "i32",
  copied: "i32",
  before: "i32",
  after: "i32",
}, (k, { source, target, sourceStride, copied, before, after }) => {
  const from = k.i32(source.add(k.begin.mul(sourceStride)));
  const to = k.i32(target.add(k.begin.mul(before.add(copied).add(after))));
  k.range(k.begin, k.end, () => {
    k.fillBytes(to, 0, before);
    to.set(to.add(before));
    k.copyBytes(to, from, copied);
    to.set(to.add(copied));
    k.fillBytes(to, 0, after);
    to.set(to.add(after));
    from.set(from.add(sourceStride));
  });
});

/** Carries out the padding; `source` and `target` are addresses. */
export function padLines(engine: Engine, padding: LinePadding, source: number, target: number): void {
  const { lines, sourceLength, before, length } = padding;
  const copied = Math.max(0, Math.min(sourceLength, length - before));
  engine.run(padLinesKernel, { count: lines, grain: Math.max(1, Math.floor(TASK_BYTES / (length * 4))) }, {
    source,
    target,
    sourceStride: sourceLength * 4,
    copied: copied * 4,
    before: before * 4,
    after: (length - before - copied) * 4,
  });
}
