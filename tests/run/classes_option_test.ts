import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseFlags, parseOptions } from "../../base/command.ts";
import { UserError } from "../../base/errors.ts";
import { writeClasses } from "../../data/class_file.ts";
import { encodeNpy } from "../../data/formats/npy.ts";
import { modelOf, type TrainOptions } from "../../run/config.ts";
import { layersOf, TrainFlagsSchema } from "../../train/flags.ts";
import { optionsJson, readOptionsFile, resolveOptions, resumeOptions } from "../../run/options.ts";
import { newRunOptions } from "../../train/new_options.ts";
import { openTrainingScenes } from "../../train/training_data.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const CLASSES = JSON.stringify({ classes: ["air", "wood", { name: "iron", color: "#222233" }] });

async function layers(...args: string[]) {
  return await layersOf(parseOptions(TrainFlagsSchema, parseFlags(TrainFlagsSchema, args).given));
}
const namesOf = ({ classes }: TrainOptions) => classes?.map(({ name }) => name);

Deno.test("--classes: a file's classes go into the options, the networks and options.json, and stay on resume", async () => {
  await using folder = await TemporaryFolder.make();
  const path = await folder.write("classes.json", CLASSES);
  for (const args of [["--classes", path], ["--set", `classes=${path}`]]) {
    const options = resolveOptions(await layers("--preset", "tiny", ...args));
    assertEquals([namesOf(options), modelOf(options).classes], [["air", "wood", "iron"], 3]);
    assertEquals(options.classes?.[2], { name: "iron", color: "#222233" });
    const saved = await folder.write("run/options.json", optionsJson(options));
    assertEquals(resolveOptions([await readOptionsFile(saved)]), options);
    const other = { source: "the command line", values: { classes: ["air", "wood"] } };
    assertThrows(
      () => resumeOptions({ source: saved, values: { ...options } }, [other], "base"),
      UserError,
      "classes is",
    );
  }
  assertEquals(modelOf(resolveOptions(await layers())).classes, 12);
  assertEquals(
    optionsJson(resolveOptions(await layers())).includes('"classes"'),
    false,
    "the published ones need no word",
  );
  const broken = await folder.write("broken.json", '{ "classes": ["air", "air"] }');
  await assertRejects(() => layers("--classes", broken), UserError, "classes 0 and 1 both have the name");
});

Deno.test("newRunOptions: takes grid and classes of the scenes; others are refused, also for rooms", async () => {
  await using folder = await TemporaryFolder.make();
  const path = await folder.write("other.json", '{ "classes": ["air", "wood"] }');
  await folder.write("mine.json", CLASSES);
  const labels = new Uint8Array(32 * 16 * 48).fill(2);
  await folder.write("scenes/a/labels.npy", encodeNpy({ dtype: "uint8", shape: [32, 16, 48], data: labels }));
  const data = ["--preset", "tiny", "--data", folder.join("scenes")];
  const without = await newRunOptions(await layers(...data));
  assertEquals([without.grid, without.classes], [[32, 16, 48], undefined]);
  const asked = await newRunOptions(await layers(...data, "--classes", folder.join("mine.json")));
  assertEquals(namesOf(asked), ["air", "wood", "iron"]);
  await writeClasses(folder.join("scenes"), {
    names: ["air", "wood", "iron"],
    palette: [[0, 0, 0], [1, 1, 1], [2, 2, 2]],
  });
  const found = await newRunOptions(await layers(...data));
  assertEquals([namesOf(found), found.classes?.[2].color], [["air", "wood", "iron"], "#020202"]);
  using source = await openTrainingScenes(found);
  assertEquals((await source.read(0))[0], 2);
  const refused = async (...args: string[]) => await newRunOptions(await layers(...data, ...args));
  await assertRejects(
    () => refused("--classes", path),
    UserError,
    "classes.json); expected air, wood",
  );
  await assertRejects(() => openTrainingScenes(without), UserError, "expected empty, ceiling");
  const rooms = resolveOptions(await layers("--preset", "tiny", "--classes", path));
  await assertRejects(() => openTrainingScenes(rooms), UserError, "generated rooms have the published classes");
});
