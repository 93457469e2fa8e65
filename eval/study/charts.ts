/** The four charts of the paper: IoU and mAP, per class and for all classes together. */
import { barChart } from "../../viz/draw/bar_chart.ts";
import type { Figure } from "../../viz/draw/figure.ts";
import { estimate, type Measure } from "./statistics.ts";
import type { Study } from "./study.ts";
import { share } from "./tables.ts";

/** A chart under its file's name. */
export interface StudyChart {
  /** Without ending. */
  readonly name: string;
  /** What to draw. */
  readonly figure: Figure;
}

/** The charts of a study: bars with 95 % intervals, the paper's values as hollow markers where it gives numbers. */
export function studyCharts(study: Study): StudyChart[] {
  const classes = study.entries.slice(0, -1).map((_, entry) => entry), all = [study.entries.length - 1];
  return [
    {
      name: "iou-per-class",
      figure: chart(study, "iou", classes, "IoU per class (published formula, 0.5 is perfect)"),
    },
    { name: "iou-all", figure: chart(study, "iou", all, "IoU, all classes (published formula, 0.5 is perfect)") },
    { name: "map-per-class", figure: chart(study, "ap", classes, "mAP per class (published formula)") },
    { name: "map-all", figure: chart(study, "ap", all, "mAP, all classes") },
  ];
}

function chart(
  { systems, entries, seed }: Study,
  measure: Exclude<Measure, "trueIou">,
  shown: number[],
  title: string,
) {
  const overall = shown[0] === entries.length - 1;
  const series = systems.map(({ system, scores }) => {
    const estimates = shown.map((entry) => estimate(scores, measure, entry, seed));
    const paper = system.paper?.[measure];
    const scored = `${system.title} ${share(estimates[0].value)}${paper === undefined ? "" : ` (${share(paper)})`}`;
    return {
      name: overall ? scored : system.title,
      values: estimates.map(({ value }) => value),
      intervals: estimates.map(({ low, high }) => [low, high] as const),
      references: overall && paper !== undefined ? [paper] : undefined,
    };
  });
  const names = shown.map((entry) => overall ? "all but empty" : entries[entry]);
  return barChart(names, series, {
    title,
    // Above a perfect score there is room for the numbers over the bars.
    range: [0, (measure === "iou" ? .5 : 1) * (overall ? 1 : 1.15)],
    referenceName: "paper (SUNCG)",
    // A number over a marker would be taken for the paper's; in these charts the legend has both.
    formatValue: overall ? false : undefined,
  });
}
