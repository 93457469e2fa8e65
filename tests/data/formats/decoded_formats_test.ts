/** Readers of .npz, OccScanNet .pkl and .vox files: values, axes, damage, and nothing that runs code. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FormatError } from "../../../base/byte_reader.ts";
import { UserError } from "../../../base/errors.ts";
import { UniformSequence } from "../../../base/random.ts";
import type { DecodedScene } from "../../../data/formats/decoded_source.ts";
import { type Grid, voxelCount } from "../../../data/grid.ts";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { decodeNpz } from "../../../data/formats/npz.ts";
import { numpyRules } from "../../../data/formats/numpy_pickle.ts";
import { decodeOccscannet } from "../../../data/formats/occscannet.ts";
import { inspectFile, openScenes } from "../../../data/scenes/open.ts";
import { decodePickle } from "../../../data/formats/pickle.ts";
import { decodeVox } from "../../../data/formats/vox/vox.ts";
import { encodeVox } from "../../../viz/export/vox.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

/** `numpy.savez_compressed(rooms=[t % 12, (t + 1) % 12], pose=eye(2))`, int64; t is {@link voxel}. */
const NPZ = Uint8Array.fromBase64(
  "UEsDBC0AAAAIAAAAIQAck1eF//////////8JABQAcm9vbXMubnB5AQAQAAACAAAAAAAAeAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mh" +
    "rqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgomOgrGOgpGmjoKtQpkAC4GKGCE0kxQmhlKs0BpVijNBqXZoTQHmnqYgdwMqIBS8zlx" +
    "mE8tc2GAXu6GAQBQSwMELQAAAAgAAAAhAGeMTGf//////////wgAFABwb3NlLm5weQEAEACgAAAAAAAAAFAAAAAAAAAAm+wX6hsQychQxlCtnpJa" +
    "nFykbqWgbpNmoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKRpo6CrUKZAMuBjD4YM+AFXywBwBQSwECLQMtAAAACAAAACEAHJNX" +
    "hXgAAAAAAgAACQAAAAAAAAAAAAAAgAEAAAAAcm9vbXMubnB5UEsBAi0DLQAAAAgAAAAhAGeMTGdQAAAAoAAAAAgAAAAAAAAAAAAAAIABswAAAHBv" +
    "c2UubnB5UEsFBgAAAAACAAIAbQAAAD0BAAAAAA==",
);
/**
 * `pickle.dumps({img, target_1_4, cam_pose, voxel_origin})` with protocols 2 (big-endian int16, bytes as text) and 5
 * (Fortran order, bytearrays); target_1_4 is {@link voxel}.
 */
