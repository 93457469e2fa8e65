/** Divides scenes into those to train on and those to test on. */
import { createHash } from "node:crypto";
import { UserError } from "../../base/errors.ts";

/** Names of the scenes on each side, both in ascending order. */
export interface SceneSplit {
  /** Scenes to train on. */
  readonly train: readonly string[];
  /** Scenes to test on. */
  readonly test: readonly string[];
}

/** Share of the scenes to test on in the published experiments: 95 % train, 5 % test. */
export const TEST_FRACTION = 0.05;

/** What keeps scenes together on one side of a split: the name up to the first `/`, the scene folder of a Scenevox. */
export function splitGroup(sceneId: string): string {
  return sceneId.split("/", 1)[0];
}

/**
 * Divides scenes at random. Groups of scenes (see {@link splitGroup}) are ordered by the SHA-256 of the seed and their
 * name, and go to the test side until it has at least its share; the last group always stays to train on. The result
 * does not depend on the order of `sceneIds`.
 *
 * @param testFraction share to test on, 0 up to but not including 1; above 0 at least one group is tested on if there
 *   are two.
 * @throws {UserError} if there is no scene, a name occurs twice, or the share is out of range.
 */
export function splitScenes(
  sceneIds: readonly string[],
  seed: number,
  testFraction: number = TEST_FRACTION,
): SceneSplit {
  if (sceneIds.length === 0) throw new UserError("there is no scene to divide into train and test");
  if (!(testFraction >= 0 && testFraction < 1)) {
    throw new UserError(`test fraction ${testFraction}: expected 0 or more and less than 1`);
  }
  const groups = new Map<string, string[]>();
  const seen = new Set<string>();
  for (const id of sceneIds) {
    if (seen.has(id)) throw new UserError(`two scenes have the name ${JSON.stringify(id)}`);
    seen.add(id);
    const group = splitGroup(id);
    const members = groups.get(group);
    if (members) members.push(id);
    else groups.set(group, [id]);
  }
  const wanted = Math.round(testFraction * sceneIds.length) || Math.ceil(testFraction);
  const ordered = [...groups.keys()]
    .map((group) => ({ group, hash: createHash("sha256").update(`${seed}:${group}`).digest("hex") }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1));
  const train: string[] = [];
  const test: string[] = [];
  ordered.forEach(({ group }, i) => {
    const side = test.length < wanted && i < ordered.length - 1 ? test : train;
    side.push(...groups.get(group) ?? []);
  });
  return { train: train.sort(), test: test.sort() };
}
