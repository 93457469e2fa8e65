import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import {
  classesFor,
  classListOf,
  classListSchema,
  classSetOf,
  findClasses,
  readClasses,
  readClassFile,
  writeClasses,
} from "../../data/class_file.ts";
import { fillPalette, perceivedDifference } from "../../data/class_palette.ts";
import { PAPER_CLASSES } from "../../data/classes.ts";
import { makeManifest, readManifest, writeManifest } from "../../data/scenes/manifest.ts";
import { encodeNpy } from "../../data/formats/npy.ts";
import { inspectFile, openScenes } from "../../data/scenes/open.ts";
import { SceneReader } from "../../data/scenes/scene_reader.ts";
import { roomSource } from "../../data/rooms/mod.ts";
import { VolumeFile } from "../../viz/draw/volume_file.ts";
import { npzBytes } from "../helpers/npz_bytes.ts";
import { writeScenes } from "../../data/scenes/write_scenes.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const FIVE = ["air", "floor", { name: "shelf", color: "#112233" }, { name: "robot" }, "box"];

const scene = (label: number) => {
  const data = new Uint8Array(16 ** 3);
  data[17] = label;
  return encodeNpy({ dtype: "uint8", shape: [16, 16, 16], data });
};

Deno.test("readClassFile: names, colours, and a colour for who has none; writeClasses writes the same again", async () => {
  await using folder = await TemporaryFolder.make();
  const path = await folder.write("classes.json", JSON.stringify({ classes: FIVE }));
  const classes = await readClasses(path);
  assertEquals(classes.names, ["air", "floor", "shelf", "robot", "box"]);
  assertEquals(classes.palette[2], [0x11, 0x22, 0x33]);
  assertEquals(classes.palette[1], PAPER_CLASSES.palette[2], "floor has its published colour");
  assertEquals(new Set(classes.palette.map(String)).size, 5);
  await writeClasses(folder.join("copy"), classes);
  const copy = folder.join("copy/classes.json");
  assertEquals([classes.file, await readClasses(copy)], [path, { ...classes, file: copy }]);
  assertEquals(classSetOf(classListSchema.parse(classListOf(classes)), path), classes);
  assertEquals(classSetOf(classListSchema.parse(classListOf(PAPER_CLASSES))), PAPER_CLASSES);
  await writeClasses(folder.join("published"), PAPER_CLASSES);
  assertEquals(await findClasses(folder.join("published")), classes, "not written, so the folder above tells");
});

Deno.test("readClassFile: names the entry that is wrong", async () => {
  await using folder = await TemporaryFolder.make();
  const refuses = async (json: unknown, text: string) => {
    const path = await folder.write("classes.json", typeof json === "string" ? json : JSON.stringify(json));
    const error = await assertRejects(() => readClassFile(path), UserError, text);
    assertStringIncludes(error.message, path);
  };
  await refuses("{", "is not JSON");
  await refuses({}, "classes:");
  await refuses({ classes: ["air"] }, "2 classes or more");
  await refuses({ classes: Array.from({ length: 256 }, (_, i) => `c${i}`) }, "at most 255 classes");
  await refuses({ classes: ["air", "box", "box"] }, 'classes.2.name: classes 1 and 2 both have the name "box"');
  await refuses({ classes: ["air", { name: "a", color: "#010203" }, { name: "b", color: "#010203" }] }, "2.color");
  await refuses({ classes: ["air", { name: "a", color: "red" }] }, "classes.1");
  await refuses({ classes: ["air", "all"] }, "classes.1");
  await refuses({ classes: ["air", 7] }, "classes.1: expected a name such as");
  await refuses({ classes: ["air", "box"], empty: "void" }, 'there is no class "void", only air, box');
  await refuses({ classes: ["air", "box"], names: [] }, "names");
});

Deno.test("readClassFile: commas and quotes in names, which tables quote", async () => {
  await using folder = await TemporaryFolder.make();
  const names = ["air", "chair, small", 'the "box"'];
  const path = await folder.write("classes.json", JSON.stringify({ classes: names }));
  assertEquals((await readClasses(path)).names, names);
  await folder.write("classes.json", JSON.stringify({ classes: ["air", "a\u0007b"] }));
  await assertRejects(() => readClasses(path), UserError, "classes.1");
});

Deno.test("every message about labels names the file that the classes came from", async () => {
  await using folder = await TemporaryFolder.make();
  const classes = await folder.write("classes.json", JSON.stringify({ classes: ["air", "box"] }));
  const npy = await folder.write("set/a/labels.npy", scene(2)),
    end = `expected whole numbers 0 to 1, the classes of ${classes}`;
  const npz = await folder.write("b/a.npz", npzBytes([{ name: "x.npy", content: scene(2), deflated: true }]));
  for (const path of [npy, npz]) {
    const reading = async () => {
      using source = await openScenes(path);
      await using reader = new SceneReader({ source, threads: 1 });
      await reader.read(0);
    };
    await assertRejects(reading, UserError, end);
    // What a run expects, of the same names, is told by the same file.
    const wanted = { ...await readClasses(classes), file: undefined };
    await assertRejects(async () => (await openScenes(path, { classes: wanted })).read(0), UserError, end);
  }
  await assertRejects(async () => (await VolumeFile.open(npy)).read(0), UserError, end);
  const others = openScenes(folder.join("set"), { classes: PAPER_CLASSES });
  await assertRejects(() => others, UserError, `have the classes air, box (of ${classes}); expected empty, ceiling`);
  const out = folder.join("out/x/y");
  using rooms = roomSource({ seed: 1, grid: [16, 16, 16], count: 1 });
  await assertRejects(
    () => writeScenes(rooms, out),
    UserError,
    `the classes air, box (of ${classes}), these have empty`,
  );
});

