import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { parseStatistics, readStatistics, StatisticsFile, type StatisticsRow } from "../../run/statistics.ts";
import { statusLine } from "../../train/status_line.ts";

const row = (step: number, changes: Partial<StatisticsRow> = {}): StatisticsRow => ({
  phase: "base",
  iteration: step,
  step,
  seconds: step / 2,
  losses: { rec: 1834.25, D: 2.0711 },
  iterationsPerSecond: 2,
  peakBytes: 1.25 * 2 ** 30,
  ...changes,
});

async function withFile(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await work(`${folder}/stats.jsonl`).finally(() => Deno.remove(folder, { recursive: true }));
}

Deno.test("StatisticsFile: rows are in the file at once and come back", () =>
  withFile(async (path) => {
    using file = await StatisticsFile.open(path, 0);
    assertEquals([file.seconds, await readStatistics(path)], [0, []]);
    file.write(row(10));
    file.write(row(20, { losses: { rec: NaN, D: Infinity } }));
    assertEquals(await readStatistics(path), [row(10), row(20, { losses: { rec: NaN, D: NaN } })]);
  }));

Deno.test("StatisticsFile: resuming removes later rows and a torn line, time goes on", () =>
  withFile(async (path) => {
    {
      using file = await StatisticsFile.open(path, 0);
      for (const step of [10, 20, 30]) file.write(row(step));
    }
    await Deno.writeTextFile(path, '{"phase":"ba', { append: true });
    using file = await StatisticsFile.open(path, 25);
    assertEquals(file.seconds, 10);
    file.write(row(26));
    assertEquals((await readStatistics(path)).map(({ step }) => step), [10, 20, 26]);
  }));

Deno.test("readStatistics: names the line that is no row", () =>
  withFile(async (path) => {
    assertEquals(await readStatistics(path), []);
    await Deno.writeTextFile(path, JSON.stringify(row(1)) + "\nhello\n");
    await assertRejects(() => readStatistics(path), UserError, `${path}:2: not valid JSON`);
    await Deno.writeTextFile(path, JSON.stringify({ ...row(1), step: "1" }) + "\n");
    await assertRejects(() => readStatistics(path), UserError, `${path}:1: step: `);
  }));

Deno.test("parseStatistics: cut off anywhere, a file gives its whole lines; where steps fall back the later rows count", () => {
  const text = [10, 20, 30].map((step) => JSON.stringify(row(step)) + "\n").join("");
  for (let end = 0; end <= text.length; end++) {
    assertEquals(parseStatistics(text.slice(0, end), "f").length, text.slice(0, end).split("\n").length - 1);
  }
  const again = text + JSON.stringify(row(20, { losses: { rec: 7 } })) + "\n";
  assertEquals(parseStatistics(again, "f"), [row(10), row(20, { losses: { rec: 7 } })]);
});

Deno.test("statusLine: says where the run is, and lines of a phase are aligned", () => {
  assertEquals(
    statusLine(row(120), 2000),
    "base    120/2000  rec      1834  D     2.071    2.00 it/s  15m 40s left  peak 1.3 GiB",
  );
  const lines = [
    row(1, { losses: { rec: 123456, D: 0 }, iterationsPerSecond: 0.0123 }),
    row(1999, { losses: { rec: 1.5e9, D: 1e-7 }, iterationsPerSecond: 1234 }),
    row(5, { losses: { rec: NaN, D: -0.00123 }, iterationsPerSecond: 0 }),
  ].map((each) => statusLine(each, 2000));
  assertEquals(new Set(lines.map((line) => line.indexOf("D "))).size, 1);
  assertEquals(new Set(lines.map((line) => line.indexOf("peak"))).size, 1, lines.join("\n"));
  assert(lines[2].includes("? left"));
});
