import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { csvText, parseCsv } from "../../base/csv.ts";

Deno.test("csvText: quotes what needs it, keeps numbers unrounded, ends lines with a line feed", () => {
  const rows = [["class", "iou"], ["chair, big", 1 / 3], ['the "best"', NaN], ["floor", 0]];
  assertEquals(csvText(rows), 'class,iou\n"chair, big",0.3333333333333333\n"the ""best""",nan\nfloor,0\n');
});

Deno.test("parseCsv: gives back the cells of csvText, whatever is in them", () => {
  const cell = fc.string().map((text) => text.replaceAll("\r", "")), row = fc.tuple(cell, cell, fc.constant("end"));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1 }), (rows) => assertEquals(parseCsv(csvText(rows), "a.csv"), rows)),
  );
});