Deno.test("fillPalette: seven generated colours differ for every kind of eyes, 255 are all different", () => {
  const palette = (count: number) =>
    fillPalette(Array.from({ length: count }, (_, i) => `c${i}`), new Array(count).fill(undefined));
  const least = (colors: ReturnType<typeof palette>) =>
    Math.min(...colors.flatMap((one, i) => colors.slice(i + 1).map((other) => perceivedDifference(one, other))));
  assert(least(palette(8).slice(1)) > 0.07);
  assert(least(palette(21).slice(1)) > 0.05, `${least(palette(21).slice(1))}`);
  assertEquals(new Set(palette(255).map(String)).size, 255);
  // Red and green of equal lightness are near for a red-green deficiency, blue and yellow are not.
  assert(perceivedDifference([200, 80, 80], [120, 120, 75]) < 0.06);
  assert(perceivedDifference([0, 0, 255], [255, 255, 0]) > 0.3);
  assert(palette(12).slice(1).every((color) => perceivedDifference(color, [255, 255, 255]) > 0.05), "unlike paper");
});

Deno.test("findClasses: the nearest file counts, at most three folders above; a run's options.json is one", async () => {
  await using folder = await TemporaryFolder.make();
  const classes = classListSchema.parse(FIVE);
  await folder.write("run/options.json", JSON.stringify({ batch: 2, classes }));
  await folder.write("run/evaluation/step-1/real.npy", "");
  await folder.write("other/options.json", JSON.stringify({ batch: 2 }));
  assertEquals((await findClasses(folder.join("run/evaluation/step-1/real.npy")))?.names.length, 5);
  await folder.write("run/evaluation/classes.json", JSON.stringify({ classes: ["air", "box"] }));
  assertEquals((await findClasses(folder.join("run/evaluation/step-1/real.npy")))?.names, ["air", "box"]);
  assertEquals(await findClasses(folder.join("other")), undefined);
  assertEquals(await classesFor(folder.join("other")), PAPER_CLASSES);
  await folder.write("run/options.json", JSON.stringify({ classes: ["one"] }));
  await assertRejects(() => findClasses(folder.join("run")), UserError, "options.json: classes");
});

Deno.test("openScenes: the classes beside the scenes hold; other ones and labels beyond them are refused", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write("set/a/labels.npy", scene(4));
  await folder.write("set/b/labels.npy", scene(5));
  const path = await folder.write("set/classes.json", JSON.stringify({ classes: FIVE }));
  using source = await openScenes(folder.join("set"));
  assertEquals([source.classes?.names.length, (await source.read(0))[17]], [5, 4]);
  await assertRejects(
    () => source.read(1),
    UserError,
    `${folder.join("set/b/labels.npy")}: label 5 at voxel [0, 1, 1]`,
  );
  await assertRejects(() => source.read(1), UserError, "expected whole numbers 0 to 4");
  const other = classSetOf(classListSchema.parse(["air", "box"]));
  await assertRejects(() => openScenes(folder.join("set"), { classes: other }), UserError, "expected air, box");
  assertStringIncludes(await inspectFile(folder.join("set/a/labels.npy")), "b  4  box");
  await assertRejects(() => openScenes(folder.join("set/a"), { classes: PAPER_CLASSES }), UserError, "air, floor");
  const manifest = await makeManifest(source, { seed: 0 });
  assertEquals(manifest.classes?.map(({ name }) => name), (await readClasses(path)).names);
  await writeManifest(folder.join("manifest.json"), manifest);
  assertEquals((await readManifest(folder.join("manifest.json"))).classes, manifest.classes);
});

Deno.test("writeScenes: an empty class that is not first becomes label 0, and the folder tells its classes", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write("set/a/labels.npy", scene(2)); // elsewhere 0: "box"
  const path = await folder.write("mine.json", JSON.stringify({ classes: ["box", "robot", "air"], empty: "air" }));
  await assertRejects(() => readClasses(path), UserError, "must come first");
  const options = await readClassFile(path);
  {
    using source = await openScenes(folder.join("set"), options);
    await writeScenes(source, folder.join("out"));
  }
  using written = await openScenes(folder.join("out"));
  const labels = await written.read(0);
  assertEquals([written.classes?.names, labels[17], labels[0]], [["air", "box", "robot"], 0, 1]);
  using published = await openScenes(folder.join("set"));
  await assertRejects(() => writeScenes(published, folder.join("out"), { force: true }), UserError, "is for scenes of");
});
