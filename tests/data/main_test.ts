import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { encodeNpy, readNpy } from "../../data/formats/npy.ts";
import { readProvenance } from "../../data/scenes/provenance.ts";
import { SCENE_KINDS } from "../../data/scenes/sources.ts";
import { npyBytes } from "../helpers/npy_bytes.ts";
import { sscnetBytes } from "../helpers/sscnet_bytes.ts";
import { runTask, type TaskResult } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

/** Runs `deno task data` with the task's permissions, or others. */
function data(args: string[], permissions?: readonly string[]): Promise<TaskResult> {
  return runTask("data", args, { permissions });
}

/** Runs it and expects exit code 1, nothing on stdout, and one sentence on stderr that includes `message`. */
async function fails(args: string[], message: string, permissions?: readonly string[]): Promise<void> {
  const { code, out, err } = await data(args, permissions);
  assertEquals([code, out], [1, ""], err);
  assertMatch(err, /^error: [^\n]+\n$/);
  assertStringIncludes(err, message);
}

const small = (fill: number) =>
  encodeNpy({ dtype: "uint8", shape: [16, 16, 16], data: new Uint8Array(4096).fill(fill) });

Deno.test("data convert: writes a Scenevox folder of uint8, tells where it comes from, and keeps what is there", async () => {
  await using folder = await TemporaryFolder.make();
  const values = Float64Array.from({ length: 4096 }, (_, i) => i % 12);
  const input = await folder.write(
    "in/a/room.npy",
    npyBytes({ dtype: "float64", shape: [16, 16, 16], data: values }, { fortranOrder: true, bigEndian: true }),
  );
  const out = folder.join("out");
  const first = await data(["convert", folder.join("in"), "--out", out]);
  assertEquals(first.code, 0, first.err);
  assertStringIncludes(first.out, "1 scene in in\n1 scene of 16x16x16 in");
  const expected = { dtype: "uint8" as const, shape: [16, 16, 16], data: Uint8Array.from(values) };
  assertEquals(await readNpy(folder.join("out/a/room.npy")), expected);
  assertEquals((await readProvenance(out))?.files.map((file) => file.path), ["a/room.npy"]);

  await folder.write("in/a/room.npy", small(3));
  await fails(["convert", input, "--out", out], "is not empty; choose another folder, or --force");
  assertEquals(await readNpy(folder.join("out/a/room.npy")), expected);
  const forced = await data(["convert", folder.join("in"), "--out", out, "--force"]);
  assertEquals(forced.code, 0, forced.err);
  assertEquals((await readNpy(folder.join("out/a/room.npy"))).data, new Uint8Array(4096).fill(3));
  await fails(["convert", folder.join("in"), "--out", folder.join("in"), "--force"], "that the scenes come from");
});

Deno.test("data make, stats: whole homes in one grid, crops of homes", async () => {
  await using folder = await TemporaryFolder.make();
  const out = folder.join("homes"), grid = ["--grid", "32x16x32"];
  const made = await data(["make", "--of", "whole-homes", "--count", "2", "--out", out, ...grid]);
  assertEquals(made.code, 0, made.err);
  assertStringIncludes(made.out, "2 whole procedural homes, seed 0\n2 scenes of ");
  const { shape } = await readNpy(`${out}/home-000001/labels.npy`);
  assert(shape[0] % 16 === 0 && shape[0] > 32 && shape[1] === 16, `${shape}`);
  assertEquals((await readProvenance(out))?.kind, "whole homes");
  const counted = await data(["stats", "homes", "--count", "5", ...grid]);
  assertStringIncludes(counted.out, "5 procedural homes, seed 0, grid 32x16x32, 5 counted");
});

Deno.test("data convert: reads SSCNet volumes with the chosen class of doors", async () => {
  await using folder = await TemporaryFolder.make();
  const path = await folder.write("doors.bin", sscnetBytes({ runs: [[5, 240 * 144 * 240]] }));
  const out = folder.join("out");
  const { code, err } = await data(["convert", path, "--out", out, "--doors", "furn", "--rule", "max"]);
  assertEquals(code, 0, err);
  const { shape, data: labels } = await readNpy(folder.join("out/doors/labels.npy"));
  assertEquals(shape, [80, 48, 80]);
  assert((labels as Uint8Array).every((label) => label === 10));
  assertEquals((await readProvenance(out))?.options, { rule: "max", doors: "furn", unknown: 255 });
});

Deno.test("data pack: packs rooms and folders, says how small, inspects, and converts back", async () => {
  await using folder = await TemporaryFolder.make();
  const path = folder.join("rooms.pack");
  const packed = await data(["pack", "rooms", "--count", "5", "--grid", "32x16x32", "--out", path]);
  assertEquals(packed.code, 0, packed.err);
  assertMatch(packed.out, /\n5 scenes in \S+rooms\.pack, \d+ bytes: \d+\.\d times smaller than labels\n$/);
  await fails(["pack", "rooms", "--count", "5", "--out", path], "rooms.pack exists; choose another name, or --force");
  assertStringIncludes((await data(["inspect", path, "--index", "4"])).out, "scene   4 (room-000004-");
  assertStringIncludes((await data(["stats", path])).out, "5 packed scenes in rooms.pack, grid 32x16x32, 5 counted");
  assertEquals((await data(["convert", path, "--out", folder.join("loose")])).code, 0);
  const again = await data(["pack", folder.join("loose"), "--shard", "2", "--out", folder.join("packs")]);
  assertStringIncludes(again.out, "5 scenes in 3 files in ");
  assertStringIncludes((await data(["stats", folder.join("packs")])).out, "5 packed scenes in packs");
  await folder.write("bad/a.pack", "damaged");
  await fails(["stats", folder.join("bad")], "a.pack is no pack of scenes");
});

