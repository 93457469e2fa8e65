/** What lies beside labels in archives, and archives of other writers. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { decodeNpz } from "../../../data/formats/npz.ts";
import { inspectFile, openScenes } from "../../../data/scenes/open.ts";
import { npyBytes } from "../../helpers/npy_bytes.ts";
import { npzBytes, type NpzFile } from "../../helpers/npz_bytes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const labels = (fill: number, shape: number[] = [16, 16, 16]): Uint8Array =>
  encodeNpy({ dtype: "uint8", shape, data: new Uint8Array(shape.reduce((a, b) => a * b)).fill(fill) });

const entry = (name: string, content: Uint8Array): NpzFile => ({ name, content, deflated: true });

/** An array of a type that is no number, as NumPy's header has it. */
function other(descr: string, shape: string): Uint8Array {
  const dictionary = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;
  return npyBytes({ dtype: "uint8", shape: [8], data: new Uint8Array(8) }, { dictionary });
}

Deno.test("decodeNpz: arrays of text, objects, dates, complex and structured numbers are left out", async () => {
  const types = ["'<U12'", "'|S3'", "'|O'", "'<M8[D]'", "'<c16'", "[('a', '<f4'), ('b', '|u1')]"];
  const others = types.map((type, i) => entry(`o${i}.npy`, other(type, i % 2 === 0 ? "(1,)" : "(1, 1, 1)")));
  const scenes = await decodeNpz(npzBytes([...others, entry("x.npy", labels(3))]), "a.npz");
  assertEquals(scenes.map(({ name, labels }) => [name, labels[0]]), [["x", 3]]);
  const alone = () => decodeNpz(npzBytes(others), "a.npz");
  await assertRejects(
    alone,
    UserError,
    "a.npz holds no labels: expected an array [x, y, z] or [n, x, y, z] of numbers",
  );
  await assertRejects(alone, UserError, "o0 <U12 [1], o1 |S3 [1, 1, 1], o2 |O [1]");
});

Deno.test("decodeNpz: --array names the labels; without it, what is none points to it", async () => {
  const rgb = encodeNpy({ dtype: "float32", shape: [3, 4, 4], data: new Float32Array(48).fill(0.5) });
  const archive = npzBytes([entry("rgb.npy", rgb), entry("target_lr.npy", labels(2))]);
  const chosen = await decodeNpz(archive, "a.npz", undefined, { array: "target_lr" });
  assertEquals(chosen.map(({ name }) => name), ["target_lr"]);
  const found = "found rgb float32 [3, 4, 4], target_lr uint8 [16, 16, 16]";
  await assertRejects(() => decodeNpz(archive, "a.npz"), UserError, `name it with --array: ${found}`);
  const missing = () => decodeNpz(archive, "a.npz", undefined, { array: "labels" });
  await assertRejects(missing, UserError, `a.npz has no array labels; ${found}`);
  await using folder = await TemporaryFolder.make();
  using source = await openScenes(await folder.write("a.npz", archive), { array: "target_lr" });
  assertEquals((await source.provenance()).options.array, "target_lr");
});

Deno.test("decodeNpz: files that macOS adds are no arrays, and two arrays of a name are two scenes", async () => {
  const apple = Uint8Array.of(0, 5, 22, 7);
  const archive = npzBytes([
    ...[entry("x.npy", labels(1)), entry("__MACOSX/._x.npy", apple), entry("a/._y.npy", apple)],
    entry("x.npy", labels(2)),
  ]);
  const scenes = await decodeNpz(archive, "a.npz");
  assertEquals(scenes.map(({ name, labels }) => [name, labels[0]]), [["x", 1], ["x-2", 2]]);
});

/** A volume of 0 and 1 for each of 12 classes, 1 where a voxel is of the class. */
function oneHot(scene: Uint8Array): Uint8Array<ArrayBuffer> {
  const volumes = new Uint8Array(12 * scene.length);
  scene.forEach((label, voxel) => volumes[label * scene.length + voxel] = 1);
  return volumes;
}

Deno.test("openScenes, inspectFile: a one-hot [12, x, y, z] is one scene, in .npy and .npz; other stacks of 12 are not", async () => {
  await using folder = await TemporaryFolder.make();
  const scene = Uint8Array.from({ length: 4096 }, (_, i) => (i * 5) % 12), shape = [12, 16, 16, 16];
  const npy = encodeNpy({ dtype: "float32", shape, data: Float32Array.from(oneHot(scene)) });
  for (
    const path of [
      await folder.write("a.npy", npy),
      await folder.write("a.npz", npzBytes([entry("x.npy", npy)])),
    ]
  ) {
    using source = await openScenes(path);
    assertEquals([source.sceneIds.length, await source.read(0)], [1, scene]);
    assert((await inspectFile(path)).includes("chair"));
  }
  const twice = oneHot(scene);
  twice[0] = 1 - twice[0];
  using stack = await openScenes(await folder.write("b.npy", encodeNpy({ dtype: "uint8", shape, data: twice })));
  assertEquals(stack.sceneIds.length, 12);
});

Deno.test("decodeNpz: sizes and places in the ZIP64 fields of the directory", async () => {
  const plain = npzBytes([entry("x.npy", labels(1)), entry("y.npy", labels(2))]);
  const zip64 = withZip64(plain);
  assertEquals(await decodeNpz(zip64, "a.npz"), await decodeNpz(plain, "a.npz"));
});

/** The same archive with all sizes and places of its directory in ZIP64 fields, as beyond 4 GiB (APPNOTE 4.5.3). */
function withZip64(archive: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(archive.buffer), end = archive.length - 22;
  const count = view.getUint16(end + 10, true), start = view.getUint32(end + 16, true), parts: Uint8Array[] = [];
  for (let at = start, i = 0; i < count; i++) {
    const nameBytes = view.getUint16(at + 28, true), record = archive.slice(at, at + 46 + nameBytes);
    const fields = new DataView(new ArrayBuffer(28)), head = new DataView(record.buffer);
    fields.setUint16(0, 1, true);
    fields.setUint16(2, 24, true);
    for (const [n, field] of [24, 20, 42].entries()) {
      fields.setBigUint64(4 + 8 * n, BigInt(head.getUint32(field, true)), true);
      head.setUint32(field, 0xffffffff, true);
    }
    head.setUint16(30, 28, true);
    parts.push(record, new Uint8Array(fields.buffer));
    at += 46 + nameBytes;
  }
  const bytes = parts.reduce((sum, part) => sum + part.length, 0), tail = new DataView(new ArrayBuffer(56 + 20 + 22));
  tail.setUint32(0, 0x06064b50, true);
  tail.setBigUint64(4, 44n, true);
  tail.setUint16(12, 45, true);
  tail.setUint16(14, 45, true);
  for (const at of [24, 32]) tail.setBigUint64(at, BigInt(count), true);
  tail.setBigUint64(40, BigInt(bytes), true);
  tail.setBigUint64(48, BigInt(start), true);
  tail.setUint32(56, 0x07064b50, true);
  tail.setBigUint64(64, BigInt(start + bytes), true);
  tail.setUint32(72, 1, true);
  tail.setUint32(76, 0x06054b50, true);
  for (const at of [84, 86]) tail.setUint16(at, 0xffff, true);
  for (const at of [88, 92]) tail.setUint32(at, 0xffffffff, true);
  return new Uint8Array([
    ...archive.subarray(0, start),
    ...parts.flatMap((part) => [...part]),
    ...new Uint8Array(tail.buffer),
  ]);
}