const PICKLES = [
  "gAJ9cQAoWAMAAABpbWdxAVgLAAAAYS8wMDAwMC5wbmdxAlgKAAAAdGFyZ2V0XzFfNHEDY251bXB5Ll9jb3JlLm11bHRpYXJyYXkKX3JlY29uc3RydW" +
  "N0CnEEY251bXB5Cm5kYXJyYXkKcQVLAIVxBmNfY29kZWNzCmVuY29kZQpxB1gBAAAAYnEIWAYAAABsYXRpbjFxCYZxClJxC4dxDFJxDShLAUsDSwNL" +
  "AodxDmNudW1weQpkdHlwZQpxD1gCAAAAaTJxEImIh3ERUnESKEsDWAEAAAA+cRNOTk5K/////0r/////SwB0cRRiiWgHWCUAAAAAAAABAAIAAwAEAA" +
  "UABgAHAAgAw78ACgALAAAAAQACAAMABAAFcRVoCYZxFlJxF3RxGGJYCAAAAGNhbV9wb3NlcRloBGgFSwCFcRpoC4dxG1JxHChLAUsCSwKGcR1oD1gC" +
  "AAAAZjRxHomIh3EfUnEgKEsDWAEAAAA8cSFOTk5K/////0r/////SwB0cSJiiGgHWBIAAAAAAMKAPwAAAAAAAAAAAADCgD9xI2gJhnEkUnEldHEmYl" +
  "gMAAAAdm94ZWxfb3JpZ2lucSdjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpzY2FsYXIKcShoIGgHWAUAAAAAAMOAP3EpaAmGcSpScSuGcSxScS11Lg==",
  "gAWVSwEAAAAAAAB9lCiMA2ltZ5SMC2EvMDAwMDAucG5nlIwKdGFyZ2V0XzFfNJSME251bXB5Ll9jb3JlLm51bWVyaWOUjAtfZnJvbWJ1ZmZlcpSTlC" +
  "iWEgAAAAAAAAAABgACCAIECgQBBwED/wMFCwWUjAVudW1weZSMBWR0eXBllJOUjAJ1MZSJiIeUUpQoSwOMAXyUTk5OSv////9K/////0sAdJRiSwNL" +
  "A0sCh5SMAUaUdJRSlIwIY2FtX3Bvc2WUaAYolhAAAAAAAAAAAACAPwAAAAAAAAAAAACAP5RoCowCZjSUiYiHlFKUKEsDjAE8lE5OTkr/////Sv////" +
  "9LAHSUYksCSwKGlIwBQ5R0lFKUjAx2b3hlbF9vcmlnaW6UjBZudW1weS5fY29yZS5tdWx0aWFycmF5lIwGc2NhbGFylJOUaBhDBAAAwD+UhpRSlHUu",
].map((text) => Uint8Array.fromBase64(text));
/** `pickle.dumps({target_1_4}, protocol=0)`. */
const TEXT_PICKLE = Uint8Array.fromBase64(
  "KGRwMApWdGFyZ2V0XzFfNApwMQpjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcDIKKGNudW1weQpuZGFycmF5CnAzCihJMAp0cD" +
    "QKY19jb2RlY3MKZW5jb2RlCnA1CihWYgpwNgpWbGF0aW4xCnA3CnRwOApScDkKdHAxMApScDExCihJMQooSTMKSTMKSTIKdHAxMgpjbnVtcHkKZHR5" +
    "cGUKcDEzCihWdTEKcDE0CkkwMApJMDEKdHAxNQpScDE2CihJMwpWfApwMTcKTk5OSS0xCkktMQpJMAp0cDE4CmJJMDAKZzUKKFZcdTAwMDABAgMEBQ" +
    "YHCP9cdTAwMGELXHUwMDAwAQIDBAUKcDE5Cmc3CnRwMjAKUnAyMQp0cDIyCmJzLg==",
);
const SHAPE = [3, 3, 2] as const;

/** Value of the fixtures at [i, j, k]: counts up modulo 12, but one voxel is unknown. */
function voxel(i: number, j: number, k: number): number {
  return i === 1 && j === 1 && k === 1 ? 255 : ((i * SHAPE[1] + j) * SHAPE[2] + k) % 12;
}

Deno.test("decodeNpz: stacks as numpy.savez_compressed writes them; arrays that are no volumes are left out", async () => {
  const scenes = await decodeNpz(NPZ, "rooms.npz");
  assertEquals(scenes.map(({ name, grid }) => [name, grid]), [
    ["rooms.00000", [4, 3, 2]],
    ["rooms.00001", [4, 3, 2]],
  ]);
  scenes.forEach(({ labels }, shift) => {
    let at = 0;
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 3; j++) {
        for (let k = 0; k < 2; k++) assertEquals(labels[at++], ((voxel(i, j, k) + shift) & 0xff) % 12, `${[i, j, k]}`);
      }
    }
  });
});

Deno.test("decodeOccscannet: labels of numpy's pickles in protocols 2 and 5, turned upright, unknown as such", () => {
  for (const bytes of PICKLES) {
    const { grid, labels } = decodeOccscannet(bytes, "00000.pkl");
    assertEquals(grid, [3, 2, 3]);
    for (let x = 0; x < 3; x++) {
      for (let y = 0; y < 3; y++) {
        for (let z = 0; z < 2; z++) {
          assertEquals(labels[(x * 2 + z) * 3 + y], voxel(x, y, z), `${[x, y, z]}`);
        }
      }
    }
  }
});

Deno.test("decodeOccscannet: the shape tells which axis is up; one that does not tell is refused", () => {
  const scene = (shape: string) => {
    const bytes = PICKLES[0].slice(),
      at = bytes.findIndex((_, i) => [75, 3, 75, 3, 75, 2].every((b, k) => bytes[i + k] === b));
    const sizes = shape.split(",").map(Number);
    sizes.forEach((size, axis) => bytes[at + 2 * axis + 1] = size);
    return decodeOccscannet(bytes, "a.pkl");
  };
  assertEquals(scene("3,3,2").grid, [3, 2, 3]);
  const { grid, labels } = scene("3,2,3");
  assertEquals(grid, [3, 2, 3]);
  // The same numbers in the order in which they lie in the file.
  assertEquals([...labels], Array.from({ length: 18 }, (_, i) => i === 9 ? 255 : i % 12));
  for (const shape of ["2,3,3", "1,9,2"]) assertThrows(() => scene(shape), UserError, "does not tell what is up");
});

