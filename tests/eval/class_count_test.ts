/** Metrics and tables of any number of classes. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AveragePrecisionMeter } from "../../eval/metrics/average_precision.ts";
import { IouMeter } from "../../eval/metrics/iou.ts";
import { averagePrecisionCsv, iouCsv, summaryTable } from "../../eval/tables.ts";
import { naiveAveragePrecision } from "./metrics/naive_average_precision.ts";

/** Labels, predictions and scores of a scene with `count` classes. */
const scenes = fc.integer({ min: 2, max: 255 }).chain((count) => {
  const labels = fc.uint8Array({ minLength: 6, maxLength: 6, max: count - 1 });
  const scores = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 6 * count, maxLength: 6 * count });
  return fc.record({ count: fc.constant(count), real: labels, predicted: labels, scores });
});

Deno.test("IouMeter, AveragePrecisionMeter: 2 to 255 classes by the literal definitions, the last entry for all", async () => {
  await fc.assert(
    fc.asyncProperty(scenes, async ({ count, real, predicted, scores }) => {
      const meter = new IouMeter(count);
      meter.add(real, predicted);
      const { iou } = meter.finish();
      await using precision = new AveragePrecisionMeter(1, count);
      await precision.add(real, Float32Array.from(scores, (score) => score / 4));
      const { apPresent } = await precision.finish();
      assertEquals([iou.length, apPresent.length], [count + 1, count + 1]);
      for (const entry of [0, 1, count - 1, count]) {
        const holds = (label: number) => entry === count ? label > 0 : label === entry;
        const either = real.reduce((sum, label, i) => {
          const [a, b] = [holds(label), holds(predicted[i])];
          return sum + (a && b && label !== predicted[i] ? 2 : Number(a || b));
        }, 0);
        const both = real.reduce((sum, label, i) => sum + Number(holds(label) && label === predicted[i]), 0);
        assertEquals(iou[entry], both / either, `IoU ${entry}`);
        const cells = scores.map((score, i) => ({ score, label: i % count, truth: real[Math.floor(i / count)] }));
        const chosen = cells.filter(({ label }) => holds(label));
        const expected = naiveAveragePrecision(
          chosen.map(({ label, truth }) => label === truth),
          chosen.map(({ score }) => score),
        );
        if (Number.isNaN(expected)) assert(Number.isNaN(apPresent[entry]));
        else assertAlmostEquals(apPresent[entry], expected, 1e-12, `AP ${entry}`);
      }
    }),
    { numRuns: 25 },
  );
});

Deno.test("IouMeter: a label beyond the classes is refused", () => {
  assertThrows(() => new IouMeter(5).add(Uint8Array.of(4), Uint8Array.of(5)), RangeError, "label 5 is not a class");
});

Deno.test("tables: a row for each class by its name, and all", async () => {
  const meter = new IouMeter(3);
  meter.add(Uint8Array.of(0, 1, 2), Uint8Array.of(0, 1, 1));
  await using precision = new AveragePrecisionMeter(1, 3);
  await precision.add(Uint8Array.of(0, 1, 2), Float32Array.of(1, 0, 0, 0, 1, 0, 0, 1, 0));
  const iou = meter.finish(), averagePrecision = await precision.finish(), names = ["air", "wood", "iron"];
  const columns = (csv: string, column: number) =>
    csv.trimEnd().split("\n").slice(1).map((row) => row.split(",")[column]);
  assertEquals(columns(iouCsv(iou, names), 0), [...names, "all"]);
  assertEquals(columns(iouCsv(iou, names), 2).map(Number), [1, 0.5, 0, 1 / 3]);
  assertEquals(columns(averagePrecisionCsv(averagePrecision, names), 0), [...names, "all"]);
  const summary = summaryTable([{ title: "refined", iou, averagePrecision }], names);
  assertEquals(summary.split("\n").map((line) => line.split(" ")[0]), ["refined,", "class", ...names, "all"]);
});
