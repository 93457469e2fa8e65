import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readSafetensors } from "../../data/formats/safetensors.ts";
import { writeBundle } from "../../data/formats/tensorflow/mod.ts";
import { runTask } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const ROOT = new URL("../../", import.meta.url);

/** Runs `deno task data`. */
const data = (...args: string[]) => runTask("data", args);

Deno.test("data import-checkpoint, export-checkpoint: from a checkpoint to a calibrated run and back", async () => {
  await using folder = await TemporaryFolder.make();
  const kit =
    (await readSafetensors(new URL("tests/fixtures/conformance/config_a.safetensors", ROOT).pathname)).tensors;
  const weights = [...kit].filter(([name]) => name.startsWith("weights/"));
  await writeBundle(
    folder.join("tf/original"),
    new Map(weights.map(([name, tensor]) => [name.slice("weights/".length), () => tensor])),
  );
  const run = folder.join("run");
  const without = await data("import-checkpoint", folder.join("tf/original"), "--out", run);
  assertEquals([without.code, without.out], [1, ""]);
  assertMatch(without.err, /^error: .*6 cells of 16³ voxels.*--grid 96x16x16\n$/);

  const args = ["--out", run, "--grid", "32x16x48", "--batch", "2", "--calibrate", "rooms", "--batches", "2"];
  const imported = await data("import-checkpoint", folder.join("tf/original"), ...args);
  assertEquals(imported.code, 0, imported.err);
  assertStringIncludes(imported.out, "step 0, base stage, grid 32x16x48");
  assertStringIncludes(imported.out, "Adam: not saved, starts anew");
  assertStringIncludes(imported.out, "calibrated on rooms");

  const out = folder.join("again.safetensors");
  const exported = await data("export-checkpoint", run, "--out", out, "--format", "safetensors");
  assertEquals([exported.code, exported.out], [0, `60 variables of step 0 in ${out}\n`], exported.err);
  const { tensors } = await readSafetensors(out);
  for (const [name, tensor] of weights) {
    const variable = name.slice("weights/".length);
    if (!/^(encode_bn_.1|gen_bn_.5|discrim_bn_.1|encode_W5_sigma)$/.test(variable)) {
      assertEquals(tensors.get(variable), tensor, variable);
    }
  }
});
