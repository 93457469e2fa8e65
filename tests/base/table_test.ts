import { assertEquals } from "@std/assert";
import { alignedTable, markdownTable } from "../../base/table.ts";

const ROWS = [["name", "ms", "plan"], ["a long name", "12.5", ""], ["b|c", "1 σ", "engine 7"]];

Deno.test("alignedTable: text to the left, numbers to the right, no space at the end of a line", () => {
  assertEquals(
    alignedTable(ROWS, (column) => column !== 1),
    "name           ms  plan\na long name  12.5\nb|c           1 σ  engine 7",
  );
  assertEquals(alignedTable([["a", "b"], ["", "1"]]), "a  b\n   1");
});

Deno.test("markdownTable: a bar does not end a cell, columns are aligned from the one that is named", () => {
  assertEquals(
    markdownTable(ROWS),
    "| name        | ms   | plan     |\n| ----------- | ---- | -------- |\n" +
      "| a long name | 12.5 |          |\n| b\\|c        | 1 σ  | engine 7 |",
  );
  assertEquals(markdownTable([["a", "b"], ["c", "1"]], 1), "| a   |   b |\n| --- | --: |\n| c   |   1 |");
});
