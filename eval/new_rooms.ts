/** New rooms as a training shows them when it is done. */
import { join } from "@std/path";
import { writeFileAtomic } from "../base/files.ts";
import type { Backend } from "../nn/backend/backend.ts";
import { stepName } from "../run/checkpoint.ts";
import { GENERATED } from "../run/evaluation_files.ts";
import { EventFile } from "../run/event_file.ts";
import { runFolder } from "../run/run_folder.ts";
import { evaluationSheet, roomsOfSheet } from "../viz/draw/evaluation_sheet.ts";
import { encodePng } from "../viz/draw/png.ts";
import { decodeCodes } from "./codes.ts";
import { Run } from "./run.ts";

/**
 * Draws the first new rooms of seed 0 by the newest checkpoint of a run: a picture for TensorBoard, and in `samples`.
 *
 * @returns the path of the picture.
 * @throws {UserError} if the run cannot be opened, or a file not be written.
 */
export async function drawNewRooms(root: string, backend: Backend): Promise<string> {
  using run = await Run.open(root, { backend });
  const { step, classes, config: { grid }, options: { batch } } = run, folder = runFolder(root);
  const codes = run.sampleCodes(roomsOfSheet(GENERATED, Infinity), 0);
  const { plain, refined } = decodeCodes(run, codes, batch, new Float32Array(), () => {});
  const sheet = evaluationSheet(GENERATED, { generate: plain, generate_refine: refined }, grid, { classes });
  const path = join(folder.samples, `${stepName(step)}-${GENERATED.sheet}`), png = encodePng(sheet);
  await writeFileAtomic(path, png);
  using events = await EventFile.create(folder.events, step + 1);
  events.image(step, { tag: "generated", widthPixels: sheet.width, heightPixels: sheet.height, png });
  return path;
}
