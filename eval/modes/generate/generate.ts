/** `--mode generate`: new rooms from codes drawn from N(0, 1), written in the reference's files. */
import { join } from "@std/path";
import { Progress } from "../../../base/progress.ts";
import { writeLabelsAsInt64 } from "../../../data/formats/npy.ts";
import { writeCodes } from "../../reconstruct.ts";
import type { Run } from "../../run.ts";
import { removeFiles } from "../../stale_files.ts";
import { truncatedCodes } from "./truncated_codes.ts";

/** Options of {@link generateRooms}. */
export interface GenerationOptions {
  /** How many rooms. */
  readonly count: number;
  /** Rooms that go through the networks together. */
  readonly batch: number;
  /** Seed of the codes; room i of a seed is the same however many there are. */
  readonly seed: number;
  /** Greatest size of a number of a code, beyond which it is drawn again; no limit if left out. */
  readonly truncation?: number;
  /** Folder that the files are written to. */
  readonly out: string;
}

/** Labels of the new rooms. */
export interface Generation {
  /** As the generator gives them, `[D, H, W]` each. */
  readonly generated: readonly Uint8Array[];
  /** After the refiner; null if it was not trained. */
  readonly refined: readonly Uint8Array[] | null;
}

/**
 * Generates rooms and writes `generate.npy [generate_refine.npy]` (int64 labels) and `sample_z.npy` (float32 codes). A
 * `generate_refine.npy` of an earlier evaluation goes where this run has no trained refiner.
 *
 * @throws {UserError} if a file cannot be written.
 */
export async function generateRooms(run: Run, options: GenerationOptions): Promise<Generation> {
  const { count, batch, seed, truncation, out } = options;
  using progress = new Progress("generating", count, "rooms");
  const generated: Uint8Array[] = [], refined: Uint8Array[] = [], codes: Float32Array[] = [];
  for (let start = 0; start < count; start += batch) {
    const n = Math.min(batch, count - start);
    codes.push(
      truncation === undefined ? run.sampleCodes(n, seed, start) : truncatedCodes(run, n, seed, start, truncation),
    );
    const decoded = run.decode(codes.at(-1)!, n);
    for (let i = 0; i < n; i++) {
      generated.push(decoded.plain.labels.slice(i * run.voxels, (i + 1) * run.voxels));
      if (decoded.refined) refined.push(decoded.refined.labels.slice(i * run.voxels, (i + 1) * run.voxels));
    }
    progress.update(start + n);
  }
  const shape = [count, ...run.config.grid];
  await writeLabelsAsInt64(join(out, "generate.npy"), shape, generated);
  if (run.refines) await writeLabelsAsInt64(join(out, "generate_refine.npy"), shape, refined);
  else await removeFiles(out, ["generate_refine.npy"]);
  await writeCodes(join(out, "sample_z.npy"), run, codes);
  return { generated, refined: run.refines ? refined : null };
}
