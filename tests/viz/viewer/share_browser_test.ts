/** What is taken along from the page: files and links. */
import { assert, assertEquals } from "@std/assert";
import { validateBytes } from "gltf-validator";
import { decodeNpy } from "../../../data/formats/npy.ts";
import { FULL_GRID } from "../../../data/grid.ts";
import { EXPORT_FORMATS } from "../../../viz/export/formats.ts";
import { startViewer } from "../../../viz/viewer/server.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { labelOf } from "../draw/scenes.ts";
import { browserTest, colorsOf, dataOf, entry, eventually, launchBrowser, picture, showsScene } from "./browser.ts";
import { fillFolder, openModel, ROOMS } from "./demo_folder.ts";

browserTest("files of what is shown, and links that bring back scene, camera and switches", async (t) => {
  await using temporary = await TemporaryFolder.make();
  await fillFolder(temporary);
  await using viewer = await startViewer({ folder: temporary.join("demo"), port: 0, openModel });
  await using browser = await launchBrowser();
  const open = async (address: string) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(address);
    return page;
  };
  const page = await open(viewer.url);
  const save = async (format: string) => {
    await page.locator("#format").selectOption(format);
    const [saving] = await Promise.all([page.waitForEvent("download"), page.locator("#download").click()]);
    return { name: saving.suggestedFilename(), bytes: await Deno.readFile(await saving.path()) };
  };

  await t.step("every format; what is hidden is not in the file, cut away or not", async () => {
    await entry(page, "soon-broken").click();
    await showsScene(page, "scene 0");
    await page.keyboard.press("c");
    const whole = decodeNpy((await save("npy")).bytes, "whole");
    assertEquals([whole.shape, whole.data], [[...FULL_GRID], ROOMS[2]]);
    await page.keyboard.press("c");
    await page.keyboard.press("2");
    const { data } = decodeNpy((await save("npy")).bytes, "part");
    const count = (labels: ArrayLike<number | bigint>, label: number) =>
      Array.from(labels, Number).filter((each) => each === label).length;
    const [ceiling, floor, wall, furn] = (["ceiling", "floor", "wall", "furn"] as const).map((name) => labelOf(name));
    assertEquals([count(data, floor), count(data, ceiling)], [0, 0]);
    assert(count(data, wall) > 0 && count(data, wall) < count(ROOMS[2], wall));
    assertEquals(count(data, furn), count(ROOMS[2], furn));
    for (const format of EXPORT_FORMATS) {
      const { name, bytes } = await save(format);
      assertEquals(name, `soon-broken-0.${format}`);
      assert(bytes.length > 1000, format);
      if (format === "glb") assertEquals((await validateBytes(bytes)).issues.numErrors, 0);
    }
    await page.keyboard.press("2");
  });

  await t.step("several versions are several files", async () => {
    await entry(page, "reconstructions").click();
    await showsScene(page, "real,reconstruction,refined 0");
    const names: string[] = [];
    page.on("download", (saving) => names.push(saving.suggestedFilename()));
    await page.locator("#format").selectOption("vox");
    await page.locator("#download").click();
    await eventually("three files", () => Promise.resolve(names.length === 3));
    assertEquals(names.sort(), ["real", "reconstruction", "refined"].map((name) => `reconstructions-0-${name}.vox`));
  });

  await t.step("a link brings back scene, versions, camera, classes, slices and switches", async () => {
    await page.keyboard.press("ArrowRight");
    await showsScene(page, "real,reconstruction,refined 1");
    await page.locator("[data-version='1']").uncheck();
    await showsScene(page, "real,refined 1");
    for (const key of ["Shift+ArrowLeft", "Shift+ArrowLeft", "+", "3", "p", "d"]) await page.keyboard.press(key);
    await page.locator("[data-slice='z-from']").fill("12");
    await page.locator("#link").click();
    await eventually("told", async () => (await page.locator("#shared").innerText()).includes("brings back"));
    const other = await open(page.url());
    await showsScene(other, "real,refined 1");
    const { rectangles } = await dataOf(page);
    await eventually("the same rectangles", async () => (await dataOf(other)).rectangles === rectangles);
    assertEquals(await other.locator("[data-label='3']").isChecked(), false);
    const [one, two] = [await colorsOf(page), await colorsOf(other)];
    for (const name of ["drawn", "grey", "green"] as const) assert(Math.abs(one[name] - two[name]) < 2e-3, name);
    await picture(other, "viewer-link.png");
    await other.close();
  });

  await t.step("a link brings back a new room by its seed", async () => {
    await entry(page, "Latent space").click();
    await page.locator("#new-room").click();
    const seed = `seed ${await page.getByLabel("Seed").inputValue()}`;
    await eventually("a room", async () => (await page.locator("#captions").innerText()).includes(seed));
    await page.locator("#link").click();
    await eventually("the seed in the address", () => Promise.resolve(page.url().includes(seed.replace(" ", "="))));
    const other = await open(page.url());
    await eventually("the seed", async () => (await other.locator("#captions").innerText()).includes(seed));
    await other.close();
  });
});
