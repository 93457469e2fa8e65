/** Volumes of SemanticKITTI: labels, axes, bit masks, and files beside them. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { UserError } from "../../../../base/errors.ts";
import { readClasses, writeClasses } from "../../../../data/class_file.ts";
import { sameClasses, UNKNOWN_LABEL } from "../../../../data/classes.ts";
import { decodeKitti, KITTI_CLASSES, KITTI_GRID } from "../../../../data/formats/semantickitti/semantickitti.ts";
import LABELS from "../../../../data/formats/semantickitti/labels.json" with { type: "json" };
import { withUnknown } from "../../../../data/unknown_labels.ts";
import { voxelCount } from "../../../../data/grid.ts";
import { inspectFile, openScenes } from "../../../../data/scenes/open.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";

const GRID = [4, 6, 8] as const;
const label = (name: string) => KITTI_CLASSES.names.indexOf(name);

/** The bytes of labels, little endian. */
function bytesOf(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length), view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint16(2 * i, value, true));
  return bytes;
}

/** Bits packed as numpy.packbits does. */
function packed(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(bits.length / 8);
  bits.forEach((bit, i) => bytes[Math.floor(i / 8)] += bit ? 2 ** (7 - i % 8) : 0);
  return bytes;
}

Deno.test("decodeKitti: every voxel has the class of its label, upright, and unknown where the mask says so", () => {
  const size = voxelCount(GRID), values = Object.keys(LABELS).map(Number);
  const volume = fc.array(fc.constantFrom(...values), { minLength: size, maxLength: size });
  const mask = fc.array(fc.boolean(), { minLength: size, maxLength: size });
  fc.assert(fc.property(volume, mask, (written, invalid) => {
    const classes = withUnknown(KITTI_CLASSES, "255 as pole");
    const masks = { ".invalid": packed(invalid) };
    const { grid, labels } = decodeKitti(bytesOf(written), "a.label", masks, classes, GRID);
    assertEquals(grid, [4, 8, 6]);
    written.forEach((value, i) => {
      const x = Math.floor(i / 48), y = Math.floor(i / 8) % 6, z = i % 8;
      const name = LABELS[String(value) as keyof typeof LABELS];
      const expected = invalid[i] || name === null ? label("pole") : label(name);
      assertEquals(labels[(x * 8 + z) * 6 + 5 - y], expected, `${[x, y, z]}`);
    });
  }));
});

Deno.test("decodeKitti: wrong lengths, labels and masks are refused; unknown stays so unless told otherwise", () => {
  const values = Array<number>(voxelCount(GRID)).fill(40);
  const decode = (bytes: Uint8Array, masks = {}) => decodeKitti(bytes, "a.label", masks, KITTI_CLASSES, GRID);
  assertThrows(() => decode(bytesOf(values).subarray(1)), UserError, "a.label: found 383 bytes, expected 384");
  assertThrows(() => decode(bytesOf(values), { ".bin": new Uint8Array(3) }), UserError, "in the mask .bin");
  assertThrows(() => decode(bytesOf(values.with(9, 2))), UserError, "voxel [0, 1, 1] has the label 2");
  assertThrows(() => decode(bytesOf(values.with(9, 60_000))), UserError, "has the label 60000");
  const { labels, notes } = decode(bytesOf(values.with(0, 52)), { ".invalid": new Uint8Array(24).fill(0x80) });
  assertEquals(labels.filter((each) => each === UNKNOWN_LABEL).length, 24);
  assertEquals(notes, [
    ".invalid: 12.50 % of the voxels unknown: no ray of any scan could meet it",
    "of no class, so unknown: 0.52 % of the voxels",
  ]);
});

Deno.test("SemanticKITTI: .bin beside .label is a mask; scenes are named by sequence and have their own classes", async () => {
  await using folder = await TemporaryFolder.make();
  const voxels = join(folder.path, "sequences/08/voxels");
  await Deno.mkdir(voxels, { recursive: true });
  const values = new Uint16Array(voxelCount(KITTI_GRID));
  values[0] = 40; // little endian on every machine that Deno runs on
  const bytes = new Uint8Array(values.buffer), mask = new Uint8Array(values.length / 8);
  for (const frame of ["000000", "000005"]) {
    await Deno.writeFile(join(voxels, `${frame}.label`), bytes);
    await Deno.writeFile(join(voxels, `${frame}.bin`), mask);
    await Deno.writeFile(join(voxels, `${frame}.invalid`), mask);
  }
  using source = await openScenes(voxels);
  assertEquals(source.sceneIds, ["08/000000", "08/000005"]);
  assertEquals(source.grid, [256, 32, 256]);
  const labels = await source.read(1);
  assertEquals([labels[255], labels.reduce((sum, each) => sum + Number(each > 0), 0)], [label("road"), 1]);
  assert(source.classes && sameClasses(source.classes, KITTI_CLASSES));
  const { options } = await source.provenance();
  assertStringIncludes(String(options.licence), "CC BY-NC-SA");
  assertStringIncludes(await inspectFile(join(voxels, "000000.label")), ".bin: 0.00 % of the voxels met by this scan");
  await Deno.remove(join(voxels, "000005.label"));
  await assertRejects(() => openScenes(voxels), UserError, "holds both"); // a .bin alone is one of SSCNet's
  await writeClasses(folder.path, { names: ["empty", "thing"], palette: [[0, 0, 0], [1, 1, 1]] });
  const classes = await readClasses(join(folder.path, "classes.json"));
  await assertRejects(() => openScenes(join(voxels, "000000.label"), { classes }), UserError, "leave out --classes");
});
