/** `--mode recons`: scenes through encoder, generator and refiner, with tables and a contact sheet. */
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { readTextFile } from "../../base/files.ts";
import { CLASSES_FILE } from "../../data/class_file.ts";
import { evaluateScenes } from "../evaluate.ts";
import { fileNames } from "../stale_files.ts";
import type { TestScenes } from "../unseen_scenes.ts";
import type { Workspace } from "../workspace.ts";

/** Files of the mode; those of the refiner are there if it was trained. */
const FILES = ["real.npy", "recons.npy", "decode_z.npy", "IoU.csv", "AP.csv", "summary.txt", "reconstructions.png"];
const REFINED_FILES = ["recons_refine.npy", "IoU_refine.csv", "AP_refine.csv"];

/**
 * Reconstructs all the scenes unless that is done.
 *
 * @returns the tables, as in `summary.txt`.
 * @throws {UserError} if a scene cannot be read, or a file not be written.
 */
export async function reconstructScenes(workspace: Workspace, scenes: TestScenes): Promise<string> {
  const { run, out, ledger, batch, threads, pictures, say } = workspace;
  const hash = createHash("sha256");
  for (let i = 0; i < scenes.count; i++) hash.update(await scenes.read(i));
  const inputs = {
    scenes: hash.digest("hex"),
    count: scenes.count,
    together: run.statistics === "batch" ? batch : null,
  };
  const worked = await ledger.once("recons", inputs, async () => {
    const drawSheet = ({ real, recons, refined }: Volumes) => {
      const versions = [{ title: "real", volumes: real }, { title: "reconstruction", volumes: recons }];
      if (refined) versions.push({ title: "refined", volumes: refined });
      return pictures.rooms(versions, run.config.grid);
    };
    await evaluateScenes(run, scenes, { out, batch, threads, drawSheet });
    return [...FILES, ...run.refines ? REFINED_FILES : [], ...await fileNames(out, [CLASSES_FILE])];
  });
  if (!worked) say("The reconstructions were finished already and stay as they are.");
  return (await readTextFile(join(out, "summary.txt"))).trimEnd();
}

interface Volumes {
  readonly real: readonly Uint8Array[];
  readonly recons: readonly Uint8Array[];
  readonly refined: readonly Uint8Array[] | null;
}
