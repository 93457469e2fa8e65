/** Whether everybody can use the page: rules that axe-core checks, light and dark, on a desk and on a phone. */
import { assert, assertEquals } from "@std/assert";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { startViewer } from "../../../viz/viewer/server.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { browserTest, colorsOf, entry, eventually, launchBrowser, picture, showsScene } from "./browser.ts";
import { fillFolder, openModel } from "./demo_folder.ts";

/** Rules that the page breaks, and where. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<axe.AxeResults> } }).axe.run()
  );
  assert(passes.some(({ id }) => id === "color-contrast"), "nothing was checked");
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, any }) => `${id}: ${target} ${any[0]?.message}`));
}

browserTest("no violation by axe-core, light and dark, on a desk and on a phone", async (t) => {
  await using temporary = await TemporaryFolder.make();
  await fillFolder(temporary);
  await using viewer = await startViewer({ folder: temporary.join("demo"), port: 0, openModel });
  await using browser = await launchBrowser();
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [device, width, height] of [["desk", 1280, 800], ["phone", 390, 780]] as const) {
      await t.step(`${colorScheme}, ${device}`, async () => {
        const context = await browser.newContext({ colorScheme, viewport: { width, height }, hasTouch: true });
        const page = await context.newPage();
        const name = (what: string) => `viewer-${what}-${colorScheme}-${device}.png`;
        const drawer = async (side: "left" | "right") => {
          if (device === "phone") await page.locator(`#open-${side}`).click();
        };
        const choose = async (text: string) => {
          await drawer("left");
          await entry(page, text).click();
        };
        await page.goto(viewer.url);
        await drawer("left");
        await entry(page, "reconstructions").waitFor();
        assertEquals(await violations(page), [], "the list");
        await entry(page, "reconstructions").click();
        await showsScene(page, "real,reconstruction,refined 0");
        await picture(page, name("versions"));
        await drawer("right");
        await page.locator("#edit").click();
        await page.locator("#object").selectOption("box");
        for (const corner of ["from x", "from y", "from z"]) await page.getByLabel(`box ${corner}`).fill("1");
        await page.getByLabel("box to x").fill("40");
        await page.getByLabel("box to x").blur();
        await page.locator("summary").click();
        await page.locator("#regenerate").click();
        await eventually("proposals", async () => await page.locator(".caption").count() === 4);
        await picture(page, name("proposals"));
        await drawer("right");
        assertEquals(await violations(page), [], "proposals");
        await page.locator("#proposals button").first().click();
        await page.locator("#edit-done").click();
        await drawer("right");
        await choose("Losses");
        await page.locator("#losses img").waitFor();
        assertEquals(await violations(page), [], "losses");
        await picture(page, name("losses"));
        await choose("Latent space");
        await eventually("a room", async () => /seed \d/.test(await page.locator("#captions").innerText()));
        await drawer("right");
        await page.locator(".cell").first().click();
        assertEquals(await violations(page), [], "latent space");
        await picture(page, name("latent"));
        await page.keyboard.press("?");
        assertEquals(await violations(page), [], "keys");
        await page.getByRole("button", { name: "Close" }).click();
        await context.close();
      });
    }
  }

  await t.step(
    "in the dark the rooms stand on dark ground, also when it gets dark while they are looked at",
    async () => {
      const page = await browser.newPage({ colorScheme: "light" });
      await page.goto(viewer.url);
      await entry(page, "soon-broken").click();
      await showsScene(page, "scene 0");
      const light = await colorsOf(page);
      await page.emulateMedia({ colorScheme: "dark" });
      await eventually("no white ground", async () => (await colorsOf(page)).drawn === 1);
      assert(light.drawn < 0.9);
    },
  );
});
