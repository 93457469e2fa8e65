/** Values of learning curves at a place of their picture. */
import type { CurvePanel } from "../../draw/curves.ts";

/**
 * The step, and a line `name value` for each curve of the panel at a place in pixels of the figure, each at its point
 * nearest to that step; null outside the panels.
 */
export function curveValues(panels: readonly CurvePanel[], x: number, y: number): string[] | null {
  const panel = panels.find(({ box }) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
  if (!panel) return null;
  const { box, steps: [first, last], series } = panel;
  const step = first + (x - box.left) / (box.right - box.left) * (last - first);
  const values = series.map(({ name, summary: { steps, mean } }) => {
    const nearest = steps.reduce((best, each, i) => Math.abs(each - step) < Math.abs(steps[best] - step) ? i : best, 0);
    return `${name.replaceAll("_", " ")}  ${mean[nearest].toPrecision(4)}`;
  });
  return [`iteration ${Math.round(step)}`, ...values];
}
