/** Scenes to codes, and codes to rooms, many at a time. */
import { createHash } from "node:crypto";
import { readNpy, writeNpy } from "../data/formats/npy.ts";
import type { Run } from "./run.ts";
import type { UnseenScenes } from "./unseen_scenes.ts";

/** Scenes and their codes. */
export interface EncodedScenes {
  /** Labels `[D, H, W]` of each scene. */
  readonly labels: readonly Uint8Array[];
  /** Codes one behind the other, float32 `[n, codeSize]`. */
  readonly codes: Float32Array<ArrayBuffer>;
  /** SHA-256 of each scene's labels, in hexadecimal. */
  readonly fingerprints: readonly string[];
}

/** Reads and encodes scenes, `batch` at a time. */
export async function encodeScenes(run: Run, scenes: UnseenScenes, batch: number): Promise<EncodedScenes> {
  const labels: Uint8Array[] = [], { count } = scenes;
  for (let i = 0; i < count; i++) labels.push(await scenes.read(i));
  const codes = new Float32Array(count * run.codeSize);
  for (let start = 0; start < count; start += batch) {
    const n = Math.min(batch, count - start), together = new Uint8Array(n * run.voxels);
    for (let i = 0; i < n; i++) together.set(labels[start + i], i * run.voxels);
    codes.set(run.encode(together, n), start * run.codeSize);
  }
  const fingerprints = labels.map((each) => createHash("sha256").update(each).digest("hex"));
  return { labels, codes, fingerprints };
}

/** Writes codes as float32 `[n, …]` of the shape of the run's codes. */
export async function writeCodes(path: string, run: Run, codes: readonly Float32Array[]): Promise<void> {
  const numbers = codes.reduce((sum, each) => sum + each.length, 0);
  const all = new Float32Array(numbers);
  let at = 0;
  for (const each of codes) {
    all.set(each, at);
    at += each.length;
  }
  await writeNpy(path, { dtype: "float32", shape: [numbers / run.codeSize, ...run.codeShape], data: all });
}

/** Labels `[D, H, W]` of each room of a stack that an evaluation wrote. @throws {UserError} if it cannot be read. */
export async function readRooms(path: string): Promise<Uint8Array[]> {
  const { data, shape: [count] } = await readNpy(path), voxels = data.length / count;
  return Array.from({ length: count }, (_, i) => Uint8Array.from(data.subarray(i * voxels, (i + 1) * voxels), Number));
}

/** Labels of decoded rooms, `[D, H, W]` each. */
export interface DecodedLabels {
  /** As the generator gives them. */
  readonly plain: Uint8Array[];
  /** After the refiner; null if it was not trained. */
  readonly refined: Uint8Array[] | null;
}

/**
 * Decodes codes `batch` at a time. With batch norm's batch statistics a room depends on the rooms beside it; then each
 * code goes through the networks alone with `companions`, so that rooms differ by their codes only, as in the original.
 *
 * @param codes float32 `[n, codeSize]`.
 * @param companions codes float32 `[m, codeSize]`, of no effect with running statistics; without any, rooms go together.
 * @param onDecoded told how many rooms have been decoded since the last call.
 */
export function decodeCodes(
  run: Run,
  codes: Float32Array,
  batch: number,
  companions: Float32Array,
  onDecoded: (rooms: number) => void,
): DecodedLabels {
  const { codeSize, voxels, refines } = run;
  const plain: Uint8Array[] = [], refined: Uint8Array[] = [];
  const alone = run.statistics === "batch" && companions.length > 0;
  const count = codes.length / codeSize, step = alone ? 1 : batch;
  for (let start = 0; start < count; start += step) {
    const n = Math.min(step, count - start);
    const wanted = codes.subarray(start * codeSize, (start + n) * codeSize);
    const together = alone ? concatenated(wanted, companions) : wanted;
    const decoded = run.decode(together, together.length / codeSize);
    for (let i = 0; i < n; i++) {
      plain.push(decoded.plain.labels.slice(i * voxels, (i + 1) * voxels));
      if (decoded.refined) refined.push(decoded.refined.labels.slice(i * voxels, (i + 1) * voxels));
    }
    onDecoded(n);
  }
  return { plain, refined: refines ? refined : null };
}

/** The codes of all rooms but one, float32 `[n − 1, codeSize]`: the companions of that one. */
export function codesWithout(codes: Float32Array, codeSize: number, index: number): Float32Array {
  return concatenated(codes.subarray(0, index * codeSize), codes.subarray((index + 1) * codeSize));
}

/** One list of numbers behind the other. */
function concatenated(one: Float32Array, other: Float32Array): Float32Array<ArrayBuffer> {
  const both = new Float32Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** What the rooms decoded for some scenes depend on: all of `fingerprints` only where rooms depend on each other. */
export function sceneInputs(
  run: Run,
  fingerprints: readonly string[],
  batch: number,
  ...chosen: readonly number[]
): { readonly scenes: readonly string[]; readonly together: number | null } {
  const apart = run.statistics === "running";
  return {
    scenes: chosen.map((index) => fingerprints[index]).concat(apart ? [] : fingerprints),
    together: apart ? null : batch,
  };
}
