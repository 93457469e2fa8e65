/** `--mode interpolate`: walks through the code from each of some scenes to each other, in the reference's files. */
import { join } from "@std/path";
import { z } from "zod";
import { writeFileAtomic } from "../../base/files.ts";
import { Progress } from "../../base/progress.ts";
import { UserError } from "../../base/errors.ts";
import { writeLabelsAsInt64 } from "../../data/formats/npy.ts";
import { encodeIndexedPng } from "../../viz/draw/png.ts";
import { Walk } from "../../viz/draw/walk.ts";
import { codesWithout, decodeCodes, type DecodedLabels, encodeScenes, sceneInputs, writeCodes } from "../codes.ts";
import { type Mode, SHARED_FLAGS } from "../mode.ts";
import { fileNames, removeFiles } from "../stale_files.ts";
import type { UnseenScenes } from "../unseen_scenes.ts";
import type { Workspace } from "../workspace.ts";

/** Paths between two codes: straight, as in the reference, or along the great circle. */
const PATHS = ["linear", "spherical"] as const;
/** Walks whose animation is on the page; the others are linked. */
const ANIMATIONS = 6;

const FLAGS = {
  allowOverlap: SHARED_FLAGS.allowOverlap,
  pairs: z.int().min(2).max(100).optional().describe("scenes to walk between, each to each [4]"),
  steps: z.int().min(2).max(1000).optional().describe("rooms of a walk [30]"),
  path: z.enum(PATHS).optional().describe("way between codes [linear, as the original]"),
};

/** How to walk. */
export interface WalkOptions {
  /** Rooms of a walk, both ends included; 30 if left out. */
  readonly steps?: number;
  /** Way from code to code; straight if left out. */
  readonly path?: typeof PATHS[number];
}

/** The mode. */
export const INTERPOLATE: Mode<typeof FLAGS> = {
  name: "interpolate",
  help: "walks from scene to scene",
  flags: FLAGS,
  picture: "interpolation*.gif",
  scenes: ({ pairs = 4 }) => pairs,
  leftOut: ({ scenes }) => scenes.count < 2 ? "One scene: no walks." : null,
  async work({ workspace, scenes, flags }) {
    await interpolate(workspace, scenes, flags);
    return "";
  },
  async section({ workspace: { run, out }, scenes, flags: { steps = 30, path = "linear" } }) {
    const pairs = pairsOf(scenes.count), stage = run.refines ? ", as generated and refined" : "";
    const shown = pairs.filter(([left, right]) => left < right).slice(0, ANIMATIONS);
    return {
      id: "interpolation",
      title: "Interpolation",
      text: [`${steps} steps along a ${path === "linear" ? "straight line" : "great circle"} from code to code.`],
      pictures: shown.flatMap(([left, right], index) => {
        const name = `interpolation${left}-${right}`, what = `from scene ${left} to scene ${right}${stage}`;
        const strip = { file: `${name}.png`, alt: `Seven steps of a walk ${what}`, caption: `Steps ${what}.` };
        const animation = { file: `${name}.gif`, alt: `Animated walk ${what}`, caption: `The walk ${what}.` };
        return index === 0 ? [animation, strip] : [animation];
      }),
      tables: [],
      files: await fileNames(
        out,
        pairs.flatMap(([left, right]) =>
          ["npy", "gif", "png"].map((ending) => `interpolation${left}-${right}.${ending}`)
        ),
      ),
    };
  },
};

/** Every ordered pair of two of `count` scenes. */
function pairsOf(count: number): (readonly [left: number, right: number])[] {
  const all = Array.from({ length: count ** 2 }, (_, i) => [Math.floor(i / count), i % count] as const);
  return all.filter(([left, right]) => left !== right);
}

/** Where two codes are too close to parallel for the great circle, the straight line is the same. */
const LEAST_SINE = 1e-6;

/**
 * The code at share `t` of the way from `left` to `right`, exactly `left` at 0 and `right` at 1. The spherical way is
 * slerp over all numbers of the code: K. Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985; for
 * codes T. White, "Sampling generative networks", arXiv:1609.04468.
 */
export function between(left: Float32Array, right: Float32Array, t: number, path: typeof PATHS[number]): Float32Array {
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
function walk(left: Float32Array, right: Float32Array, steps: number, path: typeof PATHS[number]): Float32Array {
  const codes = new Float32Array(steps * left.length);
  for (let i = 0; i < steps; i++) codes.set(between(left, right, i / (steps - 1), path), i * left.length);
  return codes;
}

/**
 * Walks every ordered pair `l`-`r` of scenes. For each, writes `interpolation<l>-<r>.npy` (int64 labels
 * `[steps, D, H, W]`, refined if there is a refiner, as in the reference), `interpolation_unrefined<l>-<r>.npy` (before
 * the refiner, if there is one), `interpolation_z<l>-<r>.npy` (float32 codes), an animation `.gif` and a strip `.png`.
 *
 * @throws {UserError} if there are fewer than two scenes.
 */
export async function interpolate(
  workspace: Workspace,
  scenes: UnseenScenes,
  { steps = 30, path = "linear" }: WalkOptions,
): Promise<void> {
  const { run, out, ledger, batch, say } = workspace, pairs = pairsOf(scenes.count);
  if (pairs.length === 0) {
    throw new UserError(`an interpolation needs two scenes, there is ${scenes.description}; give more`);
  }
  const { codes, fingerprints } = await encodeScenes(run, scenes, batch);
  const code = (index: number) => codes.subarray(index * run.codeSize, (index + 1) * run.codeSize);
  using progress = new Progress("interpolating", pairs.length * steps, "rooms");
  let done = 0, skipped = 0;
  for (const [left, right] of pairs) {
    const inputs = { steps, path, ...sceneInputs(run, fingerprints, batch, left, right) };
    const worked = await ledger.once(`interpolation${left}-${right}`, inputs, async () => {
      const steady = codesWithout(codes, run.codeSize, left);
      const route = walk(code(left), code(right), steps, path);
      const rooms = decodeCodes(run, route, batch, steady, (n) => progress.update(done += n));
      await writeCodes(join(out, `interpolation_z${left}-${right}.npy`), run, [route]);
      return [`interpolation_z${left}-${right}.npy`, ...await writeWalk(workspace, `${left}-${right}`, rooms)];
    });
    if (worked) continue;
    skipped++;
    progress.update(done += steps);
  }
  if (skipped > 0) say(`${skipped} of ${pairs.length} walks were finished already and stay as they are.`);
}

/** Writes the volumes and pictures of a pair and returns the names of the files. */
async function writeWalk({ run, out }: Workspace, pair: string, { plain, refined }: DecodedLabels): Promise<string[]> {
  const { config: { grid }, classes } = run, shape = [plain.length, ...grid];
  const names = [`interpolation${pair}.npy`, `interpolation${pair}.gif`, `interpolation${pair}.png`];
  const unrefined = `interpolation_unrefined${pair}.npy`;
  await writeLabelsAsInt64(join(out, names[0]), shape, refined ?? plain);
  if (refined) await writeLabelsAsInt64(join(out, unrefined), shape, plain);
  else await removeFiles(out, [unrefined]);
  const versions = [{ title: "generated", volumes: plain }];
  if (refined) versions.push({ title: "refined", volumes: refined });
  const pictures = new Walk(versions, grid, classes);
  await writeFileAtomic(join(out, names[1]), pictures.animation());
  await writeFileAtomic(join(out, names[2]), encodeIndexedPng(pictures.strip()));
  return refined ? [...names, unrefined] : names;
}
