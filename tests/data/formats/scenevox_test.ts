import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import { encodeNpy, type NpyArray } from "../../../data/formats/npy.ts";
import { openSample, openScenes } from "../../../data/scenes/open.ts";
import { PROVENANCE_FILE, writeProvenance } from "../../../data/scenes/provenance.ts";
import { scenevoxSource } from "../../../data/formats/scenevox.ts";
import { npyBytes } from "../../helpers/npy_bytes.ts";
import { sscnetBytes } from "../../helpers/sscnet_bytes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const GRID = [16, 32, 16] as const;
const VOXELS = 16 * 32 * 16;

/** A scene whose labels depend on the voxel and on `shift`. */
function scene(shift = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: VOXELS }, (_, i) => (i * 7 + (i >> 5) + shift) % 12);
}

function npy(shift = 0): Uint8Array {
  return encodeNpy({ dtype: "uint8", shape: GRID, data: scene(shift) });
}

Deno.test("scenevoxSource: reads <sceneId>/<name>.npy, loose files and stacks, ordered by name", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write("b/room.npy", npy(1));
  await folder.write("a/room.npy", npy(2));
  await folder.write("loose.npy", npy(3));
  await folder.write(
    "stack.npy",
    encodeNpy({
      dtype: "uint8",
      shape: [2, ...GRID],
      data: new Uint8Array([...scene(4), ...scene(5)]),
    }),
  );
  await folder.write("notes.txt", "not a scene");
  await folder.write(".hidden.npy", "not a scene");
  using source = await scenevoxSource(folder.path);
  assertEquals(source.sceneIds, ["a/room", "b/room", "loose", "stack#00000", "stack#00001"]);
  assertEquals(source.grid, GRID);
  for (const [index, shift] of [2, 1, 3, 4, 5].entries()) assertEquals(await source.read(index), scene(shift));
  await assertRejects(() => source.read(5), RangeError, "no scene 5");
});

Deno.test("scenevoxSource: a folder with Scenevox/ in it stands for that", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write("Scenevox/a/room.npy", npy());
  await folder.write("codes/z.npy", "something else");
  using source = await scenevoxSource(folder.path);
  assertEquals(source.sceneIds, ["a/room"]);
});

Deno.test("scenevoxSource: follows links to folders and files", async () => {
  await using folder = await TemporaryFolder.make();
  const target = await folder.write("elsewhere/a/room.npy", npy());
  await Deno.mkdir(folder.join("scenes"));
  await Deno.symlink(folder.join("elsewhere", "a"), folder.join("scenes", "linked"));
  await Deno.symlink(target, folder.join("scenes", "file.npy"));
  using source = await scenevoxSource(folder.join("scenes"));
  assertEquals(source.sceneIds, ["file", "linked/room"]);
  assertEquals(await source.read(1), scene());
});

Deno.test("scenevoxSource: any number type and element order, alone and in stacks", async () => {
  await using folder = await TemporaryFolder.make();
  const labels = [...scene(0), ...scene(1)];
  const datas: Pick<NpyArray, "dtype" | "data">[] = [
    { dtype: "int8", data: Int8Array.from(labels) },
    { dtype: "float16", data: Float16Array.from(labels) },
    { dtype: "float64", data: Float64Array.from(labels) },
    { dtype: "int64", data: BigInt64Array.from(labels, BigInt) },
  ];
  for (const { dtype, data } of datas) {
    for (const bigEndian of [false, true]) {
      for (const fortranOrder of [false, true]) {
        const one = { dtype, shape: GRID, data: data.subarray(0, VOXELS) } as NpyArray;
        const two = { dtype, shape: [2, ...GRID], data } as NpyArray;
        await folder.write("one.npy", npyBytes(one, { bigEndian, fortranOrder }));
        await folder.write("two.npy", npyBytes(two, { bigEndian, fortranOrder }));
        using source = await scenevoxSource(folder.path);
        for (const [index, shift] of [0, 0, 1].entries()) assertEquals(await source.read(index), scene(shift));
      }
    }
  }
});

Deno.test("scenevoxSource: bad folders and files are UserErrors that name them", async () => {
  await using folder = await TemporaryFolder.make();
  const path = folder.join("scenes");
  const opening = (message: string) => assertRejects(() => scenevoxSource(path), UserError, message);
  await opening("does not exist");
  await Deno.mkdir(path);
  await opening("found no .npy file in");
  const attempt = async (bytes: Uint8Array, message: string) => {
    await folder.write("scenes/bad.npy", bytes);
    await opening(message);
  };
  await attempt(new Uint8Array(), "bad.npy is empty");
  await attempt(npy().subarray(0, 1000), "bad.npy is truncated");
  await attempt(new Uint8Array([...npy(), 1]), "bad.npy is too long");
  await attempt(encodeNpy({ dtype: "uint8", shape: [4], data: new Uint8Array(4) }), "has shape [4], expected");
  await attempt(encodeNpy({ dtype: "uint8", shape: [1, 0, 4], data: new Uint8Array(0) }), "has an empty scene");
  const long = encodeNpy({ dtype: "uint8", shape: [1, 1, 2 ** 20], data: new Uint8Array(2 ** 20) });
  await attempt(long, "a scene of [1, 1, 1048576] voxels is too large");
  await attempt(encodeNpy({ dtype: "uint8", shape: [0, 16, 16, 16], data: new Uint8Array(0) }), "of no scene");
  await folder.write("scenes/good.npy", npy());
  await attempt(
    encodeNpy({ dtype: "uint8", shape: [16, 16, 16], data: new Uint8Array(4096) }),
    "keep one grid in a folder",
  );
});

