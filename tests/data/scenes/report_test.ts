import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import { inspectFile } from "../../../data/scenes/open.ts";
import { formatNpyHeader } from "../../../data/formats/npy_header.ts";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { statisticsTable, topView } from "../../../data/scenes/report.ts";
import { countClasses, percentages } from "../../../data/scenes/statistics.ts";
import { npyBytes } from "../../helpers/npy_bytes.ts";
import { sscnetBytes } from "../../helpers/sscnet_bytes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

Deno.test("percentages: shares of the sum; nothing gives zeros", () => {
  assertEquals(percentages(countClasses(Uint8Array.of(0, 0, 0, 11))).filter((share) => share > 0), [75, 25]);
  assertEquals(percentages(new Float64Array(2)), [0, 0]);
});

Deno.test("statisticsTable: sets the occupancy beside the paper's", () => {
  const voxels = new Float64Array(12);
  voxels[0] = 98;
  voxels[9] = 2;
  const scenesWith = voxels.map((count) => Math.min(count, 3));
  const table = (unknown: number) => statisticsTable({ scenes: 4, voxels, unknown, scenesWith });
  const lines = table(0).split("\n");
  assertEquals(lines.length, 13);
  assertEquals(lines[1].split(/\s+/), ["empty", "98.000", "92.466", "1.06", "3/4"]);
  assertEquals(lines[10].split(/\s+/), ["tvs", "2.000", "0.009", "222.22", "2/4"]);
  assertEquals(table(25), `${table(0)}\n\nunknown, not counted above: 20.000 per cent of all voxels`);
});

Deno.test("topView: shows the highest voxel that is neither empty nor ceiling", () => {
  const labels = new Uint8Array(2 * 3 * 4); // [2, 3, 4]
  const set = (x: number, y: number, z: number, label: number) => labels[(x * 3 + y) * 4 + z] = label;
  set(0, 0, 0, 2);
  set(0, 2, 0, 1);
  set(0, 1, 1, 8);
  set(1, 0, 2, 6);
  set(1, 2, 3, 3);
  assertEquals(topView(labels, [2, 3, 4]), "|t |\n| #|");
});

Deno.test("inspectFile: describes labels, other numbers and broken labels", async () => {
  await using folder = await TemporaryFolder.make();
  const data = new Uint8Array(2 * 4096);
  data.fill(2, 4096);
  const stack = await folder.write("stack.npy", npyBytes({ dtype: "uint8", shape: [2, 16, 16, 16], data }));
  const text = await inspectFile(stack, 1);
  for (const part of ["shape   [2, 16, 16, 16]", "uint8, C order, little endian", "range   2 to 2", "scene 1 of 2"]) {
    assertStringIncludes(text, part);
  }
  assertMatch(text, /floor +4096 +100\.000/);
  assertStringIncludes(text, `|${".".repeat(16)}|`);
  await assertRejects(() => inspectFile(stack, 2), UserError, "no scene 2, only 2");

  const codes = { dtype: "float32" as const, shape: [2, 3], data: Float32Array.of(-1, 2, NaN, 0, 0, 5) };
  const codesText = await inspectFile(
    await folder.write("z.npy", npyBytes(codes, { bigEndian: true, fortranOrder: true })),
  );
  for (const part of ["float32, Fortran order, big endian", "-1 to 5, 1 not finite", "no scene: 2 axes"]) {
    assertStringIncludes(codesText, part);
  }
  data[5] = 12;
  const bad = await folder.write("bad.npy", encodeNpy({ dtype: "uint8", shape: [2, 16, 16, 16], data }));
  assertStringIncludes(await inspectFile(bad), "no scene: " + bad + ": label 12 at voxel [0, 0, 5]");
  const odd = await folder.write("odd.npy", encodeNpy({ dtype: "uint8", shape: [2, 3, 4], data: new Uint8Array(24) }));
  assertStringIncludes(await inspectFile(odd), "as a scene [16, 16, 16], padded from 2x3x4");
  const flat = await folder.write("flat.npy", encodeNpy({ dtype: "uint8", shape: [2, 0, 4], data: new Uint8Array(0) }));
  assertStringIncludes(await inspectFile(flat), "no scene: " + flat + " has an empty scene");
});

Deno.test("inspectFile: of a stack that is larger than memory only the scene that is shown is read", async () => {
  await using folder = await TemporaryFolder.make();
  const scenes = 30_000_000; // 114 GiB, of which the disk holds what is written
  const header = formatNpyHeader("uint8", [scenes, 16, 16, 16]);
  const path = await folder.write("large.npy", header);
  await Deno.truncate(path, header.length + scenes * 4096);
  const text = await inspectFile(path, scenes - 1);
  assertStringIncludes(text, `scene ${scenes - 1} of ${scenes}`);
  assertStringIncludes(text, "empty      4096   100.000");
});

Deno.test("inspectFile: a folder and what is no file of scenes are told what to do", async () => {
  await using folder = await TemporaryFolder.make();
  await assertRejects(
    () => inspectFile(folder.path),
    UserError,
    `${folder.path} is a folder, a file was expected; deno task data stats ${folder.path} describes all its scenes`,
  );
  const text = await folder.write("notes.txt", "no scene");
  await assertRejects(
    () => inspectFile(text),
    UserError,
    "notes.txt is no file of scenes: its name ends in none of .npy",
  );
});

Deno.test("inspectFile: describes an SSCNet volume", async () => {
  await using folder = await TemporaryFolder.make();
  const half = 240 * 144 * 120;
  const path = await folder.write("a.bin", sscnetBytes({ origin: [1, 2, 3], runs: [[2, half], [255, half]] }));
  const text = await inspectFile(path, 0, { rule: "majority" });
  for (const part of ["2 runs", "50.00 % unknown", "1.000 2.000 3.000", "rule majority, doors as objs"]) {
    assertStringIncludes(text, part);
  }
  assertMatch(text, /floor +153600 +100\.000/);
  assertStringIncludes(text, "unknown, not counted above: 50.000 per cent of all voxels");
});
