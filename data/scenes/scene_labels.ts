/** What kind of scene each scene is, where that is known. */
import { dirname, join } from "@std/path";
import { parseCsv } from "../../base/csv.ts";
import { UserError } from "../../base/errors.ts";
import { readTextFile } from "../../base/files.ts";
import type { SceneSource } from "./scene_source.ts";

/** Name of the file beside scenes: a row for each with its name and its label. */
const LABELS_FILE = "labels.csv";

/** What a first row may say that is none. */
const HEADING = ["scene", "label"];
/** Longest label, and most different ones: they are kinds of scenes, not names. */
const LONGEST_LABEL = 40, MOST_LABELS = 1000;

/**
 * Labels of the scenes of a source by their names, as the source itself or a `labels.csv` at `path` tells them; empty if
 * neither does.
 *
 * @throws {UserError} as {@link findLabels}, and if the file names none of the scenes.
 */
export async function labelsOf(
  { sceneIds, label, description }: SceneSource,
  path: string,
): Promise<ReadonlyMap<string, string>> {
  if (label) return new Map(sceneIds.map((id, index) => [id, label(index)]));
  const found = await findLabels(path);
  if (found === null || sceneIds.some((id) => found.has(id))) return found ?? new Map();
  throw new UserError(
    `${LABELS_FILE} beside ${path} names none of the scenes (${description}); they have names such as ${
      JSON.stringify(sceneIds[0])
    }`,
  );
}

/**
 * Labels by the names of scenes, from the `labels.csv` in the folder at `path`, or beside the file; null if there is
 * none. A first row `scene,label` is a heading; empty rows are skipped.
 *
 * @throws {UserError} naming the row that has no label, or names a scene twice.
 */
export async function findLabels(path: string): Promise<ReadonlyMap<string, string> | null> {
  const isFolder = await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
  const file = join(isFolder ? path : dirname(path), LABELS_FILE);
  if (!await Deno.stat(file).then(({ isFile }) => isFile, () => false)) return null;
  return parseLabels(await readTextFile(file), file);
}

/** The rows of a `labels.csv`. @throws {UserError} naming `source` and the row. */
export function parseLabels(text: string, source: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  parseCsv(text, source).forEach((cells, index) => {
    const [scene, label] = cells.map((cell) => cell.trim()), place = `${source}:${index + 1}`;
    if (index === 0 && scene === HEADING[0] && label === HEADING[1]) return;
    if (cells.length !== 2 || scene === "" || label === "" || label.length > LONGEST_LABEL) {
      throw new UserError(
        `${place}: expected the name of a scene and a label of at most ${LONGEST_LABEL} characters with a comma between`,
      );
    }
    if (labels.has(scene)) throw new UserError(`${place}: scene ${JSON.stringify(scene)} has a label already`);
    labels.set(scene, label);
  });
  const kinds = new Set(labels.values()).size;
  if (kinds <= MOST_LABELS) return labels;
  throw new UserError(
    `${source}: ${kinds} different labels, at most ${MOST_LABELS} can be told apart; use kinds of scenes`,
  );
}