Deno.test("scenevoxSource: a label above 11 is an error that names file, value and voxel", async () => {
  await using folder = await TemporaryFolder.make();
  const bytes = npy();
  bytes[bytes.length - 1] = 12;
  await folder.write("a/bad.npy", bytes);
  using source = await scenevoxSource(folder.path);
  const error = await assertRejects(() => source.read(0), UserError, "label 12 at voxel [15, 31, 15]");
  assertEquals(error.message.includes("bad.npy"), true);
});

Deno.test("scenevoxSource: a file that is shortened while in use is a UserError", async () => {
  await using folder = await TemporaryFolder.make();
  const stack = encodeNpy({ dtype: "uint8", shape: [2, ...GRID], data: new Uint8Array(2 * VOXELS) });
  await folder.write("stack.npy", stack);
  using source = await scenevoxSource(folder.path);
  await folder.write("stack.npy", stack.subarray(0, stack.length - 10));
  await assertRejects(() => source.read(1), UserError, "changed while it was in use");
});

Deno.test("scenevoxSource: provenance hashes every file and tells what the scenes were made from", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write("a/room.npy", npy());
  using source = await scenevoxSource(folder.path);
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", npy() as Uint8Array<ArrayBuffer>)).toHex();
  const progress: string[] = [];
  const provenance = await source.provenance((done, total) => progress.push(`${done}/${total}`));
  assertEquals(provenance.files, [{ path: "a/room.npy", bytes: npy().length, sha256 }]);
  assertEquals(progress, ["1/1"]);
  const madeFrom = { kind: "rooms", origin: "rooms", options: { seed: 3 }, files: [] };
  await writeProvenance(folder.path, madeFrom);
  assertEquals((await source.provenance()).madeFrom, madeFrom);
  await folder.write(PROVENANCE_FILE, "{}");
  await assertRejects(() => source.provenance(), UserError, "provenance.json: kind");
});

Deno.test("openScenes: chooses by what is there and refuses a mixture", async () => {
  await using folder = await TemporaryFolder.make();
  const bin = sscnetBytes({ runs: [[0, 240 * 144 * 240]] });
  const npyPath = await folder.write("npy/a/room.npy", npy());
  const binPath = await folder.write("bin/a.bin", bin);
  for (const [path, grid] of [[npyPath, GRID], [folder.join("npy"), GRID], [binPath, [80, 48, 80]]] as const) {
    using source = await openScenes(path);
    assertEquals(source.grid, grid);
  }
  await folder.write("npy/b.bin", bin);
  await assertRejects(() => openScenes(folder.join("npy")), UserError, "holds both");
  await assertRejects(() => openScenes(folder.join("none")), UserError, "does not exist");
  const text = await folder.write("notes.txt", "no scene");
  await assertRejects(
    () => openScenes(text),
    UserError,
    ".jsonl, .jsonl.gz, .json, .json.gz or .label file",
  );
});

Deno.test("openScenes, openSample: of very many files one header is read, the others with their scenes", async () => {
  await using folder = await TemporaryFolder.make();
  const room = await folder.write("seed.npy", npy(1));
  const many = folder.join("many");
  for (let i = 0; i < 5_001; i++) {
    const scene = `${many}/s${String(i).padStart(4, "0")}`;
    await Deno.mkdir(scene, { recursive: true });
    if (i % 2 === 0) await Deno.link(room, `${scene}/room.npy`);
  }
  await folder.write("many/s0001/room.npy", "damaged");
  const cube = encodeNpy({ dtype: "uint8", shape: [16, 16, 16], data: new Uint8Array(4096) });
  await folder.write("many/s0003/room.npy", cube);
  using source = await openScenes(many);
  assertEquals([source.sceneIds.length, source.sceneIds[1], source.grid], [2503, "s0001/room", GRID]);
  assertEquals(await source.read(2502), scene(1));
  await assertRejects(() => source.read(1), UserError, "s0001/room.npy is not a NumPy .npy file");
  await assertRejects(() => source.read(3), UserError, "has shape [16, 16, 16], expected [16, 32, 16] like the others");
  assertEquals((await source.provenance()).files.length, 2503);
  await Deno.remove(folder.join("many/s0001"), { recursive: true });
  await Deno.remove(folder.join("many/s0003"), { recursive: true });
  // 4,999 folders are listed in full, 5,001 are not.
  using all = await openSample(many);
  assertEquals(all.sceneIds.length, 2501);
  for (const name of ["t1", "t2"]) await Deno.mkdir(`${many}/${name}`);
  using one = await openSample(many);
  assertEquals([one.sceneIds.length, one.grid], [1, GRID]);
});
