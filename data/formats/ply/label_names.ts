/** What the numbers in labelled meshes stand for. */
import { dirname, join } from "@std/path";
import { z } from "zod";
import { UserError } from "../../../base/errors.ts";
import { exists, readTextFile } from "../../../base/files.ts";
import { parseJson } from "../../../base/json.ts";
import NYU40 from "./nyu40.json" with { type: "json" };
import SCANNET200 from "./scannet200.json" with { type: "json" };

/** Names by number. */
export type LabelNames = Readonly<Record<string, string>>;

/** Lists of names that this program has: of NYU's 40 classes, and of ScanNet200's by ScanNet's own numbers. */
export const LABEL_LISTS: Readonly<Record<string, LabelNames>> = { nyu40: NYU40, scannet200: SCANNET200 };

/** Columns of tables: the number, and the names from which the first that is there is taken. */
const NUMBER_COLUMNS = ["index", "id"], NAME_COLUMNS = ["mpcat40", "nyu40class", "category", "raw_category"];

/**
 * Which file beside a mesh has the names of a property: Replica numbers objects and lists them in `info_semantic.json`,
 * Matterport3D numbers the rows of `category_mapping.tsv`.
 */
const FILES_BESIDE: Readonly<Record<string, string>> = {
  object_id: "info_semantic.json",
  category_id: "category_mapping.tsv",
};

const namesSchema = z.record(z.string().regex(/^\d+$/, "expected numbers as keys"), z.string().min(1));
const replicaSchema = z.looseObject({
  objects: z.array(z.looseObject({ id: z.int().min(0), class_name: z.string().min(1) })),
});

/**
 * The names of the labels in a property of a mesh.
 *
 * @param asked `nyu40`, `scannet200`, or a file; if left out, the file beside the mesh, else nyu40.
 * @throws {UserError} if there is no such file, or it is not valid.
 */
export async function labelNames(path: string, property: string, asked?: string): Promise<LabelNames> {
  if (asked !== undefined) return LABEL_LISTS[asked] ?? await readLabelNames(asked);
  const name = FILES_BESIDE[property];
  if (name === undefined) return NYU40;
  const file = join(dirname(path), name);
  if (await exists(file)) return await readLabelNames(file);
  throw new UserError(
    `${path}: ${name} with the names of ${property} is not beside it; put it there, or --label-names`,
  );
}

/** Reads names: JSON by number, Replica's `info_semantic.json`, or a table of ScanNet or Matterport3D. */
async function readLabelNames(path: string): Promise<LabelNames> {
  const text = await readTextFile(path);
  if (/\.tsv$/i.test(path)) return namesOfTable(text, path);
  const found = parseJson(text, path, z.union([replicaSchema, namesSchema]));
  return isReplica(found)
    ? Object.fromEntries(found.objects.map(({ id, class_name }) => [String(id), class_name]))
    : found;
}

type Replica = z.output<typeof replicaSchema>;

function isReplica(names: Replica | LabelNames): names is Replica {
  return Array.isArray(names.objects);
}

function namesOfTable(text: string, path: string): LabelNames {
  const [heads, ...rows] = text.split(/\r?\n/).filter((line) => line !== "").map((line) => line.split("\t"));
  const columnOf = (names: readonly string[]) => {
    const found = names.map((name) => heads?.indexOf(name) ?? -1).find((column) => column >= 0);
    if (found === undefined) throw new UserError(`${path} has none of the columns ${names.join(", ")}`);
    return found;
  };
  const number = columnOf(NUMBER_COLUMNS), name = columnOf(NAME_COLUMNS);
  return Object.fromEntries(rows.map((row) => [row[number], row[name]?.trim() || "unlabelled"]));
}
