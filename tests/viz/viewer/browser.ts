/** A real browser without a window, if the system has one. */
import { deadline } from "@std/async/deadline";
import { join } from "@std/path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { decode } from "fast-png";

const PLACES = [
  Deno.env.get("CHROMIUM"),
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

/** Path of the system's Chromium, or null. The environment variable CHROMIUM names another. */
const CHROMIUM: string | null = PLACES.find((path) => path !== undefined && exists(path)) ?? null;

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Why there is no browser; null if there is one. */
export const NO_CHROMIUM: string | null = CHROMIUM ? null : "the system has no Chromium (set CHROMIUM to its path)";

/** What is not there by then is not coming, on the busiest machine. */
const DEADLINE_MILLISECONDS = 10 * 60_000;

/** A test in Chromium, skipped where something lacks, such as Chromium; `what` is tested there. */
export function browserTest(
  what: string,
  body: (t: Deno.TestContext) => Promise<void>,
  lack: string | null = NO_CHROMIUM,
): void {
  Deno.test({
    name: `viewer in Chromium: ${lack === null ? what : `${what}: skipped, ${lack}`}`,
    ignore: lack !== null,
    // The driver of the browser ends its own timers and streams.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: (t) => deadline(body(t), DEADLINE_MILLISECONDS),
  });
}

/** WebGPU in software. */
export const WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"] as const;

/** Starts Chromium with software rendering, an empty profile and no talk to other servers. */
export function launchBrowser(...more: readonly string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM!,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--use-gl=angle",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });
}

/** Set VIEWER_PICTURES to a folder to keep pictures of the page (docs/images has some). */
const PICTURES = Deno.env.get("VIEWER_PICTURES");

/** Keeps a picture of the page if the environment asks for it. */
export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES) await page.screenshot({ path: join(PICTURES, name) });
}

/** What the page tells about itself. */
export function dataOf(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() => {
    const { document } = globalThis as unknown as { document: { getElementById(id: string): { dataset: object } } };
    return { ...document.getElementById("stage").dataset } as Record<string, string>;
  });
}

/** Waits until `look` is true. */
export async function eventually(what: string, look: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await look()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`did not happen within thirty seconds: ${what}`);
}

/** The entry of the list at the left with a text. */
export function entry(page: Page, text: string): Locator {
  return page.locator(".entry", { hasText: text });
}

/** Waits until the page shows a scene: versions and index. */
export function showsScene(page: Page, scene: string): Promise<void> {
  return eventually(scene, async () => (await dataOf(page)).scene === scene);
}

/** Shares of the pixels of the scenes that are of a colour, by name. */
export interface Colors {
  readonly green: number;
  readonly red: number;
  readonly blue: number;
  readonly grey: number;
  /** Anything but the background. */
  readonly drawn: number;
}

/** Looks at the picture of the scenes, or of one of `panes` side by side. */
export async function colorsOf(page: Page, pane = 0, panes = 1): Promise<Colors> {
  const { width, height, data } = decode(await page.locator("#canvas").screenshot());
  const channels = data.length / (width * height);
  const counts = { green: 0, red: 0, blue: 0, grey: 0, drawn: 0 };
  const first = Math.floor(width / panes * pane), last = Math.floor(width / panes * (pane + 1));
  for (let row = 0; row < height; row++) {
    for (let column = first; column < last; column++) {
      const [red, green, blue] = data.subarray(
        (row * width + column) * channels,
        (row * width + column) * channels + 3,
      );
      if (red > 240 && green > 240 && blue > 240) continue;
      counts.drawn++;
      if (green > 1.6 * red && green > 1.6 * blue) counts.green++;
      else if (red > 2 * green && red > 2 * blue) counts.red++;
      else if (blue > 1.3 * red) counts.blue++;
      else if (Math.max(red, green, blue) - Math.min(red, green, blue) < 12) counts.grey++;
    }
  }
  const total = (last - first) * height;
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / total])) as unknown as Colors;
}

/** How many times as long as on a quiet machine anything may take: programs that wait for a core, for each core. */
export function busyness(): number {
  return Math.max(1, Deno.loadavg()[0] / navigator.hardwareConcurrency);
}
