/** `--mode complete`: rooms that continue what is known of one. */
import { join } from "@std/path";
import { z } from "zod";
import { csvText } from "../../../base/csv.ts";
import { UserError } from "../../../base/errors.ts";
import { writeFileAtomic } from "../../../base/files.ts";
import { alignedTable } from "../../../base/table.ts";
import { formatGrid } from "../../../data/grid.ts";
import { writeLabelsAsInt64, writeNpy } from "../../../data/formats/npy.ts";
import { fingerprint } from "../../../data/scenes/fingerprint.ts";
import { knownScene } from "../../../data/scenes/known_parts.ts";
import { openScenes } from "../../../data/scenes/open.ts";
import { sceneOptions } from "../../../run/config.ts";
import { contactSheet } from "../../../viz/draw/contact_sheet.ts";
import { encodeIndexedPng } from "../../../viz/draw/png.ts";
import { type Mode, SHARED_FLAGS } from "../../mode.ts";
import { REQUEST_FLAGS, requestOf } from "../../request_flags.ts";
import type { RoomRequest } from "../../room_request.ts";
import type { Run } from "../../run.ts";
import { fileNames } from "../../stale_files.ts";
import type { UnseenScenes } from "../../unseen_scenes.ts";
import type { Workspace } from "../../workspace.ts";
import { type CompletionScores, iouWithin, seamAgreement } from "../../metrics/completion_scores.ts";
import { knownBesides, MASK_FORMS } from "./hidden_part.ts";

const FLAGS = {
  scene: SHARED_FLAGS.scene,
  mask: z.string().min(1).optional().describe(`what to make up: ${MASK_FORMS} [half:right]`),
  count: SHARED_FLAGS.count,
  seed: SHARED_FLAGS.seed,
  ...REQUEST_FLAGS,
};

/** Completions unless told otherwise. */
const COMPLETIONS = 4;
/** Completions in the picture. */
const MOST_SHOWN = 8;
const SHEET = "complete.png", TABLE = "complete.csv";
const FILES = ["complete.npy", "complete_given.npy", "complete_known.npy", TABLE, SHEET];

/** The mode. */
export const COMPLETE: Mode<typeof FLAGS> = {
  name: "complete",
  help: "rooms that continue a part of one",
  flags: FLAGS,
  picture: SHEET,
  scenes: ({ scene }) => scene === undefined ? 1 : 0,
  ofAll: ({ count: _, ...flags }) => flags, // of all, these are scenes to evaluate on
  leftOut: ({ workspace: { run } }) => run.prior === "flow" ? null : "This run has no flow prior: no completions.",
  async work({ workspace, scenes, flags }) {
    const { scene, mask = "half:right", count = COMPLETIONS, seed = 0 } = flags;
    const labels = await sceneToComplete(workspace.run, scenes, scene);
    return await completeScene(workspace, labels, { mask, count, seed, request: requestOf(flags) });
  },
  async section({ workspace: { out } }) {
    return {
      id: "completion",
      title: "Completion",
      text: ["A room of which a part is given, rooms that the prior makes of it, and the room itself."],
      pictures: [{ file: SHEET, alt: "A part of a room, several rooms that continue it, and the whole room" }],
      tables: [],
      files: await fileNames(out, FILES.filter((name) => !name.endsWith(".png"))),
    };
  },
};

/** How to complete a scene. */
export interface CompleteOptions {
  /** What to make up: see `knownBesides`. */
  readonly mask: string;
  /** How many rooms. */
  readonly count: number;
  /** uint32; room i of a seed is the same however many there are. */
  readonly seed: number;
  /** What is asked of the rooms besides. */
  readonly request?: RoomRequest;
}

async function sceneToComplete(run: Run, scenes: UnseenScenes, path?: string): Promise<Uint8Array> {
  if (path === undefined) return await scenes.read(0);
  using source = await openScenes(path, sceneOptions(run.options));
  if (source.grid.join() === run.config.grid.join()) return await source.read(0);
  throw new UserError(
    `--scene ${path} is of ${formatGrid(source.grid)} voxels, this run completes ${formatGrid(run.config.grid)}`,
  );
}

/**
 * Completes a scene, unless that is done. Writes `complete.npy` (int64 labels `[n, D, H, W]`, the known part pasted
 * back), `complete_given.npy` (int64 `[D, H, W]`), `complete_known.npy` (uint8 `[D, H, W]`), `complete.csv` with
 * {@link CompletionScores}, and a sheet of given part, completions and scene.
 *
 * @returns a table for the terminal; empty if there was nothing to do.
 * @throws {UserError} if the run has no flow prior, the mask is none, or a file cannot be written.
 */
export async function completeScene(
  { run, out, ledger, say }: Workspace,
  labels: Uint8Array,
  { mask, count, seed, request = {} }: CompleteOptions,
): Promise<string> {
  const { config: { grid }, classes, voxels } = run;
  const known = await knownBesides(mask, labels, grid, classes.names);
  const inputs = {
    ...{ count, seed, request: JSON.stringify(request) },
    scene: fingerprint(labels, grid),
    known: fingerprint(known, grid),
  };
  let summary = "";
  const worked = await ledger.once("complete", inputs, async () => {
    const completed = run.complete(labels, known, count, seed, request), given = knownScene(labels, known);
    const split = (all: Uint8Array) => Array.from({ length: count }, (_, i) => all.slice(i * voxels, (i + 1) * voxels));
    const made = split((completed.refined ?? completed.plain).labels), rooms = split(completed.labels);
    const scores = made.map((room, i): CompletionScores => ({
      knownIou: iouWithin(known, 1, room, labels),
      hiddenIou: iouWithin(known, 0, room, labels),
      seam: seamAgreement(known, rooms[i], grid),
    }));
    const heads = ["completion", "IoU of the known part", "IoU of the hidden part", "agreement at the seam"];
    const real = ["scene itself", 1, 1, seamAgreement(known, labels, grid)];
    const rows = [...scores.map(({ knownIou, hiddenIou, seam }, i) => [i, knownIou, hiddenIou, seam]), real];
    await writeLabelsAsInt64(join(out, "complete.npy"), [count, ...grid], rooms);
    await writeLabelsAsInt64(join(out, "complete_given.npy"), grid, [given]);
    await writeNpy(join(out, "complete_known.npy"), { dtype: "uint8", shape: [...grid], data: known });
    await writeFileAtomic(join(out, TABLE), csvText([heads, ...rows]));
    const columns = [
      { title: "given", volumes: [given] },
      ...rooms.slice(0, MOST_SHOWN).map((room, i) => ({ title: `completion ${i}`, volumes: [room] })),
      { title: "scene itself", volumes: [labels] },
    ];
    await writeFileAtomic(join(out, SHEET), encodeIndexedPng(contactSheet(columns, grid, { classes })));
    const shown = rows.map((row) =>
      row.map((cell) => typeof cell === "number" && cell % 1 ? cell.toFixed(3) : `${cell}`)
    );
    summary = alignedTable([heads, ...shown]);
    return FILES;
  });
  if (!worked) say("The completions were finished already and stay as they are.");
  return summary;
}
