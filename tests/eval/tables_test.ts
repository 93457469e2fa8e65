import { assertEquals } from "@std/assert";
import { CLASS_NAMES } from "../../data/classes.ts";
import { averagePrecisionCsv, iouCsv, summaryTable } from "../../eval/tables.ts";

const ramp = (start: number) => Float64Array.from({ length: 13 }, (_, entry) => start + entry / 128);
const counts = Int32Array.from({ length: 13 }, (_, entry) => entry);

Deno.test("iouCsv: 13 named rows under a header, the published number first, unrounded", () => {
  const iouReference = ramp(0.125), iou = ramp(0.25);
  iou[3] = NaN;
  const rows = iouCsv({ iouReference, iou, sceneCount: counts, scenes: 12, byScene: [] }).trimEnd().split("\n").map((
    row,
  ) => row.split(","));
  assertEquals(rows[0], ["class", "iou_reference", "iou", "scenes"]);
  assertEquals(rows.slice(1).map(([name]) => name), [...CLASS_NAMES, "all"]);
  assertEquals(rows.slice(1).map((row) => Number(row[1])), [...iouReference]);
  assertEquals(rows[4], ["wall", String(iouReference[3]), "nan", "3"]);
});

Deno.test("averagePrecisionCsv: names the published number and the corrected one", () => {
  const table = { apReference: ramp(0.5), apPresent: ramp(0.75), sceneCount: counts, scenes: 12, byScene: [] };
  const rows = averagePrecisionCsv(table).trimEnd().split("\n");
  assertEquals([rows.length, rows[0]], [14, "class,ap_reference,ap_present,scenes"]);
  assertEquals(rows[13], `all,${0.5 + 12 / 128},${0.75 + 12 / 128},12`);
});

Deno.test("summaryTable: is aligned and shows what does not exist as a dash", () => {
  const missing = ramp(0.5);
  missing[0] = NaN;
  const text = summaryTable([{
    title: "refined",
    iou: { iouReference: ramp(0.125), iou: missing, sceneCount: counts, scenes: 2, byScene: [] },
    averagePrecision: { apReference: ramp(0.5), apPresent: ramp(0.5), sceneCount: counts, scenes: 2, byScene: [] },
  }]);
  const [title, ...lines] = text.split("\n");
  assertEquals(title, "refined, 2 scenes");
  assertEquals(new Set(lines.map((line) => line.length)).size, 1, text);
  assertEquals(lines[1], "empty        -  0.500          0.125          0.500");
});
