/** Pictures and exports of classes of one's own. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { NodeIO } from "@gltf-transform/core";
import { UserError } from "../../../base/errors.ts";
import { type ClassSet, PAPER_CLASSES } from "../../../data/classes.ts";
import type { Grid } from "../../../data/grid.ts";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { decodeVox } from "../../../data/formats/vox/vox.ts";
import { cutAway } from "../../../viz/draw/cutaway.ts";
import { encodeVolume } from "../../../viz/export/volume.ts";
import type { Image } from "../../../viz/draw/image.ts";
import { classLegend } from "../../../viz/draw/legend.ts";
import { renderVolume } from "../../../viz/draw/render.ts";
import { VolumeFile } from "../../../viz/draw/volume_file.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { closedRoom, volumeWith } from "./scenes.ts";

/** 31 classes with colours that are far apart. */
const MANY: ClassSet = {
  names: Array.from({ length: 31 }, (_, i) => `class ${i}`),
  palette: Array.from({ length: 31 }, (_, i) => [(i * 97) % 256, (i * 53 + 40) % 256, (i * 151 + 9) % 256] as const),
};
const GRID: Grid = [16, 16, 32];

function has({ data }: Image, color: readonly number[]): boolean {
  for (let at = 0; at < data.length; at += 4) if (color.every((c, i) => data[at + i] === c)) return true;
  return false;
}

Deno.test("classLegend: an entry for every class but empty", () => {
  const legend = classLegend(400, 14, MANY);
  for (let label = 1; label < 31; label++) assert(has(legend, MANY.palette[label]), MANY.names[label]);
  assert(classLegend(400, 14, { names: ["air", "box"], palette: [[0, 0, 0], [9, 200, 30]] }).height < legend.height);
});

Deno.test("renderVolume: colours of the classes; a label beyond them is refused with its place", () => {
  const labels = volumeWith([1, 1, 1], [[0, 0, 0, 30]]);
  const { data } = renderVolume(labels, [1, 1, 1], { classes: MANY, width: 60, height: 60, view: "front" });
  const [r, g, b] = data.subarray(4 * (60 * 30 + 30)), [red, green, blue] = MANY.palette[30];
  assert([g / r - green / red, b / r - blue / red].every((difference) => Math.abs(difference) < 0.05), `${[r, g, b]}`);
  const beyond = volumeWith([1, 1, 1], [[0, 0, 0, 31]]);
  assertThrows(() => renderVolume(beyond, [1, 1, 1], { classes: MANY }), UserError, "label 31 at voxel [0, 0, 0]");
});

Deno.test("cutAway: knows the parts of a room by their names, wherever they are in the list", () => {
  const room = closedRoom(GRID), eye = [16, 40, 90] as const;
  const order = [0, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]; // empty first, the rest backwards
  const classes: ClassSet = {
    names: order.map((label) => PAPER_CLASSES.names[label]),
    palette: order.map((label) => PAPER_CLASSES.palette[label]),
  };
  const renumbered = room.map((label) => order.indexOf(label));
  const expected = cutAway(room, GRID, eye);
  assert(expected.some((label, i) => label !== room[i]), "something is cut away");
  assertEquals(cutAway(renumbered, GRID, eye, classes).map((label) => order[label]), expected);
  assertEquals(cutAway(room, GRID, eye, MANY), room, "classes of other names stay");
});

Deno.test("encodeVolume: names and colours of the classes in .glb, .vox and .ply", async () => {
  const grid: Grid = [2, 2, 2], labels = volumeWith(grid, [[0, 0, 0, 30], [1, 1, 1, 4]]);
  const glb = await new NodeIO().readBinary(await encodeVolume(labels, grid, "glb", 1, MANY));
  assertEquals(glb.getRoot().getDefaultScene()!.listChildren().map((node) => node.getName()), ["class 4", "class 30"]);
  assertEquals(decodeVox(await encodeVolume(labels, grid, "vox", 1, MANY), "a.vox", MANY).labels, labels);
  const ply = await encodeVolume(labels, grid, "ply", 1, MANY), text = String.fromCharCode(...ply);
  assert(
    text.includes(String.fromCharCode(...MANY.palette[30])) && text.includes(String.fromCharCode(...MANY.palette[4])),
  );
});

Deno.test("VolumeFile: the classes beside or above the file hold unless others are asked for", async () => {
  await using folder = await TemporaryFolder.make();
  const data = Uint8Array.of(1, 2);
  const path = await folder.write(
    "run/evaluation/step/real.npy",
    encodeNpy({ dtype: "uint8", shape: [1, 1, 2], data }),
  );
  await folder.write("run/options.json", '{ "classes": [{ "name": "air" }, "box"] }');
  const file = await VolumeFile.open(path);
  assertEquals(file.classes.names, ["air", "box"]);
  let message = "";
  await file.read(0).catch((error) => message = error.message);
  const foreign = `${path}: label 2 at voxel [0, 0, 1], expected whole numbers 0 to 1, the classes of `;
  assertStringIncludes(message, `${foreign}${folder.join("run/options.json")}`);
  assertEquals(await (await VolumeFile.open(path, MANY)).read(0), data);
});
