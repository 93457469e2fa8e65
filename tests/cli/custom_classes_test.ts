/** Meshes of five classes at 48x32x48 go through convert, train, eval and viz; their classes go with them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { countClasses } from "../../data/scenes/statistics.ts";
import { readNpy } from "../../data/formats/npy.ts";
import { toLabels } from "../../data/labels.ts";
import { decode } from "fast-png";
import { boxCorners, objText, type Point } from "../data/formats/mesh/shapes.ts";
import { assertRefused, runTask } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const CLASSES = {
  classes: ["air", { name: "ground", color: "#806040" }, { name: "shelf", color: "#0072b2" }, "robot", "box"],
};
/** Names as a modelling program has them. */
const CLASS_MAP = {
  names: { "Plane*": "ground", "*rack*": "shelf", "KUKA_*": "robot", "crate*": "box", "Camera": null },
  priority: ["robot"],
};
const GRID = "48x32x48", CLASS_COUNT = 5;

/** Corners in centimetres, z up, of a box of whole voxels of 10 cm: x, y (up), z in voxels. */
function box(low: Point, high: Point): number[] {
  return boxCorners(low, high).map((_, i, corners) => {
    const [x, y, z] = corners.slice(i - i % 3, i - i % 3 + 3);
    return [x * 10, -z * 10, y * 10][i % 3];
  });
}

/** A hall with a rack of height `height`, a robot that reaches into it, and a crate that is hidden in the floor. */
function hall(height: number): { text: string; counts: number[] } {
  const text = objText({
    "Plane.001": box([0, 0, 0], [48, 2, 48]),
    "steel rack left": box([4, 2, 4], [10, 2 + height, 40]),
    KUKA_arm: box([8, 2, 10], [20, 6, 14]),
    "crate.7": box([30, 1, 30], [34, 6, 35]),
    Camera: box([40, 20, 40], [41, 21, 41]),
  });
  const inRack = 2 * 4 * 4, robot = 12 * 4 * 4, crate = 4 * 5 * 5;
  const counts = [0, 48 * 2 * 48 - 4 * 1 * 5, 6 * height * 36 - inRack, robot, crate];
  counts[0] = 48 * 32 * 48 - counts.reduce((sum, count) => sum + count);
  return { text, counts };
}

async function run(folder: string, task: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await runTask(task, args, { cwd: folder });
  assertEquals([code, err], [0, ""], `${task} ${args.join(" ")}`);
  return out;
}

async function countsIn(path: string): Promise<number[]> {
  const labels = toLabels((await readNpy(path)).data, path, undefined, {
    names: Array<string>(CLASS_COUNT).fill("class"),
  });
  return [...countClasses(labels, new Float64Array(CLASS_COUNT))];
}

