/** The viewer shows the classes that each folder tells. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeNpy } from "../../../data/formats/npy.ts";
import type { Grid } from "../../../data/grid.ts";
import type { RoomModel } from "../../../viz/viewer/room_model.ts";
import { startViewer } from "../../../viz/viewer/server.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { browserTest, colorsOf, launchBrowser } from "./browser.ts";

const GRID: Grid = [16, 16, 16];
const CLASSES = ["Luft", { name: "Stühle 椅子", color: "#00c000" }, { name: "wall", color: "#c00000" }];

/** A slab of one label below another. */
function slabs(lower: number, upper: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(4096).map((_, i) => (i >> 4) % 16 < 4 ? lower : (i >> 4) % 16 < 6 ? upper : 0);
  return encodeNpy({ dtype: "uint8", shape: GRID, data });
}

async function fill(folder: TemporaryFolder): Promise<void> {
  await folder.write("mine/classes.json", JSON.stringify({ classes: CLASSES }));
  await folder.write("mine/a.npy", slabs(1, 1));
  await folder.write("published/b.npy", slabs(2, 8));
}

const classesIn = (response: Response) => JSON.parse(decodeURIComponent(response.headers.get("x-classes") ?? "null"));

Deno.test("viewer: volumes and rooms come with classes that are not the published ones", async () => {
  await using folder = await TemporaryFolder.make();
  await fill(folder);
  const classes = { names: ["Luft", "box"], palette: [[0, 0, 0], [1, 2, 3]] as const };
  const model: RoomModel = {
    info: {
      grid: GRID,
      latentGrid: [1, 1, 1],
      latentChannels: 1,
      step: 1,
      refines: false,
      classes,
      types: null,
      editor: null,
    },
    sampleNoise: () => new Float32Array(1),
    codeOf: (noise) => noise,
    encode: () => new Float32Array(1),
    decode: () => ({ plain: new Uint8Array(4096), refined: null }),
    edit: () => [],
    replay: () => [],
    [Symbol.dispose]() {},
  };
  await folder.write("beyond/classes.json", JSON.stringify({ classes: CLASSES }));
  await folder.write("beyond/c.npy", slabs(1, 3));
  await folder.write("mine/checkpoints/step-000001.safetensors", "");
  await using viewer = await startViewer({ folder: folder.path, port: 0, openModel: () => Promise.resolve(model) });
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${viewer.url}api/${path}`, init);
    return { response, body: await response.arrayBuffer() };
  };
  const { response: own } = await ask("volume?path=mine/a.npy&index=0");
  assertEquals([own.status, classesIn(own).names], [200, ["Luft", "Stühle 椅子", "wall"]]);
  assertEquals(classesIn(own).palette[1], [0, 192, 0]);
  const { response: published } = await ask("volume?path=published/b.npy&index=0");
  assertEquals([published.status, classesIn(published)], [200, null]);
  const { response: beyond, body } = await ask("volume?path=beyond/c.npy&index=0");
  assertEquals(beyond.status, 422);
  const { error } = JSON.parse(new TextDecoder().decode(body));
  const foreign = "beyond/c.npy: label 3 at voxel [0, 4, 0], expected whole numbers 0 to 2, the classes of ";
  assertStringIncludes(error, `${foreign}beyond/classes.json`);
  const { response: room } = await ask("decode?run=mine", { method: "POST", body: new Float32Array(1) });
  assertEquals([room.status, classesIn(room)], [200, JSON.parse(JSON.stringify(classes))]);
});

browserTest("names and colours change with the classes of a folder", async () => {
  await using folder = await TemporaryFolder.make();
  await fill(folder);
  await using viewer = await startViewer({ folder: folder.path, port: 0 });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1300, height: 800 } });
    const open = async (name: string, names: readonly string[]) => {
      await page.locator(".entry", { hasText: name }).click({ timeout: 10_000 });
      await page.locator(".class .name", { hasText: names[0] }).waitFor();
      await page.waitForTimeout(300);
      assertEquals(await page.locator(".class .name").allTextContents(), names);
    };
    await page.goto(viewer.url);
    await open("a.npy", ["Stühle 椅子", "wall"]);
    const own = await colorsOf(page);
    assert(own.green > 0.02 && own.green > 0.9 * own.drawn, JSON.stringify(own));
    await page.keyboard.press("5"); // there is no fifth class
    await page.keyboard.press("1");
    await page.waitForTimeout(500);
    assertEquals((await colorsOf(page)).green, 0);
    const names = ["ceiling", "floor", "wall", "window", "chair", "bed", "sofa", "table", "tvs", "furn", "objs"];
    await open("b.npy", names);
    const published = await colorsOf(page);
    assert(published.blue > 0.01, JSON.stringify(published));
  } finally {
    await browser.close();
  }
});
