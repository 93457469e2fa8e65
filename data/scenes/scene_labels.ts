/** What kind of scene each scene is, where that is known. */
import { dirname, join } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { readTextFile } from "../../base/files.ts";

/** Name of the file beside scenes: a line `name of the scene,label` for each. */
export const LABELS_FILE = "labels.csv";

/** Longest label, and most different ones: they are kinds of scenes, not names. */
const LONGEST_LABEL = 40, MOST_LABELS = 1000;

/**
 * Labels by the names of scenes, from the `labels.csv` in the folder at `path`, or beside the file; null if there is
 * none. A first line `scene,label` is a heading; empty lines are skipped.
 *
 * @throws {UserError} naming the line that has no label, or names a scene twice.
 */
export async function findLabels(path: string): Promise<ReadonlyMap<string, string> | null> {
  const isFolder = await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
  const file = join(isFolder ? path : dirname(path), LABELS_FILE);
  if (!await Deno.stat(file).then(({ isFile }) => isFile, () => false)) return null;
  return parseLabels(await readTextFile(file), file);
}

/** The lines of a `labels.csv`. @throws {UserError} naming `source` and the line. */
export function parseLabels(text: string, source: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  text.split(/\r?\n/).forEach((line, index) => {
    const comma = line.lastIndexOf(",");
    const scene = line.slice(0, Math.max(0, comma)).trim(), label = line.slice(comma + 1).trim();
    if (line.trim() === "" || (index === 0 && scene === "scene" && label === "label")) return;
    const place = `${source}:${index + 1}`;
    if (scene === "" || label === "" || label.length > LONGEST_LABEL) {
      throw new UserError(
        `${place}: expected the name of a scene, a comma and a label of at most ${LONGEST_LABEL} characters`,
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
