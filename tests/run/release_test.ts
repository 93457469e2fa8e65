/** Released models: half the bits, the same rooms, nothing to train on. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { Run } from "../../eval/run.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { latestCheckpoint } from "../../run/checkpoint.ts";
import { releaseRun } from "../../run/release.ts";
import { runFolder } from "../../run/run_folder.ts";
import { train } from "../../train/train.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";
import { runTask } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

for (const refineIterations of [0, 1]) {
  Deno.test(`releaseRun: makes the rooms of its run${refineIterations ? ", refined" : ""}; training does not go on`, async () => {
    await using folder = await TemporaryFolder.make();
    using backend = await openBackend("cpu", { threads: 2 });
    const before = heldBytes(backend), out = folder.join("released");
    const { root } = await train({ preset: "tiny", refineIterations, out: folder.join("run") }, { backend });
    const bytesOf = async (run: string) => (await Deno.stat(await latestCheckpoint(runFolder(run).checkpoints))).size;
    await releaseRun(root, out);
    assert(await bytesOf(out) < 0.25 * await bytesOf(root), `${await bytesOf(out)} of ${await bytesOf(root)} bytes`);
    {
      using run = await Run.open(root, { backend });
      using released = await Run.open(out, { backend });
      assertEquals([released.prior, released.refines, released.step], [run.prior, run.refines, run.step]);
      const [rooms, again] = [run, released].map((each) =>
        each.generate(2, 3, { prior: "gaussian" }).plain.probabilities
      );
      const largest = rooms.reduce((most, p, i) => Math.max(most, Math.abs(p - again[i])), 0);
      assert(largest > 0 && largest < 2e-3, `probabilities differ by ${largest}`);
      // The flow's codes are those of decoded rooms: a voxel between two classes may fall to either.
      const [labels, alike] = [run, released].map((each) => each.generate(2, 3).plain.labels);
      const equal = labels.filter((label, i) => label === alike[i]).length / labels.length;
      assert(equal > 0.98, `${equal} of the voxels are of the same class`);
    }
    assertNothingHeld(backend, before);
    await assertRejects(() => releaseRun(root, out), UserError, "holds a run already");
    const { code, err } = await runTask("train", ["--resume", out, "--prior-iterations", "9", "--threads", "1"]);
    assertEquals(code, 1);
    assertStringIncludes(err, "released/manifest.json: it does not exist");
  });
}