const grids = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
const volumes = grids.chain((grid) =>
  fc.uint8Array({ minLength: voxelCount(grid), maxLength: voxelCount(grid), max: 11 }).map((labels) => ({
    grid,
    labels,
  }))
);

Deno.test("decodeVox: gives back what the export writes", () => {
  fc.assert(fc.property(volumes, ({ grid, labels }) => {
    assertEquals(decodeVox(encodeVox(labels, grid), "a.vox"), { name: "", grid, labels });
  }));
});

Deno.test("openScenes, inspectFile: each format is found by its ending, and grids grow to multiples of 16", async () => {
  await using folder = await TemporaryFolder.make();
  const grid: Grid = [5, 17, 16], labels = Uint8Array.from({ length: voxelCount(grid) }, (_, i) => i % 12);
  await folder.write("vox/a/room.vox", encodeVox(labels, grid));
  await folder.write("vox/b.vox", encodeVox(labels.toReversed(), grid));
  await folder.write("npz/rooms.npz", NPZ);
  await folder.write("pkl/scene0000_00/00000.pkl", PICKLES[0]);
  {
    using source = await openScenes(folder.join("vox"));
    assertEquals([source.grid, source.sceneIds], [[16, 32, 16], ["a/room", "b"]]);
    const scene = await source.read(0);
    assertEquals(scene[(4 * 32 + 16) * 16 + 15], labels.at(-1));
    assertEquals([scene[5 * 32 * 16], scene[17 * 16]], [0, 0]);
    assertEquals((await source.provenance()).files.map(({ path }) => path), ["a/room.vox", "b.vox"]);
    await folder.write("vox/b.vox", encodeVox(new Uint8Array(1), [1, 1, 1]));
    await assertRejects(() => source.read(1), UserError, "has a scene of 1x1x1 voxels");
  }
  {
    using source = await openScenes(folder.join("npz"));
    assertEquals(source.sceneIds, ["rooms#rooms.00000", "rooms#rooms.00001"]);
    assertEquals((await source.read(1))[0], 1);
  }
  using source = await openScenes(folder.join("pkl"));
  assertEquals([source.grid, source.sceneIds], [[16, 16, 16], ["scene0000_00/00000"]]);
  assertStringIncludes(
    await inspectFile(folder.join("npz/rooms.npz"), 1),
    "scene   1 (rooms.00001), [4, 3, 2], as a scene",
  );
  await assertRejects(() => inspectFile(folder.join("vox/a/room.vox"), 1), UserError, "there is no scene 1, only 1");
});

Deno.test("decodePickle: refuses every operation that could run code, and every other name", () => {
  const decode = (text: string) => {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    return decodePickle(bytes, numpyRules(bytes.length));
  };
  assertEquals(decode("]."), []);
  // REDUCE of os.system, by GLOBAL and by STACK_GLOBAL; and INST, OBJ, NEWOBJ, NEWOBJ_EX, PERSID, EXT1 and so on.
  const message = (text: string) => assertThrows(() => decode(text), FormatError).message;
  assertStringIncludes(message("cos\nsystem\n(X\x02\0\0\0lstR."), '"os.system" of Python');
  assertStringIncludes(message("\x8c\x08builtins\x8c\x04eval\x93."), '"builtins.eval" of Python');
  for (const name of ["numpy\nload", "numpy._core.multiarray\nfromfile", "__builtin__\ngetattr", "numpy\n__class__"]) {
    assertStringIncludes(message(`c${name}\n.`), "of Python");
  }
  const code = { INST: "i", OBJ: "o", NEWOBJ: "\x81", NEWOBJ_EX: "\x92", PERSID: "P", BINPERSID: "Q", EXT1: "\x82" };
  for (const [name, operation] of Object.entries({ ...code, EXT2: "\x83", EXT4: "\x84", NEXT_BUFFER: "\x97" })) {
    assertStringIncludes(message(`((${operation}os\nsystem\n`), "is not one of plain data", name);
  }
  // REDUCE and BUILD need a name of NumPy, or what one made.
  assertStringIncludes(message("X\x01\0\0\0a)R."), "it calls what is no name");
  assertStringIncludes(message("}}b."), "applied to a value of another kind");
  const known = "\x80\x95N\x88\x89KMJ\x8aIGXTB\x8cUC\x8d\x8e\x96])}(tld\x85\x86\x87aesu0qr\x94hjc\x93Rb.";
  for (let operation = 0; operation < 256; operation++) {
    const character = String.fromCharCode(operation);
    if (!known.includes(character)) assertStringIncludes(message(`((${character}`), "is not one of plain data");
  }
});

