/** Looks at every scene before training begins, so that a label of no class does not end it hours later. */
import { createHash } from "node:crypto";
import type { CacheFolder } from "../../base/cache_folder.ts";
import { mapConcurrently } from "../../base/concurrent.ts";
import { PAPER_CLASSES } from "../classes.ts";
import type { SceneReader } from "./scene_reader.ts";

/** Scenes asked for at the same time: enough to keep threads that read busy. */
const READ_AT_ONCE = 16;

/** How to scan. */
export interface LabelScanOptions {
  /** Remembers which files were found well, so that they are not read again for the next run. */
  readonly cache: CacheFolder;
  /** Told how many scenes of how many were looked at. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the scan early, with nothing remembered. */
  readonly signal?: AbortSignal;
}

/**
 * Reads every scene once, through a reader that keeps what fits into memory for the training after it. Does nothing for
 * sources that check labels when they are opened, and for files that were found well before.
 *
 * @throws {UserError} of the first scene that cannot be read or has a label that is no class.
 */
export async function scanLabels(
  reader: SceneReader,
  { cache, onProgress, signal }: LabelScanOptions,
): Promise<void> {
  const { source } = reader, { classes: { names, unknown } = PAPER_CLASSES, sceneIds } = source;
  if (!source.stamp) return;
  const facts = JSON.stringify([await source.stamp(), source.grid, names.length, unknown]);
  const entry = `labels/${createHash("sha256").update(facts).digest("hex").slice(0, 32)}`;
  if (cache.read(entry)) return;
  let done = 0;
  await mapConcurrently([...sceneIds.keys()], READ_AT_ONCE, async (index) => {
    if (signal?.aborted) return;
    await reader.read(index);
    onProgress?.(++done, sceneIds.length);
  });
  if (!signal?.aborted) cache.write(entry, new Uint8Array());
}
