/** Numbers that must not be there. */
import { assertEquals } from "@std/assert";
import { readCheckpoint, writeCheckpoint } from "../../../run/checkpoint.ts";
import type { Fault } from "./fault.ts";
import { stopWithCheckpoints } from "./moments.ts";
import { assertExplained } from "./run_under_test.ts";

/** A weight that is not a number, with a valid checksum: as if the computation had gone wrong. */
export const STATE_FAULTS: readonly Fault[] = [{
  name: "a weight that is NaN",
  lacks: null,
  async strike(run, chance, undisturbed) {
    await stopWithCheckpoints(run, chance);
    const newest = (await run.checkpoints()).at(-1)!;
    if (newest.step === undisturbed.length) return "missed"; // nothing is left to compute with it
    const checkpoint = await readCheckpoint(newest.path), intact = await Deno.readFile(newest.path);
    const weights = [...checkpoint.tensors].filter(([name, { data }]) =>
      name.startsWith("discriminator.") && data instanceof Float32Array
    );
    const [, { data }] = chance.of(weights);
    data[chance.between(0, data.length - 1)] = NaN;
    await writeCheckpoint(run.folder.checkpoints, checkpoint);
    const steps = (await run.checkpoints()).map(({ step }) => step);
    assertExplained(await (await run.start()).ending(), "is NaN", "--resume", "--learning-rate");
    assertEquals((await run.checkpoints()).map(({ step }) => step), steps);
    await Deno.writeFile(newest.path, intact);
    await run.verify(undisturbed, false);
    return "explained";
  },
}];