Deno.test("decodeVox, decodeNpz, decodeOccscannet: name what is wrong", async () => {
  const vox = encodeVox(Uint8Array.of(1, 2), [1, 2, 1]);
  const changed = (bytes: Uint8Array, at: number, value: number) => bytes.with(at, value);
  const refuses = (decode: () => unknown, message: string) =>
    assertRejects(async () => await decode(), UserError, message);
  await refuses(() => decodeVox(changed(vox, 0, 0), "a.vox"), 'a.vox: it does not start with "VOX "');
  await refuses(() => decodeVox(vox.subarray(0, -5), "a.vox"), "bytes wanted");
  await refuses(() => decodeVox(changed(vox, vox.length - 1024, 99), "a.vox"), "colour 1, rgb(99");
  await refuses(() => decodeVox(vox.subarray(0, vox.length - 1036), "a.vox"), "it has no palette of its own");
  await refuses(() => decodeVox(changed(vox, 60, 9), "a.vox"), "is outside its model");
  await refuses(
    () => decodeNpz(NPZ.subarray(0, 300), "a.npz"),
    "a.npz: its directory is damaged, or it is no ZIP archive (End of central directory not found)",
  );
  await refuses(() => decodeNpz(changed(NPZ, NPZ.length - 22 - 109 + 16, 1), "a.npz"), "rooms.npy is damaged");
  await refuses(() => decodeNpz(changed(NPZ, 70, 1), "a.npz"), "a.npz: rooms.npy ");
  await refuses(
    () => decodeNpz(encodeNpy({ dtype: "uint8", shape: [1], data: new Uint8Array(1) }), "a.npz"),
    "no ZIP archive",
  );
  await refuses(() => decodeOccscannet(Uint8Array.of(0x4e, 0x2e), "a.pkl"), "a.pkl: it has no array target_1_4");
  await refuses(() => decodeOccscannet(PICKLES[1].subarray(0, 80), "a.pkl"), "bytes wanted");
  await refuses(
    () => decodeOccscannet(TEXT_PICKLE, "a.pkl"),
    "of the text form, protocol 0; write the file again with",
  );
});

Deno.test("decodeVox, decodeNpz, decodeOccscannet: 9,000 mutations end in scenes or a UserError", async () => {
  const vox = encodeVox(Uint8Array.from({ length: 24 }, (_, i) => i % 12), [2, 3, 4]);
  const cases: [Uint8Array, (bytes: Uint8Array) => DecodedScene | DecodedScene[] | Promise<DecodedScene[]>][] = [
    [vox, (bytes) => decodeVox(bytes, "a.vox")],
    [NPZ, (bytes) => decodeNpz(bytes, "a.npz")],
    ...PICKLES.map((pickle) => [pickle, (bytes: Uint8Array) => decodeOccscannet(bytes, "a.pkl")] as const).map((each) =>
      [...each] as [Uint8Array, (bytes: Uint8Array) => DecodedScene]
    ),
  ];
  const random = new UniformSequence({ seed: 3, stream: 0, iteration: 0 });
  let read = 0;
  for (let i = 0; i < 9000; i++) {
    const [original, decode] = cases[i % cases.length];
    const bytes = Uint8Array.from(original);
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
      bytes[random.below(bytes.length)] = [0, 1, 0x28, 0x7f, 0x80, 0xff, random.below(256)][random.below(7)];
    }
    const cut = random.below(5) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
    try {
      const scenes = [await decode(cut)].flat();
      for (const { grid, labels } of scenes) assertEquals(labels.length, voxelCount(grid));
      read++;
    } catch (error) {
      assert(error instanceof UserError, `${i}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  assert(read > 100, "hardly any mutation was read: they never reach the deeper checks");
});
