/** The file `provenance.json` beside scenes that this project made: what they were made from, and how. */
import { join } from "@std/path";
import { z } from "zod";
import { readTextFile, writeFileAtomic } from "../../base/files.ts";
import { parseJson } from "../../base/json.ts";
import type { SceneProvenance } from "./scene_source.ts";

/** Name of the file. */
export const PROVENANCE_FILE = "provenance.json";

/** Checks a {@link SceneProvenance} that was read from JSON. */
export const provenanceSchema: z.ZodType<SceneProvenance> = z.object({
  kind: z.string(),
  origin: z.string(),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  files: z.array(z.object({
    path: z.string(),
    bytes: z.int().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits"),
  })),
  madeFrom: z.lazy(() => provenanceSchema).optional(),
});

/** Writes `provenance.json` into a folder, atomically. @throws {UserError} if it cannot be written. */
export async function writeProvenance(folder: string, provenance: SceneProvenance): Promise<void> {
  await writeFileAtomic(join(folder, PROVENANCE_FILE), JSON.stringify(provenance, null, 1) + "\n");
}

/** Reads `provenance.json` of a folder; undefined if there is none. @throws {UserError} if it is not valid. */
export async function readProvenance(folder: string): Promise<SceneProvenance | undefined> {
  const path = join(folder, PROVENANCE_FILE);
  try {
    await Deno.stat(path);
  } catch {
    return undefined;
  }
  return parseJson(await readTextFile(path), path, provenanceSchema);
}
