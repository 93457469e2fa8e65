/** The models that come with the program. */
import { basename, fromFileUrl, join } from "@std/path";
import { exists, readFile, writeFileAtomic } from "../base/files.ts";
import { latestCheckpoint } from "./checkpoint.ts";
import { newestRun, runFolder, RUNS_FOLDER } from "./run_folder.ts";

/** Run folder of the one trained by the default command, which is not written to. */
export const SHIPPED_MODEL: string = fromFileUrl(new URL("../models/rooms-small", import.meta.url));

/** Run folder of the small model whose encoder compares generated rooms with real ones; it is not written to. */
export const JUDGE_MODEL: string = fromFileUrl(new URL("../models/judge", import.meta.url));

/** The shipped model as a run in `folder`, copied there unless it is. @throws {UserError} if it cannot be. */
export async function shippedRun(folder: string = RUNS_FOLDER): Promise<string> {
  const root = join(folder, basename(SHIPPED_MODEL)), from = runFolder(SHIPPED_MODEL), to = runFolder(root);
  const checkpoint = await latestCheckpoint(from.checkpoints);
  const copies = [[checkpoint, join(to.checkpoints, basename(checkpoint))], [from.options, to.options]];
  for (const [source, target] of copies) {
    if (!await exists(target)) await writeFileAtomic(target, await readFile(source));
  }
  return root;
}

/** The run in `runs/` that was trained last, else the shipped model. @throws {UserError} if that cannot be copied. */
export async function runAtHand(): Promise<string> {
  return await newestRun() ?? await shippedRun();
}