Deno.test("custom classes: a set of meshes with five classes is converted, trained on, evaluated and drawn", async () => {
  await using folder = await TemporaryFolder.make();
  const root = folder.path, halls = [8, 12, 16, 20].map(hall);
  for (const [i, { text }] of halls.entries()) await folder.write(`halls/hall-${i}.obj`, text);
  await folder.write("classes.json", JSON.stringify(CLASSES));
  await folder.write("map.json", JSON.stringify(CLASS_MAP));
  const reading = [
    ...["--grid", GRID, "--class-map", "map.json", "--up", "z", "--unit-metres", "0.01", "--voxel-metres", "0.1"],
    ...["--align", "origin"],
  ];

  await Deno.mkdir(join(root, "elsewhere"));
  const convert = (to: string, ...more: string[]) => ["convert", "halls", "--out", to, ...reading, ...more];
  await run(root, "data", ...convert("elsewhere/scenes", "--classes", "classes.json"));
  for (const [i, { counts }] of halls.entries()) {
    assertEquals(await countsIn(join(root, `elsewhere/scenes/hall-${i}/labels.npy`)), counts, `hall ${i}`);
  }
  await Deno.remove(join(root, "classes.json")); // from here on the scenes themselves tell
  assertRefused(await runTask("data", convert("wrong"), { cwd: root }), 'no class "ground"');

  const stats = await run(root, "data", "stats", "elsewhere/scenes");
  assertStringIncludes(stats, "grid 48x32x48, 4 counted");
  assert(/^robot +[\d.]+ +4\/4$/m.test(stats) && !stats.includes("paper"), stats);
  const inspected = await run(root, "data", "inspect", "elsewhere/scenes/hall-2/labels.npy");
  assertStringIncludes(inspected, `shelf   ${halls[2].counts[2]}`.replace("   ", inspected.match(/shelf( +)/)![1]));

  const sizes = ["--preset", "tiny", "--channels", "2-2-2-2", "--latent-channels", "2", "--code-units", "4"];
  const short = ["--iterations", "2", "--refine-iterations", "1", "--snapshot", "9", "--refiner-channels", "2"];
  const training = ["--data", "elsewhere/scenes", ...sizes, ...short, "--threads", "1", "--no-evaluate"];
  assertStringIncludes(await run(root, "train", ...training, "--out", "run"), "grid 48x32x48");
  const options = JSON.parse(await Deno.readTextFile(join(root, "run/options.json")));
  const manifest = JSON.parse(await Deno.readTextFile(join(root, "run/manifest.json")));
  const names = ["air", "ground", "shelf", "robot", "box"];
  for (const { classes } of [options, manifest]) {
    assertEquals(classes.map((each: { name: string }) => each.name), names);
  }
  assertEquals([options.grid, options.classes[1].color], [[48, 32, 48], "#806040"]);

  await run(
    root,
    "eval",
    "--run",
    "run",
    "--data",
    "elsewhere/scenes",
    "--allow-overlap",
    "--out",
    "judged",
    "--threads",
    "1",
  );
  for (const table of ["IoU.csv", "AP.csv", "IoU_refine.csv", "AP_refine.csv"]) {
    const rows = (await Deno.readTextFile(join(root, "judged", table))).trimEnd().split("\n");
    assertEquals(rows.slice(1).map((row) => row.split(",")[0]), [...names, "all"], table);
  }
  const total = halls.reduce((sum, { counts }) => sum.map((each, i) => each + counts[i]), [0, 0, 0, 0, 0]);
  assertEquals(await countsIn(join(root, "judged/real.npy")), total);
  await run(root, "eval", "--run", "run", "--mode", "generate", "--count", "1", "--no-metrics", "--threads", "1");

  // The judged volumes are beside a classes.json of their own.
  await run(root, "viz", "judged/real.npy", "--no-cut", "--out", "hall.png", "--size", "200x150");
  const colors = await colorsOf(join(root, "hall.png"));
  assert(colors.brown > 500 && colors.blue > 300, JSON.stringify(colors));
  await run(root, "viz", "judged", "--rows", "1", "--size", "80x60");
  for (const format of ["vox", "glb"]) {
    await run(root, "viz", "export", "judged/real.npy", "-i", "3", "--out", `back.${format}`, "--voxel-metres", "0.1");
    const placing = ["--grid", GRID, "--voxel-metres", "0.1", "--align", "origin", "--classes", "judged/classes.json"];
    await run(root, "data", "convert", `back.${format}`, "--out", format, ...placing);
    assertEquals(await countsIn(join(root, format, "back/labels.npy")), halls[3].counts, format);
  }

  const other = JSON.stringify({ classes: ["air", "ground", "box"] });
  await folder.write("three.json", other);
  const again = await runTask("train", [...training, "--classes", "three.json", "--out", "no"], { cwd: root });
  assertRefused(again, "scenes/classes.json); expected air, ground, box");
  assertRefused(await runTask("eval", ["--run", "run", "--data", "rooms"], { cwd: root }), "published classes");
});

/** Pixels near the colours of ground and shelf, in whatever light. */
async function colorsOf(path: string): Promise<{ brown: number; blue: number }> {
  const { data } = decode(await Deno.readFile(path));
  let brown = 0, blue = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [r, g, b] = data.subarray(at, at + 3);
    if (r > 1.15 * g && g > 1.15 * b) brown++;
    if (b > 1.2 * g && g > 3 * r) blue++;
  }
  return { brown, blue };
}
