/** Many faults, one after the other, on runs that must come out as if nothing had happened. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readCheckpoint } from "../../../run/checkpoint.ts";
import { Chance, type Fault, type Outcome } from "./fault.ts";
import { type Curve, type RunSetting, RunUnderTest } from "./run_under_test.ts";

/** What one campaign does. */
export interface Campaign {
  /** Folder for its runs. */
  readonly folder: string;
  /** Flags, data and environment of its runs. */
  readonly setting: RunSetting;
  /** Faults to choose from; those that lack something here are left out. */
  readonly faults: readonly Fault[];
  /** How many strike. */
  readonly count: number;
  /** Start of the random choices. */
  readonly seed: number;
  /** Called after each fault. */
  onFault?(name: string, outcome: Outcome, number: number): void;
}

/** What came of it: how often each fault ended in which way, and how many runs reached their end. */
export interface CampaignResult {
  /** By the fault's name. */
  readonly outcomes: ReadonlyMap<string, ReadonlyMap<Outcome, number>>;
  /** Runs that were disturbed and still ended with the curve and the weights of the undisturbed one. */
  readonly runs: number;
}

/**
 * Trains once undisturbed, then again and again under faults until `count` have struck. Faults that could not strike
 * do not count. After each, checkpoints, curve and folder are verified; each run in the end gives the undisturbed curve
 * and weights, bit by bit.
 *
 * @throws {AssertionError} naming what was lost.
 */
export async function runCampaign(
  { folder, setting, faults, count, seed, onFault }: Campaign,
): Promise<CampaignResult> {
  const reference = new RunUnderTest(join(folder, "undisturbed"), setting);
  await finish(reference);
  const undisturbed = await reference.curve(), weights = await finalTensors(reference);
  const usable = faults.filter(({ lacks }) => lacks === null), chance = new Chance({ seed, stream: 0, iteration: 0 });
  const outcomes = new Map<string, Map<Outcome, number>>();
  let struck = 0, tries = 0, runs = 0;
  while (struck < count) {
    const run = new RunUnderTest(join(folder, `run-${runs}`), setting);
    while (struck < count && (await run.rows()) < 0.8 * undisturbed.length) {
      // Each kind in turn at first, so that a short campaign leaves none out, then by chance.
      const fault = tries < usable.length ? usable[tries] : chance.of(usable);
      tries++;
      const outcome = await strike(fault, run, chance, undisturbed);
      onFault?.(fault.name, outcome, struck + 1);
      const counts = outcomes.get(fault.name) ?? new Map<Outcome, number>();
      outcomes.set(fault.name, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
      if (outcome !== "missed") struck++;
    }
    await finish(run);
    assertEquals(await run.curve(), undisturbed);
    assertSameTensors(await finalTensors(run), weights);
    await Deno.remove(run.folder.root, { recursive: true });
    runs++;
  }
  return { outcomes, runs };
}

async function strike(fault: Fault, run: RunUnderTest, chance: Chance, undisturbed: Curve): Promise<Outcome> {
  try {
    return await fault.strike(run, chance, undisturbed);
  } catch (cause) {
    throw new Error(`${fault.name}, in ${run.folder.root}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

/** Trains to the end, undisturbed. */
async function finish(run: RunUnderTest): Promise<void> {
  const { code, err } = await (await run.start()).ending();
  assertEquals(code, 0, err);
  assertEquals(await run.temporaries(), []);
}

async function finalTensors(run: RunUnderTest) {
  return (await readCheckpoint((await run.checkpoints()).at(-1)!.path)).tensors;
}

function assertSameTensors(
  actual: Awaited<ReturnType<typeof finalTensors>>,
  expected: Awaited<ReturnType<typeof finalTensors>>,
): void {
  assertEquals([...actual.keys()], [...expected.keys()]);
  for (const [name, { data }] of expected) {
    const own = actual.get(name)!.data;
    assert(data.length === own.length && data.every((value, index) => Object.is(value, own[index])), `${name} differs`);
  }
}
