import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { encodeNpy, type NpyData, type NpyDtype, writeNpy } from "../../../data/formats/npy.ts";
import { VolumeFile } from "../../../viz/draw/volume_file.ts";
import { inFolder } from "../../helpers/temporary_folder.ts";

const SHAPE = [3, 2, 4, 5];
const LABELS = Uint8Array.from({ length: 120 }, (_, i) => i % 12);

Deno.test("VolumeFile: reads single volumes and each of a stack, in every number type", () =>
  inFolder(async (folder) => {
    const arrays: [NpyDtype, NpyData][] = [
      ["uint8", LABELS],
      ["int8", Int8Array.from(LABELS)],
      ["int32", Int32Array.from(LABELS)],
      ["int64", BigInt64Array.from(LABELS, BigInt)],
      ["float32", Float32Array.from(LABELS)],
    ];
    for (const [dtype, data] of arrays) {
      const path = join(folder, `${dtype}.npy`);
      await writeNpy(path, { dtype, shape: SHAPE, data });
      const file = await VolumeFile.open(path);
      assertEquals([file.count, file.stacked, ...file.grid], [3, true, 2, 4, 5]);
      for (let i = 0; i < 3; i++) assertEquals(await file.read(i), LABELS.slice(40 * i, 40 * i + 40));
    }
    const path = join(folder, "one.npy");
    await writeNpy(path, { dtype: "uint8", shape: [4, 5, 6], data: LABELS });
    const file = await VolumeFile.open(path);
    assertEquals([file.count, file.stacked], [1, false]);
    assertEquals(await file.read(0), LABELS);
  }));

Deno.test("VolumeFile: reads Fortran order", () =>
  inFolder(async (folder) => {
    const path = join(folder, "fortran.npy");
    const [n, d, h, w] = SHAPE;
    const swapped = LABELS.map((_, i) => {
      const at = [i % n, Math.floor(i / n) % d, Math.floor(i / n / d) % h, Math.floor(i / n / d / h)];
      return LABELS[((at[0] * d + at[1]) * h + at[2]) * w + at[3]];
    });
    const bytes = encodeNpy({ dtype: "uint8", shape: SHAPE, data: swapped });
    const text = new TextDecoder("latin1").decode(bytes).replace("'fortran_order': False", "'fortran_order': True ");
    await Deno.writeFile(path, Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 255).fill(0x93, 0, 1));
    const file = await VolumeFile.open(path);
    for (let i = 0; i < 3; i++) assertEquals(await file.read(i), LABELS.slice(40 * i, 40 * i + 40));
  }));

Deno.test("VolumeFile: indices and files that cannot be are errors for the user that name the file", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.npy");
    const open = async (shape: number[], data = new Uint8Array(shape.reduce((a, b) => a * b, 1))) => {
      await writeNpy(path, { dtype: "uint8", shape, data });
      return await VolumeFile.open(path);
    };
    const stack = await open(SHAPE, LABELS);
    for (const index of [3, -1, 0.5]) await assertRejects(() => stack.read(index), UserError, "indices 0 to 2");
    const empty = await open([0, 2, 2, 2]);
    await assertRejects(() => empty.read(0), UserError, "it holds none");
    for (const shape of [[], [5], [2, 2], [1, 1, 1, 1, 1]]) {
      await assertRejects(() => open(shape), UserError, "a.npy: shape");
    }
    await assertRejects(() => open([3, 0, 3]), UserError, "3x0x3");
    const wrong = await open([2, 1, 1, 2], Uint8Array.of(1, 2, 3, 12));
    await assertRejects(() => wrong.read(1), UserError, "label 12 at voxel [0, 0, 1]");
    assertEquals(await wrong.read(0), Uint8Array.of(1, 2));
    await Deno.writeFile(path, (await Deno.readFile(path)).slice(0, -1));
    await assertRejects(() => VolumeFile.open(path), UserError, "a.npy is truncated");
    await assertRejects(() => VolumeFile.open(join(folder, "none.npy")), UserError, "does not exist");
    await assertRejects(() => VolumeFile.open(folder), UserError, folder);
  }));