Deno.test("data convert: bad input is one sentence and exit code 1", async () => {
  await using folder = await TemporaryFolder.make();
  const out = ["--out", folder.join("out")];
  await Deno.mkdir(folder.join("empty"));
  const label12 = await folder.write("label12.npy", small(12));
  const flat = await folder.write("flat.npy", encodeNpy({ dtype: "uint8", shape: [4], data: new Uint8Array(4) }));
  const odd = await folder.write("odd.npy", encodeNpy({ dtype: "uint8", shape: [2, 3, 4], data: new Uint8Array(24) }));
  const good = await folder.write("good.npy", small(1));
  await fails(
    ["convert", folder.join("empty"), ...out],
    "found no .npy, .bin, .pack",
  );
  await fails(["convert", folder.join("none"), ...out], "does not exist");
  await fails(["convert", label12, ...out], "label 12 at voxel [0, 0, 0]");
  await fails(["convert", flat, ...out], "has shape [4], expected");
  await fails(["convert", odd, ...out, "--crop"], "too short for --crop; --pad it");
  await fails(["convert", odd, ...out, "--crop", "--pad"], "resized in one way");
  await fails(["convert", good], "--out is required");
  await fails(["convert", good, ...out, "--rule", "mean"], '--rule "mean"');
  await fails(["convert", good, "--out", good], "a folder was expected");
  await assertMissing(folder.join("out"));
});

Deno.test("data convert: an output folder that may not be written is one sentence and exit code 1", async () => {
  await using folder = await TemporaryFolder.make();
  const good = await folder.write("good.npy", small(1));
  const elsewhere = ["--allow-read", "--allow-env", `--allow-write=${folder.join("elsewhere")}`];
  await fails(["convert", good, "--out", folder.join("out")], "permission denied", elsewhere);
  await assertMissing(folder.join("out"));
});

Deno.test("data make, stats, inspect: rooms are made, counted and shown", async () => {
  await using folder = await TemporaryFolder.make();
  const rooms = ["--count", "3", "--seed", "5", "--grid", "32x32x32"];
  const made = await data(["make", ...rooms, "--out", folder.join("rooms")]);
  assertEquals(made.code, 0, made.err);
  const fromFolder = await data(["stats", folder.join("rooms")]);
  const fromSeed = await data(["stats", "rooms", ...rooms]);
  assertStringIncludes(fromFolder.out, "grid 32x32x32, 3 counted");
  const table = (text: string) => text.slice(text.indexOf("class"));
  assertEquals(table(fromFolder.out), table(fromSeed.out));
  assertMatch(table(fromSeed.out), /floor +\d+\.\d{3} +1\.103 +\d+\.\d\d +3\/3/);
  const [{ name }] = [...Deno.readDirSync(folder.join("rooms"))].filter((entry) => entry.isDirectory);
  const shown = await data(["inspect", folder.join("rooms", name, "labels.npy")]);
  assertEquals(shown.code, 0, shown.err);
  assertStringIncludes(shown.out, "from above");
});

Deno.test("data: unusable options are one sentence and exit code 1", async () => {
  await using folder = await TemporaryFolder.make();
  const out = ["--out", folder.join("out")];
  await fails(["make", ...out, "--grid", "80x50x80"], "multiple of 16");
  await fails(["make", ...out, "--grid", "big"], "expected three numbers");
  await fails(["make", ...out, "--count", "0"], "--count 0");
  await fails(["make", ...out, "--seeds", "1"], "did you mean --seed");
  await fails(["stats"], "<file or folder or rooms or homes> is missing");
  await fails(["inspect", folder.path], `a file was expected; deno task data stats ${folder.path} describes`);
  await fails(["mkae"], "did you mean make?");
  await assertMissing(folder.join("out"));
});

Deno.test("data: --help names every command, its options and an example", async () => {
  const all = await data(["--help"]);
  for (const name of ["stats", "inspect", "convert", "pack", "make"]) {
    assertStringIncludes(all.out, `\n  ${name} `);
    const { code, out } = await data([name, "--help"]);
    assertEquals(code, 0);
    assertMatch(all.out.split(`\n  ${name} `)[1].split("\n")[0], /\.$/, "a whole sentence");
    for (const part of ["Usage: deno task data " + name, "Options:", "Examples:"]) assertStringIncludes(out, part);
  }
});

async function assertMissing(path: string): Promise<void> {
  assertEquals(await Deno.stat(path).then(() => "exists", () => "missing"), "missing");
}

Deno.test("data --help: a table of what can be read, where it is to be had and under which licence", async () => {
  const { out } = await data(["--help"]);
  const [heads] = out.match(/^files .*$/m)!, licence = heads.indexOf("licence");
  for (const { endings, data: sets } of SCENE_KINDS) {
    for (const set of sets) {
      const row = out.split("\n").find((line) => line.startsWith(endings[0]) && line.includes(set.name))!;
      assertStringIncludes(row, set.from);
      assertEquals(row.slice(licence), set.licence);
    }
  }
});
