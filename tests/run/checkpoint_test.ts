import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { UserError } from "../../base/errors.ts";
import { readSafetensors, type TensorData, writeSafetensors } from "../../data/formats/safetensors.ts";
import {
  type Checkpoint,
  checkpointStep,
  latestCheckpoint,
  listCheckpoints,
  pruneCheckpoints,
  readCheckpoint,
  stepName,
  stepOf,
  writeCheckpoint,
} from "../../run/checkpoint.ts";
import { resolveOptions } from "../../run/options.ts";
import { inFolder } from "../helpers/temporary_folder.ts";

const options = resolveOptions([{ source: "test", values: { preset: "tiny", seed: 7 } }]);

function checkpoint(step: number): Checkpoint {
  const tensors = new Map<string, TensorData>([
    ["encoder", { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, -0, NaN, step, 1e-40, 2) }],
    ["encoder.updates", { dtype: "I32", shape: [], data: Int32Array.of(3) }],
    ["loader", { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) }],
  ]);
  return { step, phase: "refine", iteration: step - 1, options, tensors };
}

Deno.test("writeCheckpoint: everything comes back, bit for bit", () =>
  inFolder(async (folder) => {
    const path = await writeCheckpoint(join(folder, "new"), checkpoint(123));
    assertEquals(path, join(folder, "new", "step-000123.safetensors"));
    const { tensors, checksum, ...rest } = await readCheckpoint(path);
    assertMatch(checksum, /^[0-9a-f]{64}$/);
    assertEquals(rest, { step: 123, phase: "refine", iteration: 122, options });
    for (const [name, { dtype, shape, data }] of checkpoint(123).tensors) {
      const found = tensors.get(name);
      assert(found);
      assertEquals([found.dtype, found.shape], [dtype, shape]);
      const bytes = (of: TensorData["data"]) => [...new Uint8Array(of.buffer, of.byteOffset, of.byteLength)];
      assertEquals(bytes(found.data), bytes(data));
    }
  }));

Deno.test("readCheckpoint: any flipped bit and any cut is a clear error", () =>
  inFolder(async (folder) => {
    const whole = await Deno.readFile(await writeCheckpoint(folder, checkpoint(5)));
    const path = join(folder, "step-000006.safetensors");
    const refused = async (bytes: Uint8Array) => {
      await Deno.writeFile(path, bytes);
      const error = await assertRejects(() => readCheckpoint(path), UserError);
      assertStringIncludes(error.message, path);
      assertStringIncludes(error.message, "go on from the one before it, step 5 (");
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 7 }), async (index, bit) => {
        const damaged = whole.slice();
        damaged[index] ^= 1 << bit;
        await refused(damaged);
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), (length) => refused(whole.slice(0, length))),
      { numRuns: 40 },
    );
  }));

Deno.test("readCheckpoint: another format version and another kind of file are named", () =>
  inFolder(async (folder) => {
    const path = await writeCheckpoint(folder, checkpoint(5));
    const { tensors, metadata } = await readSafetensors(path);
    await writeSafetensors(path, tensors, { ...metadata, formatVersion: "2", libraryVersion: "9.9.9" });
    await assertRejects(() => readCheckpoint(path), UserError, "checkpoint format 2 (written by version 9.9.9)");
    await writeSafetensors(path, tensors, {});
    await assertRejects(() => readCheckpoint(path), UserError, "no checkpoint of a run");
    await assertRejects(() => readCheckpoint(join(folder, "none")), UserError, "it does not exist");
  }));

Deno.test("latestCheckpoint: newest by step or the one asked for, half-written files do not count", () =>
  inFolder(async (folder) => {
    await assertRejects(() => latestCheckpoint(folder), UserError, "no checkpoint");
    await assertRejects(() => latestCheckpoint(join(folder, "missing")), UserError, "no checkpoint");
    for (const step of [9, 1_000_000, 999_999]) await writeCheckpoint(folder, checkpoint(step));
    await Deno.writeTextFile(join(folder, "step-2000000.safetensors.77.partial"), "");
    await Deno.writeTextFile(join(folder, "notes.txt"), "");
    assertEquals((await listCheckpoints(folder)).map(({ step }) => step), [9, 999_999, 1_000_000]);
    assertEquals(await latestCheckpoint(folder), join(folder, "step-1000000.safetensors"));
    assertEquals(await latestCheckpoint(folder, 9), join(folder, "step-000009.safetensors"));
    await assertRejects(() => latestCheckpoint(folder, 10), UserError, "there are 9, 999999, 1000000");
  }));

Deno.test("pruneCheckpoints: the newest stay", () =>
  inFolder(async (folder) => {
    for (const step of [1, 2, 3, 4]) await writeCheckpoint(folder, checkpoint(step));
    assertEquals(
      await pruneCheckpoints(folder, 2),
      [1, 2].map((step) => join(folder, `step-00000${step}.safetensors`)),
    );
    assertEquals((await listCheckpoints(folder)).map(({ step }) => step), [3, 4]);
    assertEquals(await pruneCheckpoints(folder, 5), []);
    for (const step of [1, 2]) await writeCheckpoint(folder, checkpoint(step));
    await pruneCheckpoints(folder, 3, { from: 1, written: new Set([4]) });
    assertEquals((await listCheckpoints(folder)).map(({ step }) => step), [1, 4], "2 and 3 are of a course left");
  }));

Deno.test("stepName, stepOf, checkpointStep: one pattern of names, there and back", () => {
  assertEquals([7, 999_999, 1_000_000].map(stepName), ["step-000007", "step-999999", "step-1000000"]);
  for (const step of [0, 7, 1_000_000]) {
    assertEquals([stepOf(stepName(step)), checkpointStep(`${stepName(step)}.safetensors`)], [step, step]);
  }
  const others = [
    "step-7.safetensors",
    "step-000007",
    "step-000007.safetensors.1.partial",
    "a-step-000007.safetensors",
  ];
  assertEquals(others.map(checkpointStep), [null, null, null, null]);
});
