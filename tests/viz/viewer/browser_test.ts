import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { startViewer } from "../../../viz/viewer/server.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import {
  browserTest,
  busyness,
  colorsOf,
  dataOf,
  entry,
  eventually,
  launchBrowser,
  picture,
  showsScene,
} from "./browser.ts";
import { fillFolder, openModel, ROOMS, stack } from "./demo_folder.ts";
import { tick } from "./served.ts";

/** Seconds that the camera moves while frames are counted. */
const MOVE_SECONDS = 2;

browserTest("renders, toggles, slices, compares, plays, generates, survives what is broken", async (t) => {
  await using temporary = await TemporaryFolder.make();
  await fillFolder(temporary);
  const folder = temporary.join("demo");
  await using viewer = await startViewer({ folder, port: 0, openModel });
  await using browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  const message = page.locator("#message");

  await t.step("renders the first scene and lists runs and what is broken", async () => {
    await page.goto(viewer.url);
    await entry(page, "reconstructions").click();
    await showsScene(page, "real,reconstruction,refined 0");
    assertStringIncludes(await page.locator("#left").innerText(), "real.npy is not a NumPy .npy file");
    const { drawn, green } = await colorsOf(page);
    assert(drawn > 0.15 && green > 0.02, `drawn ${drawn}, floor ${green}`);
  });

  await t.step("compares versions side by side, and drops one", async () => {
    for (let pane = 0; pane < 3; pane++) {
      const { drawn } = await colorsOf(page, pane, 3);
      assert(drawn > 0.1, `pane ${pane} is empty`);
    }
    assertEquals(await page.locator(".caption").count(), 3);
    assertStringIncludes(await page.locator(".caption").nth(2).innerText(), "% equal to real");
    await picture(page, "viewer-compare.png");
    const colored = await colorsOf(page, 2, 3);
    await page.keyboard.press("d");
    await eventually(
      "equal voxels are grey",
      async () => (await colorsOf(page, 2, 3)).grey > 2 * colored.grey + 0.05,
    );
    await page.keyboard.press("d");
    await page.locator("[data-version='1']").uncheck();
    await showsScene(page, "real,refined 0");
    await page.locator("[data-version='2']").uncheck();
    await showsScene(page, "real 0");
  });

  await t.step("toggles classes by key and by mouse, cut-away, patterns", async () => {
    const before = await colorsOf(page);
    await page.keyboard.press("2");
    await eventually("no floor", async () => (await colorsOf(page)).green < before.green / 4);
    assertEquals(await page.locator("[data-label='2']").isChecked(), false);
    await page.locator("[data-label='2']").check();
    // The pointer is on the floor's row now, which brings the floor out: the rest is pale.
    await eventually("pale walls", async () => (await colorsOf(page)).blue === 0);
    await page.mouse.move(640, 790);
    await eventually("floor", async () => (await colorsOf(page)).green > before.green / 2);
    await page.keyboard.press("c");
    await eventually("a ceiling", async () => (await colorsOf(page)).red > before.red + 0.05);
    await page.keyboard.press("c");
    await page.keyboard.press("p");
    await picture(page, "viewer-patterns.png");
    await page.keyboard.press("p");
  });

  await t.step("slices on three axes", async () => {
    const { drawn } = await colorsOf(page);
    for (const [slice, value] of [["x-to", "30"], ["y-to", "16"], ["z-from", "40"]]) {
      const before = (await dataOf(page)).rectangles;
      await page.locator(`[data-slice='${slice}']`).fill(value);
      await eventually(slice, async () => (await dataOf(page)).rectangles !== before);
    }
    assert((await colorsOf(page)).drawn < drawn / 2);
    await page.getByRole("button", { name: "Whole room" }).click();
    await eventually("whole again", async () => Math.abs((await colorsOf(page)).drawn - drawn) < 0.01);
  });

  await t.step("turns with keys, and with the mouse at 5 frames per second or more", async () => {
    await page.keyboard.press("Shift+ArrowLeft");
    await eventually("another picture", async () => (await dataOf(page)).frames > "0");
    const { x, y, width, height } = (await page.locator("#stage").boundingBox())!;
    const frames = async () => Number((await dataOf(page)).frames);
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    const first = await frames(), started = performance.now();
    for (let i = 0; performance.now() - started < MOVE_SECONDS * 1000; i++) {
      await page.mouse.move(x + width / 2 + 150 * Math.sin(i / 12), y + height / 2 + 30 * Math.cos(i / 9));
    }
    const perSecond = (await frames() - first) / ((performance.now() - started) / 1000);
    await page.mouse.up();
    assert(perSecond >= 5 / busyness(), `${perSecond.toFixed(1)} frames per second`);
    await page.keyboard.press("r");
  });

  await t.step("loads a full-size scene in less than 300 ms", async () => {
    const times: number[] = [];
    for (const scene of ["real 1", "real 2", "real 0"]) {
      await page.keyboard.press("ArrowRight");
      await showsScene(page, scene);
      times.push(Number((await dataOf(page)).loadMilliseconds));
    }
    // The quickest: other programs on the machine can only make it slower.
    assert(Math.min(...times) < 300 * busyness(), `${times.join(", ")} ms`);
  });

  await t.step("shows the first full-size scene of a fresh page in less than 300 ms", async () => {
    await entry(page, "soon-broken").click();
    const times: number[] = [];
    while (times.length < 6 && !(Math.min(...times) < 300 * busyness())) {
      await page.reload();
      await showsScene(page, "scene 0");
      times.push(Number((await dataOf(page)).loadMilliseconds));
    }
    assert(Math.min(...times) < 300 * busyness(), `${times.join(", ")} ms`);
  });

  await t.step("plays an interpolation", async () => {
    await entry(page, "interpolation 0 → 1").click();
    await showsScene(page, "generated,refined 0");
    await page.keyboard.press(" ");
    const seen = new Set<string>();
    await eventually("four scenes", async () => seen.add((await dataOf(page)).scene).size >= 4);
    await page.locator("#play").click();
    assertEquals(await page.locator("#play").innerText(), "Play");
  });

  await t.step("shows noise beside the scene without it", async () => {
    await entry(page, "noise 0, cell 2 0 4").click();
    await showsScene(page, "without noise,with noise 0");
    const share = () => page.locator(".caption").nth(1).innerText();
    assertStringIncludes(await share(), "100.0 % equal");
    await page.keyboard.press("ArrowRight");
    await showsScene(page, "without noise,with noise 1");
    assert(!(await share()).includes("100.0 %"), await share());
  });

  await t.step("shows losses and follows a training", async () => {
    await entry(page, "Losses").click();
    await page.locator("#losses img").waitFor();
    assertStringIncludes(await page.locator(".status").innerText(), "40");
    await Deno.writeTextFile(join(folder, "runs/full/stats.jsonl"), `${tick(41)}\n`, { append: true });
    await eventually("the new tick", async () => (await page.locator(".status").innerText()).includes("41"));
    await picture(page, "viewer-losses.png");
  });

  await t.step("generates rooms and follows the latent sliders", async () => {
    await entry(page, "Latent space").click();
    await page.locator(".cell").first().waitFor();
    assertEquals(await page.locator(".cell").count(), 75);
    await page.locator("#new-room").click();
    const captions = () => page.locator("#captions").innerText(), seed = page.getByLabel("Seed");
    const told = async () => new RegExp(`seed ${await seed.inputValue()}\\b`).test(await captions());
    await eventually("a room of the seed in the field", told);
    await seed.fill("12");
    await seed.press("Enter");
    await eventually("the seed that was typed in", async () => (await captions()).includes("seed 12"));

    const asked = (await dataOf(page)).rectangles;
    await page.getByLabel("Type of room").selectOption("bedroom");
    await eventually("a bedroom", async () => (await captions()).includes("seed 12, bedroom"));
    assert((await dataOf(page)).rectangles !== asked, "the wish reaches the networks");
    const bed = page.locator(".wish:visible button", { hasText: "bed" });
    await bed.click();
    await eventually("with a bed", async () => (await captions()).includes("with bed"));
    await bed.click();
    await eventually("without one", async () => (await captions()).includes("without bed"));
    assertEquals(await bed.innerText(), "− bed");
    await picture(page, "viewer-latent.png");

    await page.locator(".cell").first().click();
    const before = (await dataOf(page)).rectangles;
    await page.locator(".channel input").first().fill("2.5");
    await eventually("another room", async () => (await dataOf(page)).rectangles !== before);
    await eventually("told", async () => (await page.locator("#captions").innerText()).includes("changed"));
  });

  await t.step("leaves the refiner out while a slider moves, and tells of newer weights", async () => {
    const captions = () => page.locator("#captions").innerText();
    const slider = page.locator(".channel input").nth(1), bounds = (await slider.boundingBox())!;
    await page.mouse.move(bounds.x + bounds.width / 2, bounds.y + bounds.height / 2);
    await page.mouse.down();
    await page.mouse.move(bounds.x + bounds.width * 0.8, bounds.y + bounds.height / 2);
    await eventually("a quick room", async () => (await captions()).includes("refined before"));
    await page.mouse.up();
    await eventually("refined again", async () => !(await captions()).includes("refined before"));
    assertStringIncludes(await captions(), "refined");

    await temporary.write("demo/runs/full/checkpoints/step-000041.safetensors", "");
    await page.locator("#newer").click(); // waits for it
    await eventually("step 41", async () => (await page.locator("#right").innerText()).includes("Step 41,"));
    assertEquals(await page.locator("#newer").isVisible(), false);
  });

  await t.step("survives a file that breaks while it is shown", async () => {
    await entry(page, "soon-broken").click();
    await showsScene(page, "scene 0");
    await Deno.writeTextFile(join(folder, "scenes/soon-broken.npy"), "broken");
    await entry(page, "Losses").click();
    await page.reload();
    await eventually(
      "listed",
      async () => (await page.locator("#left").innerText()).includes("soon-broken.npy is not"),
    );
    await Deno.writeFile(join(folder, "runs/full/evaluation/real.npy"), stack(ROOMS).subarray(0, 5000));
    await entry(page, "reconstructions").click();
    await message.waitFor();
    assertStringIncludes(await message.innerText(), "real.npy");
    await entry(page, "interpolation 0 → 1").click();
    await showsScene(page, "generated,refined 0");
    assertEquals(await message.isVisible(), false);
  });

  await t.step("says so when the folder is gone", async () => {
    await Deno.rename(folder, temporary.join("elsewhere"));
    await page.getByRole("button", { name: "Refresh" }).click();
    await message.waitFor();
    assertStringIncludes(await message.innerText(), "moved or removed");
    await Deno.rename(temporary.join("elsewhere"), folder);
    await page.getByRole("button", { name: "Try again" }).click();
    await eventually("all is well", async () => !await message.isVisible());
  });

  await t.step("captions stay with their rooms when the window, or a phone, is turned", async () => {
    await entry(page, "interpolation 0 → 1").click();
    await showsScene(page, "generated,refined 0");
    const second = async () => {
      const stage = (await page.locator("#stage").boundingBox())!;
      const caption = (await page.locator(".caption").nth(1).boundingBox())!;
      return [(caption.x - stage.x) / stage.width, (caption.y - stage.y) / stage.height].map((at) => at.toFixed(2));
    };
    const sizes = [[1280, 800, "0.50,0.00"], [390, 780, "0.00,0.50"], [780, 390, "0.50,0.00"]] as const;
    for (const [width, height, place] of sizes) {
      await page.setViewportSize({ width, height });
      await eventually(`${width}x${height}: ${place}`, async () => `${await second()}` === place);
    }
  });

  await t.step("fits a phone: the list and the classes open as drawers", async () => {
    await page.setViewportSize({ width: 390, height: 780 });
    await page.locator("#open-right").click();
    await page.locator("[data-label='3']").waitFor();
    await picture(page, "viewer-phone.png");
    assertEquals(errors, []);
  });
});
