/** Scenes much larger than a room. */
import { assert } from "@std/assert";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { FULL_GRID, type Grid } from "../../../data/grid.ts";
import { startViewer } from "../../../viz/viewer/server.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { browserTest, busyness, dataOf, launchBrowser, picture, showsScene } from "./browser.ts";
import { ROOMS } from "./demo_folder.ts";

/** Seconds that the camera moves while frames are counted. */
const MOVE_SECONDS = 3;
const GRID: Grid = [3 * FULL_GRID[0], FULL_GRID[1], 3 * FULL_GRID[2]];

/** Nine rooms, three by three. */
function home(): Uint8Array {
  const labels = new Uint8Array(GRID[0] * GRID[1] * GRID[2]), [depth, height, width] = FULL_GRID;
  for (let x = 0, at = 0; x < GRID[0]; x++) {
    for (let y = 0; y < height; y++) {
      for (let column = 0; column < 3; column++, at += width) {
        const room = ROOMS[(Math.floor(x / depth) + column) % ROOMS.length], from = ((x % depth) * height + y) * width;
        labels.set(room.subarray(from, from + width), at);
      }
    }
  }
  return labels;
}

browserTest(
  "a home of 240x48x240 voxels turns at 5 frames per second or more without a graphics processor",
  async () => {
    await using folder = await TemporaryFolder.make();
    await folder.write("home.npy", encodeNpy({ dtype: "uint8", shape: GRID, data: home() }));
    await using viewer = await startViewer({ folder: folder.path, port: 0 });
    await using browser = await launchBrowser();
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(viewer.url);
    await showsScene(page, "scene 0");
    await picture(page, "viewer-home.png");
    const { x, y, width, height } = (await page.locator("#stage").boundingBox())!;
    const frames = async () => Number((await dataOf(page)).frames);
    const speeds: number[] = [];
    for (let tries = 0; tries < 3 && !(Math.max(...speeds) >= 5 / busyness()); tries++) {
      await page.mouse.move(x + width / 2, y + height / 2);
      await page.mouse.down();
      const first = await frames(), started = performance.now();
      for (let i = 0; performance.now() - started < MOVE_SECONDS * 1000; i++) {
        await page.mouse.move(x + width / 2 + 150 * Math.sin(i / 12), y + height / 2 + 30 * Math.cos(i / 9));
      }
      speeds.push((await frames() - first) / ((performance.now() - started) / 1000));
      await page.mouse.up();
    }
    // The quickest: other programs on the machine can only make it slower.
    assert(
      Math.max(...speeds) >= 5 / busyness(),
      `${speeds.map((speed) => speed.toFixed(1)).join(", ")} frames per second`,
    );
  },
);
