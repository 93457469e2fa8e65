/** `--mode replay`: a project file done again. */
import { join } from "@std/path";
import { z } from "zod";
import { UserError } from "../../base/errors.ts";
import { writeFileAtomic } from "../../base/files.ts";
import { alignedTable } from "../../base/table.ts";
import { writeLabelsAsInt64 } from "../../data/formats/npy.ts";
import { type EditRequest, type Project, readProject } from "../../run/project.ts";
import { contactSheet } from "../../viz/draw/contact_sheet.ts";
import { encodeIndexedPng } from "../../viz/draw/png.ts";
import type { Mode } from "../mode.ts";
import { inLastGrid, replay, type ReplayedScene } from "../replay.ts";
import type { Workspace } from "../workspace.ts";

const FLAGS = {
  project: z.string().min(1).optional().describe("project file (.json) whose edits are made again"),
};

/** Scenes in the picture, the last ones. */
const MOST_SHOWN = 8;
const SHEET = "replay.png";

/** Not one of the `MODES` that a run is evaluated by: it needs a project. */
export const REPLAY: Omit<Mode<typeof FLAGS>, "section"> = {
  name: "replay",
  help: "the edits of a project file, made again",
  flags: FLAGS,
  picture: SHEET,
  scenes: () => 0,
  async work({ workspace, flags: { project } }) {
    if (project === undefined) throw new UserError("--mode replay needs --project <file.json>: save one in the viewer");
    return await replayProject(workspace, project);
  },
};

/**
 * Makes the edits of a project again. Writes `replay.npy` (int64 labels `[1 + edits, D, H, W]`: the scene at the
 * beginning, and after each edit, undone ones too, see {@link inLastGrid}), a sheet of the last scenes, and `replay.json`, the project as it
 * came out here.
 *
 * @returns a table for the terminal: each edit, and whether it came out as recorded.
 * @throws {UserError} as {@link readProject} and {@link replay}; if a scene came out with other bytes, after the files
 * are written.
 */
async function replayProject({ run, out, say }: Workspace, path: string): Promise<string> {
  const project = await readProject(path), { classes } = run;
  const scenes = replay(run, project, path), { grid } = scenes.at(-1)!;
  const volumes = inLastGrid(scenes, project.edits);
  await writeLabelsAsInt64(join(out, "replay.npy"), [scenes.length, ...grid], volumes);
  const edits = project.edits.map((edit, i) => ({ ...edit, result: scenes[i + 1].result }));
  const here: Project = { ...project, run: { ...project.run, engine: run.backend.name }, edits };
  await writeFileAtomic(join(out, "replay.json"), JSON.stringify(here) + "\n");
  const shown = volumes.map((volume, i) => ({ title: i === 0 ? "scene" : `edit ${i}`, volumes: [volume] }));
  const sheet = contactSheet(shown.slice(-MOST_SHOWN), grid, { classes });
  await writeFileAtomic(join(out, SHEET), encodeIndexedPng(sheet));
  const rows = project.edits.map((edit, i) => [
    ...[`${i + 1}`, what(edit), where(edit), String(edit.seed), String(edit.proposal)],
    outcome(scenes[i + 1], i < project.applied),
  ]);
  const table = alignedTable([["edit", "what", "where", "seed", "proposal", "outcome"], ...rows]);
  const others = scenes.flatMap(({ asRecorded }, i) => asRecorded ? [] : [i]);
  if (others.length === 0) return table;
  say(table);
  const named = `${others.length === 1 ? "edit" : "edits"} ${others.join(", ")}`;
  throw new UserError(
    `${path}: ${named} came out with other bytes than recorded; it was made on ${project.run.engine}, this is ` +
      `${run.backend.name}: see --device and --cpu-engine; another version of the program may draw proposals ` +
      `otherwise. ${out}/replay.json is the project as it came out`,
  );
}

function what({ condition }: EditRequest): string {
  switch (condition.change) {
    case "remove":
      return "remove";
    case "replace":
      return `replace by ${condition.by}`;
    case "regenerate": {
      const { type, with: present = [], without = [] } = condition;
      return ["regenerate", type, ...present, ...without.map((name) => `no ${name}`)].filter(Boolean).join(" ");
    }
  }
}

function where({ selection }: EditRequest): string {
  if ("beyond" in selection) return `${selection.by} voxels beyond ${selection.beyond}`;
  return "object" in selection ? `object at ${selection.object}` : `box ${selection.box.start} to ${selection.box.end}`;
}

function outcome({ asRecorded }: ReplayedScene, applied: boolean): string {
  return `${asRecorded ? "as recorded" : "other bytes"}${applied ? "" : ", undone"}`;
}
