/** `--mode interpolate`: walks through the code from each of some scenes to each other, in the reference's files. */
import { join } from "@std/path";
import { writeFileAtomic } from "../../base/files.ts";
import { Progress } from "../../base/progress.ts";
import { UserError } from "../../base/errors.ts";
import { writeLabelsAsInt64 } from "../../data/formats/npy.ts";
import { codesWithout, decodeCodes, type DecodedLabels, encodeScenes, sceneInputs } from "../codes.ts";
import { writeCodes } from "../reconstruct.ts";
import { removeFiles } from "../stale_files.ts";
import type { TestScenes } from "../unseen_scenes.ts";
import type { Workspace } from "../workspace.ts";

/** Paths between two codes. */
export const INTERPOLATION_PATHS = ["linear", "spherical"] as const;

/** Way from one code to another: straight, as in the reference, or along the great circle. */
export type InterpolationPath = (typeof INTERPOLATION_PATHS)[number];

/** Options of {@link interpolate}. */
export interface InterpolateOptions {
  /** How many scenes; every ordered pair of them is walked. */
  readonly pairs: number;
  /** Rooms of a walk, both ends included. */
  readonly steps: number;
  /** Way from code to code. */
  readonly path: InterpolationPath;
}

/** Where two codes are too close to parallel for the great circle, the straight line is the same. */
const LEAST_SINE = 1e-6;

/**
 * The code at share `t` of the way from `left` to `right`, exactly `left` at 0 and `right` at 1. The spherical way is
 * slerp over all numbers of the code: K. Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985; for
 * codes T. White, "Sampling generative networks", arXiv:1609.04468.
 */
export function between(left: Float32Array, right: Float32Array, t: number, path: InterpolationPath): Float32Array {
  let [ofLeft, ofRight] = [1 - t, t];
  if (path === "spherical") {
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    const cosine = dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
    const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
    if (Math.sin(angle) > LEAST_SINE) {
      [ofLeft, ofRight] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
    }
  }
  return left.map((value, i) => ofLeft * value + ofRight * right[i]);
}

/** Codes of a walk one behind the other, float32 `[steps, codeSize]`. */
function walk(left: Float32Array, right: Float32Array, steps: number, path: InterpolationPath): Float32Array {
  const codes = new Float32Array(steps * left.length);
  for (let i = 0; i < steps; i++) codes.set(between(left, right, i / (steps - 1), path), i * left.length);
  return codes;
}

/**
 * Walks every ordered pair `l`-`r` of the first scenes. For each, writes `interpolation<l>-<r>.npy` (int64 labels
 * `[steps, D, H, W]`, refined if there is a refiner, as in the reference), `interpolation_unrefined<l>-<r>.npy` (before
 * the refiner, if there is one), `interpolation_z<l>-<r>.npy` (float32 codes), an animation `.gif` and a strip `.png`.
 *
 * @throws {UserError} if there are fewer than two scenes.
 */
export async function interpolate(
  workspace: Workspace,
  scenes: TestScenes,
  { pairs, steps, path }: InterpolateOptions,
): Promise<void> {
  const { run, out, ledger, batch, say } = workspace;
  const count = Math.min(pairs, scenes.count);
  if (count < 2) throw new UserError(`an interpolation needs two scenes, there is ${scenes.description}; give more`);
  const { codes, fingerprints } = await encodeScenes(run, scenes, count, batch);
  const code = (index: number) => codes.subarray(index * run.codeSize, (index + 1) * run.codeSize);
  using progress = new Progress("interpolating", count * (count - 1) * steps, "rooms");
  let done = 0, skipped = 0;
  for (let left = 0; left < count; left++) {
    for (let right = 0; right < count; right++) {
      if (left === right) continue;
      const inputs = { steps, path, ...sceneInputs(run, fingerprints, batch, left, right) };
      const worked = await ledger.once(`interpolation${left}-${right}`, inputs, async () => {
        const steady = codesWithout(codes, run.codeSize, left);
        const route = walk(code(left), code(right), steps, path);
        const rooms = decodeCodes(run, route, batch, steady, (n) => progress.update(done += n));
        await writeCodes(join(out, `interpolation_z${left}-${right}.npy`), run, [route]);
        return [`interpolation_z${left}-${right}.npy`, ...await writeWalk(workspace, `${left}-${right}`, rooms)];
      });
      if (!worked) {
        skipped++;
        progress.update(done += steps);
      }
    }
  }
  if (skipped > 0) say(`${skipped} of ${count * (count - 1)} walks were finished already and stay as they are.`);
}

/** Writes the volumes and pictures of a pair and returns the names of the files. */
async function writeWalk(
  { run, out, pictures }: Workspace,
  pair: string,
  { plain, refined }: DecodedLabels,
): Promise<string[]> {
  const shape = [plain.length, ...run.config.grid];
  const names = [`interpolation${pair}.npy`, `interpolation${pair}.gif`, `interpolation${pair}.png`];
  const unrefined = `interpolation_unrefined${pair}.npy`;
  await writeLabelsAsInt64(join(out, names[0]), shape, refined ?? plain);
  if (refined) await writeLabelsAsInt64(join(out, unrefined), shape, plain);
  else await removeFiles(out, [unrefined]);
  const versions = [{ title: "generated", volumes: plain }];
  if (refined) versions.push({ title: "refined", volumes: refined });
  const { gif, strip } = pictures.walk(versions, run.config.grid);
  await writeFileAtomic(join(out, names[1]), gif);
  await writeFileAtomic(join(out, names[2]), strip);
  return refined ? [...names, unrefined] : names;
}
