/** The static site in a real browser: the rooms of the CPU engine, made in the page. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { selectedVoxels } from "../../../data/scenes/selection.ts";
import { EDIT_SAMPLER } from "../../../eval/replay.ts";
import { Run } from "../../../eval/run.ts";
import { SHIPPED_MODEL } from "../../../run/shipped_model.ts";
import type { EditRequest } from "../../../run/project.ts";
import type { RoomWish } from "../../../viz/viewer/catalogue.ts";
import { browserTest, launchBrowser, NO_CHROMIUM, picture, WEBGPU } from "../viewer/browser.ts";
import { HostedSite } from "./site.ts";

/** Least share of voxels with the label that the CPU engine gives them. */
const LEAST_EQUAL = 0.999;
/** Software takes long to compile for WebGPU, and on a busy machine everything does. */
const PATIENCE_MILLISECONDS = 240_000;

const FREE: RoomWish = { with: [], without: [] };
const BEDROOM: RoomWish = { type: "bedroom", with: ["bed"], without: ["sofa"] };
const EDIT = {
  selection: { box: { start: [4, 1, 4], end: [20, 8, 20] } },
  condition: { change: "regenerate" },
  seed: 5,
} as const satisfies EditRequest;

/** Whether Chromium has a WebGPU adapter here, be it in software. */
async function hasAdapter(): Promise<boolean> {
  await using browser = await launchBrowser(...WEBGPU);
  const page = await browser.newPage();
  await page.route("**", (route) => route.fulfill({ body: "<p>", contentType: "text/html" }));
  await page.goto("http://127.0.0.1/"); // browsers have WebGPU only in pages of this machine or of https
  return await page.evaluate(async () => await navigator.gpu?.requestAdapter() != null);
}

/** What a worker of the page answers. */
interface Answers {
  readonly engine: string;
  readonly isolated: boolean;
  /** Labels of a room for each wish. */
  readonly rooms: number[][];
  readonly proposals: number[][];
  /** Questions that were answered after one was left. */
  readonly answered: string[];
}

/** Asks a worker of the page for rooms of a seed, and for proposals; leaves a question and asks another. */
async function answersOf(page: Page, engine: string, seed: number, wishes: readonly RoomWish[]): Promise<Answers> {
  return await page.evaluate(async ({ engine, seed, wishes, edit, sampler }) => {
    const worker = new Worker("worker.js", { type: "module" }), open = new Map<number, (answer: unknown) => void>();
    let asked = 0;
    // deno-lint-ignore no-explicit-any
    const ask = (ask: string, question: unknown): Promise<any> =>
      new Promise((resolve, reject) => {
        open.set(asked, resolve);
        worker.addEventListener("message", ({ data }) => data.error && reject(new Error(data.error)));
        worker.addEventListener("error", ({ message }) => reject(new Error(message)));
        worker.postMessage({ id: asked++, ask, question });
      });
    worker.onmessage = ({ data }) => "answer" in data && open.get(data.id)!(data.answer);
    const { engine: name } = await ask("model", { engine }), numbers = await ask("noise", { seed }), rooms = [];
    for (const wish of wishes) rooms.push([...(await ask("room", { numbers, wish, refine: true }))[0]]);
    const labels = Uint8Array.from(rooms[0]);
    const made: { labels: Uint8Array }[] = await ask("proposals", { labels, edit, count: 1, sampler });
    const answered: string[] = [];
    ask("proposals", { labels, edit, count: 16, sampler }).then(() => answered.push("left"));
    const left = asked - 1;
    setTimeout(() => worker.postMessage({ id: left, ask: "nothing" }), 20);
    await ask("noise", { seed }).then(() => answered.push("noise"));
    worker.terminate();
    const proposals = made.map(({ labels }) => [...labels]);
    return { engine: name, isolated: Reflect.get(globalThis, "crossOriginIsolated"), rooms, proposals, answered };
  }, { engine, seed, wishes: [...wishes], edit: EDIT, sampler: EDIT_SAMPLER });
}

function shareEqual(one: ArrayLike<number>, other: ArrayLike<number>): number {
  assertEquals(one.length, other.length);
  return Array.from(one).filter((label, i) => label === other[i]).length / one.length;
}

const NO_ADAPTER = NO_CHROMIUM ?? (await hasAdapter() ? null : "Chromium has no WebGPU adapter here");

for (const [engine, where, lack] of [["wasm", "in WebAssembly", NO_CHROMIUM], ["webgpu", "on WebGPU", NO_ADAPTER]]) {
  browserTest(
    `a site's rooms and edits, made ${where}, are those of the CPU engine; what is left is not made`,
    async () => {
      const seed = 3, wishes = [FREE, BEDROOM];
      await using site = await HostedSite.start();
      await using browser = await launchBrowser(...WEBGPU);
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE_MILLISECONDS);
      await page.goto(new URL("model.json", site.address).href); // a page without scripts: one worker is enough
      const answers = await answersOf(page, engine!, seed, wishes);
      assertStringIncludes(answers.engine, engine!);
      assertEquals(answers.isolated, false, "the host sends no special headers");
      assertEquals(answers.answered, ["noise"]);
      using run = await Run.open(SHIPPED_MODEL, { cpuEngine: "wasm", threads: 1 });
      wishes.forEach((wish, i) => {
        const { labels } = run.generate(1, seed, wish).plain;
        assert(shareEqual(answers.rooms[i], labels) >= LEAST_EQUAL, `${engine}, room ${i}`);
      });
      const room = Uint8Array.from(answers.rooms[0]), mask = selectedVoxels(EDIT.selection, room, run.config.grid);
      const edited = run.edit(room, mask, EDIT.condition, 1, EDIT.seed, EDIT_SAMPLER);
      assert(shareEqual(answers.proposals[0], edited) >= LEAST_EQUAL, `${engine}, edit`);
    },
    lack,
  );
}

browserTest("a site's new rooms, wishes, edits and exports by its buttons; nothing comes from elsewhere", async () => {
  await using site = await HostedSite.start();
  await using browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } }), errors: string[] = [];
  const origins = new Set<string>();
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
  page.setDefaultTimeout(PATIENCE_MILLISECONDS);
  await page.goto(site.address);
  await page.locator("#captions .caption, #message:not([hidden])").first().waitFor();
  assertEquals(await page.locator("#message").textContent(), "");
  const caption = page.locator("#captions .caption").first();
  assertStringIncludes(await caption.textContent() ?? "", "seed 0");
  await page.locator("#new-room").click();
  await page.locator("#captions", { hasNotText: /seed 0$/ }).waitFor();
  await page.getByLabel("Seed").fill("7");
  await page.getByLabel("Seed").press("Enter");
  await page.getByLabel("Type of room").selectOption("bedroom");
  await page.locator("#captions", { hasText: "seed 7, bedroom" }).waitFor();
  await picture(page, "site.png");

  await page.locator("#format").selectOption("vox");
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#download").click()]);
  assertEquals(new TextDecoder().decode((await Deno.readFile(await download.path())).subarray(0, 4)), "VOX ");

  await page.locator("#edit").click();
  await page.locator("#object").selectOption({ index: 2 });
  await page.locator("#regenerate").click();
  await page.getByLabel("Take proposal 2").click();
  await page.locator("#edit-state", { hasText: "1 edit" }).waitFor();
  assertEquals(await page.locator("#open-project").count(), 0, "projects are loaded by a server");
  assertEquals(errors, []);
  assertEquals([...origins].filter((origin) => origin !== new URL(site.address).origin), []);
  assertEquals(await page.locator("#extend").count(), 0, "what lies beyond is made by a server");
});
