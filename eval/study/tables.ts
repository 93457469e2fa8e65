/** The numbers behind the charts, for people and for programs. */
import { csvText } from "../../base/csv.ts";
import { markdownTable } from "../../base/table.ts";
import { estimate, measureOf } from "./statistics.ts";
import type { Study } from "./study.ts";

/** A share with three decimals, `–` for what does not exist. */
export function share(value: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(3);
}

/** `table.md`: published IoU, IoU and published mAP of every class and system. */
export function studyTable({ systems, entries }: Study): string {
  const parts = [["IoU, published formula", "iou"], ["IoU", "trueIou"], ["mAP, published formula", "ap"]] as const;
  return parts.map(([title, measure]) => {
    const head = ["class", ...systems.map(({ system }) => system.title)];
    const rows = entries.map((name, entry) => [
      name,
      ...systems.map(({ scores }) => share(measureOf(scores, measure, entry))),
    ]);
    return `## ${title}\n\n${markdownTable([head, ...rows], 1)}\n`;
  }).join("\n");
}

/**
 * `table.csv`: a row per system and class with the columns `system`, `class`, `scenes`, then `iou_published`, `iou` and
 * `map_published`, each followed by the ends of its 95 % interval over the test scenes, and the paper's values where it
 * gives them. Numbers are unrounded; `nan` marks what does not exist.
 */
export function studyCsv({ systems, entries, seed }: Study): string {
  const measures = [["iou_published", "iou"], ["iou", "trueIou"], ["map_published", "ap"]] as const;
  const columns = measures.flatMap(([name]) => [name, `${name}_low`, `${name}_high`]);
  const head = ["system", "class", "scenes", ...columns, "paper_iou_published", "paper_map_published"];
  const rows = systems.flatMap(({ system, scores }) =>
    entries.map((entryName, entry) => {
      const estimates = measures.map(([, measure]) => estimate(scores, measure, entry, seed));
      const paper = entry === entries.length - 1 && system.paper ? [system.paper.iou, system.paper.ap] : [NaN, NaN];
      const numbers = [...estimates.flatMap(({ value, low, high }) => [value, low, high]), ...paper];
      return [system.name, entryName, scores.iou.length, ...numbers];
    })
  );
  return csvText([head, ...rows]);
}
