/** Edits in the page, with the model that comes with the program and the permissions of the task. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "playwright-core";
import { writeNpy } from "../../../data/formats/npy.ts";
import type { Grid } from "../../../data/grid.ts";
import { makeRoom } from "../../../data/rooms/mod.ts";
import { replay } from "../../../eval/replay.ts";
import { Run } from "../../../eval/run.ts";
import { type EditCondition, readProject } from "../../../run/project.ts";
import { shippedRun } from "../../../run/shipped_model.ts";
import { environment, taskArguments } from "../../helpers/task.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { browserTest, busyness, dataOf, entry, eventually, launchBrowser, picture, showsScene } from "./browser.ts";

const GRID: Grid = [32, 16, 32];
/** Four proposals take a third of a second; a slow and busy machine may take longer. */
const MOST_MILLISECONDS = 3000;

/** `deno task viz serve` of a folder. */
class Served implements AsyncDisposable {
  private constructor(readonly process: Deno.ChildProcess, readonly url: string) {}

  static async start(folder: string): Promise<Served> {
    const args = taskArguments("viz", ["serve", folder, "--port", "0", "--threads", "2"]);
    const process = new Deno.Command(Deno.execPath(), { args, ...environment({}), stdout: "piped" }).spawn();
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const [url] = (await reader.read()).value!.split("\n");
    await reader.cancel();
    return new Served(process, url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill();
    await this.process.status;
  }
}

/** Moves the pointer over the rooms until it points at a voxel of the class. */
async function pointAt(page: Page, name: string): Promise<[x: number, y: number]> {
  const { x, y, width, height } = (await page.locator("#stage").boundingBox())!;
  for (let row = 0.3; row < 0.9; row += 0.04) {
    for (let column = 0.1; column < 0.9; column += 0.03) {
      const place = [x + column * width, y + row * height] as [number, number];
      await page.mouse.move(...place);
      const tip = page.locator("#tip");
      if (await tip.isVisible() && (await tip.innerText()).startsWith(name)) return place;
    }
  }
  throw new Error(`no ${name} is seen`);
}

browserTest("edits by box and by object, proposals, undo, redo, a project saved, replayed and loaded", async (t) => {
  await using folder = await TemporaryFolder.make();
  const root = await shippedRun(folder.join("studio/runs"));
  const data = makeRoom(GRID, 5, 1);
  await writeNpy(join(root, "evaluation/real.npy"), { dtype: "uint8", shape: [1, ...GRID], data });
  await writeNpy(folder.join("studio/other/small.npy"), {
    dtype: "uint8",
    shape: [4, 4, 4],
    data: new Uint8Array(64).fill(2),
  });
  await using served = await Served.start(folder.join("studio"));
  await using browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  const state = page.locator("#edit-state"), object = page.locator("#object"), captions = page.locator(".caption");
  const says = (text: string) => eventually(text, async () => (await state.innerText()) === text);
  const selected = () => object.locator("option:checked").innerText();
  const button = (id: string) => page.locator(`#${id}`);
  const project = folder.join("project.json");

  await t.step("nothing can be done before something is selected", async () => {
    await page.goto(served.url);
    await entry(page, "reconstructions").click();
    await eventually("the scene", async () => (await dataOf(page)).scene?.endsWith(" 0"));
    await button("edit").click();
    await says("0 edits");
    for (const id of ["remove", "replace", "regenerate", "undo", "redo"]) assert(await button(id).isDisabled(), id);
  });

  await t.step("an object is selected by a click, and removed", async () => {
    const place = await pointAt(page, "furn"), before = (await dataOf(page)).rectangles;
    await page.mouse.click(...place);
    await eventually("selected", async () => (await selected()).startsWith("furn"));
    await picture(page, "viewer-edit-select.png");
    await button("remove").click();
    await says("1 edit");
    assert((await dataOf(page)).rectangles !== before);
    assertEquals(await selected(), "nothing");
  });

  await t.step(
    "an object from the list is replaced: four proposals side by side, one is taken by a click",
    async () => {
      const table = await object.locator("option", { hasText: "table" }).first().getAttribute("value");
      await object.selectOption(table!);
      await button("by").selectOption("sofa");
      await button("replace").click();
      await eventually("four proposals", async () => await captions.count() === 4);
      const { x, y, width, height } = (await page.locator("#stage").boundingBox())!;
      await page.mouse.click(x + width * 3 / 4, y + height / 4);
      await says("2 edits");
      assertEquals(await captions.count(), 1);
      assert(await object.locator("option", { hasText: "sofa" }).count() > 0);
    },
  );

  await t.step("a box grows over clicked voxels, is typed, and made up anew at once", async () => {
    await object.selectOption("box");
    await page.mouse.click(...await pointAt(page, "floor"));
    await page.mouse.click(...await pointAt(page, "window"));
    const corner = (name: string) => page.getByLabel(`box ${name}`);
    assert(Number(await corner("to y").inputValue()) > 4);
    for (
      const [name, value] of [["from x", 0], ["from y", 0], ["from z", 0], ["to x", 20], ["to y", 12], ["to z", 99]]
    ) {
      await corner(String(name)).fill(String(value));
      await corner(String(name)).blur();
    }
    assertEquals(await corner("to z").inputValue(), "32");
    const times: number[] = [];
    const most = MOST_MILLISECONDS * busyness();
    for (let tries = 0; tries < 5 && !(Math.min(...times) <= most); tries++) {
      if (tries > 0) await page.getByRole("button", { name: "None" }).click();
      await object.selectOption("box");
      for (const [name, value] of [["from x", 0], ["to x", 20], ["to y", 12], ["to z", 32]]) {
        await corner(String(name)).fill(String(value));
        await corner(String(name)).blur();
      }
      await button("regenerate").click();
      await eventually("four proposals", async () => await captions.count() === 4);
      times.push(Number(await page.locator("[data-milliseconds]").getAttribute("data-milliseconds")));
    }
    await picture(page, "viewer-edit-proposals.png");
    // The quickest: other programs on the machine can only make it slower.
    assert(Math.min(...times) <= most, `${times.join(", ")} ms`);
    await page.getByRole("button", { name: "Take proposal 3" }).click();
    await says("3 edits");
  });

  await t.step("undo and redo, by button and by key", async () => {
    const edited = (await dataOf(page)).rectangles;
    await button("undo").click();
    await says("2 edits, 1 undone");
    await page.locator("#stage").focus();
    await page.keyboard.press("z");
    await says("1 edit, 2 undone");
    await page.keyboard.press("y");
    await button("redo").click();
    await says("3 edits");
    assertEquals((await dataOf(page)).rectangles, edited);
    await button("undo").click();
    await says("2 edits, 1 undone");
    await picture(page, "viewer-edit.png");
  });

  await t.step("while proposals are on their way the scene that they are for stays", async () => {
    await page.route("**/api/edit?*", async (route) => {
      await delay(500);
      await route.continue();
    });
    await object.selectOption({ index: 2 });
    await button("regenerate").click();
    await page.locator("#stage").focus();
    await page.keyboard.press("z");
    assertEquals(await state.innerText(), "2 edits, 1 undone");
    await eventually("four proposals", async () => await captions.count() === 4);
    await page.getByRole("button", { name: "None" }).click();
    await says("2 edits, 1 undone");
    await page.unroute("**/api/edit?*");
  });

  await t.step("what is made up is asked to be of a type, with a class and without another", async () => {
    await page.locator("summary").click();
    await page.getByLabel("Type of room").selectOption("bedroom");
    const ask = (name: string) => page.locator(".demands:visible").getByRole("button", { name });
    await ask("bed: with").click();
    await ask("tvs: with").click();
    await ask("with tvs").click();
    await object.selectOption({ index: 2 });
    await button("regenerate").click();
    await eventually("four proposals", async () => await captions.count() === 4);
    assertStringIncludes(await captions.first().innerText(), "bedroom, with bed, without tvs");
    await page.getByRole("button", { name: "Take proposal 1" }).click();
    await says("3 edits");
  });

  await t.step("extend here: the scene goes on at the side that is nearest to what is selected", async () => {
    const width = () => page.getByLabel("box to x").getAttribute("max");
    await object.selectOption("box");
    for (const [name, value] of [["from x", "1"], ["from z", "9"]]) {
      await page.getByLabel(`box ${name}`).fill(value);
      await page.getByLabel(`box ${name}`).blur();
    }
    assertEquals(await button("side").inputValue(), "-x");
    await button("by-voxels").fill("30");
    await button("by-voxels").blur();
    assertEquals(await button("by-voxels").inputValue(), "32");
    const before = (await dataOf(page)).rectangles;
    await button("extend").click();
    await eventually("four proposals", async () => await captions.count() === 4);
    await picture(page, "viewer-edit-extend.png");
    await page.getByRole("button", { name: "Take proposal 2" }).click();
    await says("4 edits");
    assertEquals(await width(), "64");
    await button("undo").click();
    await says("3 edits, 1 undone");
    assertEquals([await width(), (await dataOf(page)).rectangles], ["32", before]);
    await button("redo").click();
    await says("4 edits");
  });

  await t.step("the larger scene is edited like another", async () => {
    await object.selectOption({ index: 2 });
    await button("remove").click();
    await says("5 edits");
    await button("undo").click();
    await says("4 edits, 1 undone");
  });

  await t.step("the project that is saved is replayed to the same bytes", async () => {
    const [saving] = await Promise.all([page.waitForEvent("download"), button("save-project").click()]);
    await saving.saveAs(project);
    const saved = await readProject(project);
    assertEquals([saved.edits.length, saved.applied], [5, 4]);
    const asked: EditCondition = { change: "regenerate", type: "bedroom", with: ["bed"], without: ["tvs"] };
    assertEquals(saved.edits.slice(2, 4).map(({ condition }) => condition), [asked, asked]);
    assertEquals(saved.edits[3].selection, { beyond: "-x", by: 32 });
    using run = await Run.open(root, { cpuEngine: "wasm", threads: 2 });
    assert(replay(run, saved, project).every(({ asRecorded }) => asRecorded));
  });

  await t.step("done shows the scene as it was; a project is loaded with its history", async () => {
    await button("edit-done").click();
    await eventually("the scene", async () => await button("edit").isVisible());
    await button("edit").click();
    await says("0 edits");
    await button("load-project").setInputFiles(project);
    await says("4 edits, 1 undone");
    await button("redo").click();
    await says("5 edits");
    await Deno.writeTextFile(project, "{}");
    await button("load-project").setInputFiles(project);
    await page.locator("#message").waitFor();
    assertStringIncludes(await page.locator("#message").innerText(), "the project: project: expected version 1");
    await page.getByRole("button", { name: "Close" }).click();
    assertEquals(await page.locator("#message").isVisible(), false);
  });

  await t.step("a scene that is left while the networks open is not edited", async () => {
    await button("edit-done").click();
    await page.route("**/api/model?*", async (route) => {
      await delay(500);
      await route.continue();
    });
    await button("edit").click();
    const answered = page.waitForResponse("**/api/model?*");
    await entry(page, "small").click();
    await showsScene(page, "scene 0");
    await (await answered).finished();
    await page.unroute("**/api/model?*");
    await delay(100);
    assert(await button("edit").isVisible());
    assertEquals(await state.isVisible(), false);
  });

  await t.step("a scene of another size is refused in words", async () => {
    await entry(page, "small").click();
    await showsScene(page, "scene 0");
    await button("edit").click();
    await page.locator("#message").waitFor();
    assertStringIncludes(await page.locator("#message").innerText(), "The scene is 4×4×4");
    assertEquals(errors, []);
  });
});
