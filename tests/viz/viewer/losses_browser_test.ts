/** Learning curves in the page. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { MOST_CURVES } from "../../../viz/viewer/catalogue.ts";
import { startViewer } from "../../../viz/viewer/server.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { browserTest, entry, eventually, launchBrowser, picture } from "./browser.ts";
import { tick } from "./served.ts";

browserTest("losses tell their values at the pointer, are smoothed, and lie over those of other runs", async () => {
  await using folder = await TemporaryFolder.make();
  for (const [run, first] of [["one", 1], ["two", 21]] as const) {
    const ticks = Array.from({ length: 40 }, (_, i) => tick(first + i));
    await folder.write(`${run}/stats.jsonl`, ticks.join("\n") + "\n");
    await folder.write(`${run}/options.json`, "{}");
  }
  await using viewer = await startViewer({ folder: folder.path, port: 0 });
  await using browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(viewer.url);
  await entry(page, "Losses").first().click();
  const curves = page.locator("#losses img"), values = page.locator("#curve-values");
  await curves.waitFor();
  const source = () => curves.getAttribute("src");
  const redrawn = async (what: string, act: () => Promise<unknown>) => {
    const before = await source();
    await act();
    await eventually(what, async () => await source() !== before);
  };
  const hover = async () => {
    const { x, y, width } = (await curves.boundingBox())!;
    await page.mouse.move(x + width / 2, y + 100);
    await page.mouse.move(x + width / 2 + 1, y + 100);
    await values.waitFor();
    return await values.innerText();
  };
  const raw = await hover();
  assertStringIncludes(raw, "recons loss  0.4"); // 9 / 21 in the middle of 1 to 40
  await redrawn("smooth lines", () => page.locator("#smoothing").fill("90"));
  const smooth = await hover(), last = (text: string) => Number(/[\d.]+$/.exec(text.trim())![0]);
  assert(last(smooth) > last(raw) * 1.5, `${raw} | ${smooth}`);
  await redrawn("both runs", () => page.getByLabel("two").check());
  assertStringIncludes(await curves.getAttribute("alt") ?? "", "one, two");
  const both = await hover();
  assert(/one {2}[\d.]+\ntwo {2}[\d.]+$/.test(both.trim()), both);
  await picture(page, "viewer-losses-runs.png");
  // Less of the line is smoothed, then more, and the answers come in the other order.
  await page.route("**/api/curves?*smoothing=10", async (route) => {
    await delay(500);
    await route.continue();
  });
  const late = page.waitForResponse("**/api/curves?*smoothing=10");
  await page.locator("#smoothing").fill("10");
  await redrawn("the newest", () => page.locator("#smoothing").fill("50"));
  const newest = await source();
  await (await late).finished();
  await delay(300);
  assertEquals(await source(), newest);
  await page.mouse.move(5, 5);
  await eventually("no values", async () => !await values.isVisible());
});

browserTest(
  "of many runs no more can be chosen than there are colours, and one not shown is not asked for",
  async () => {
    await using folder = await TemporaryFolder.make();
    for (let run = 0; run < MOST_CURVES + 2; run++) {
      await folder.write(`run-${run}/stats.jsonl`, `${tick(1)}\n${tick(2)}\n`);
      await folder.write(`run-${run}/options.json`, "{}");
    }
    await using viewer = await startViewer({ folder: folder.path, port: 0 });
    await using browser = await launchBrowser();
    const page = await browser.newPage();
    await page.clock.install();
    await page.goto(viewer.url);
    await entry(page, "Losses").first().click();
    await page.locator("#losses img").waitFor();
    const boxes = page.locator("#losses .curve-runs input");
    assertEquals(await boxes.count(), MOST_CURVES + 1);
    for (let run = 0; run < MOST_CURVES - 1; run++) await boxes.nth(run).check();
    const disabled = async () => await Promise.all((await boxes.all()).map((box) => box.isDisabled()));
    assertEquals(await disabled(), [...Array(MOST_CURVES - 1).fill(false), true, true]);
    const drawn = async () => (await page.locator("#losses img").getAttribute("alt"))!.split(", ").length;
    await eventually("a line for each colour", async () => await drawn() === MOST_CURVES);
    await boxes.first().uncheck();
    assertEquals(await disabled(), Array(MOST_CURVES + 1).fill(false));

    // The page is looked at again twice while an answer is on its way; then another run is.
    const asked: string[] = [], answers: (() => Promise<void>)[] = [];
    await page.route("**/api/training?*", (route) => {
      asked.push(new URL(route.request().url()).searchParams.get("run")!);
      answers.push(() => route.continue());
    });
    const answer = async (count: number) => {
      await eventually(`${count} questions`, () => Promise.resolve(answers.length === count));
      const answered = Promise.all(answers.map(() => page.waitForResponse("**/api/training?*")));
      for (const each of answers.splice(0)) await each();
      await answered;
    };
    for (let look = 0; look < 2; look++) {
      await page.evaluate(`document.dispatchEvent(new Event("visibilitychange"))`);
    }
    await answer(2);
    await entry(page, "Losses").nth(1).click();
    await answer(1);
    await page.clock.runFor(2500);
    await answer(1);
    assertEquals(asked, ["run-0", "run-0", "run-1", "run-1"]);
  },
);
