/** Labels as runs of equal ones: short and readable in a text file. */
import { UserError } from "../base/errors.ts";

/** `[label, length, label, length, …]` of labels in their order. */
export function runLengths(labels: Uint8Array): number[] {
  const runs: number[] = [];
  for (let start = 0; start < labels.length;) {
    let end = start + 1;
    while (end < labels.length && labels[end] === labels[start]) end++;
    runs.push(labels[start], end - start);
    start = end;
  }
  return runs;
}

/** The labels of {@link runLengths}. @throws {UserError} unless they are `count` labels from 0 to 255. */
export function labelsOfRuns(runs: readonly number[], count: number, name: string): Uint8Array<ArrayBuffer> {
  let total = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const label = runs[i], length = runs[i + 1];
    if (!(label >= 0 && label <= 255 && Number.isInteger(label) && length > 0 && Number.isInteger(length))) {
      throw new UserError(`${name}: run ${i / 2} is ${label}, ${length}; expected a label from 0 to 255 and a length`);
    }
    total += length;
  }
  if (total !== count) throw new UserError(`${name}: runs of ${total} labels, expected ${count}`);
  const labels = new Uint8Array(count);
  for (let i = 0, at = 0; i < runs.length; at += runs[i + 1], i += 2) labels.fill(runs[i], at, at + runs[i + 1]);
  return labels;
}
