/** Files that tell which classes scenes have: `classes.json`, and the option `classes` in a run's `options.json`. */
import { dirname, join, resolve } from "@std/path";
import { z } from "zod";
import { UserError } from "../base/errors.ts";
import { readTextFile, writeFileAtomic } from "../base/files.ts";
import { parseJson } from "../base/json.ts";
import { fillPalette } from "./class_palette.ts";
import { type ClassColor, type ClassSet, PAPER_CLASSES, sameClasses } from "./classes.ts";

/** Name of the file that tells the classes of the scenes beside and below it. */
export const CLASSES_FILE = "classes.json";
/** File of a run folder whose member `classes` tells the same of the run's volumes. */
export const OPTIONS_FILE = "options.json";
/** How many folders above a scene are searched: an evaluation lies two below its run. */
const LEVELS_UP = 3;
/** Labels are bytes, and one value marks unknown voxels. */
const MOST_CLASSES = 255;

/** A class in JSON. */
export interface ClassEntry {
  /** Name of the class. */
  readonly name: string;
  /** Colour as `#rrggbb`. */
  readonly color: string;
}

const nameSchema = z.string().trim().min(1, "a name has at least one character").max(40, "a name has at most 40")
  .regex(/^\P{Cc}*$/u, "a name has no control characters")
  .refine((name) => name !== "all", '"all" names the row of all classes together; choose another name');
const colorSchema = z.string().regex(/^#[0-9a-f]{6}$/i, 'expected a colour such as "#1f78b4"');
const entrySchema = z.union([
  nameSchema,
  z.strictObject({ name: nameSchema, color: colorSchema.optional() }),
], { error: 'expected a name such as "chair", or { "name": "chair", "color": "#1f78b4" }' });

/** Checks a list of classes in JSON, names or {@link ClassEntry} with the colour left out at will. */
export const classListSchema: z.ZodType<readonly ClassEntry[]> = z.array(entrySchema)
  .min(2, "expected 2 classes or more, the first for empty space")
  .max(MOST_CLASSES, `expected at most ${MOST_CLASSES} classes`)
  .transform((entries, context) => {
    const given = entries.map((entry) => typeof entry === "string" ? { name: entry } : entry);
    const names = given.map(({ name }) => name);
    const colors = fillPalette(names, given.map(({ color }) => color === undefined ? undefined : parseColor(color)));
    const list = names.map((name, label) => ({ name, color: formatColor(colors[label]) }));
    for (const key of ["name", "color"] as const) {
      const twice = list.findIndex((entry, label) => list.findIndex((other) => other[key] === entry[key]) < label);
      if (twice < 0) continue;
      const first = list.findIndex((other) => other[key] === list[twice][key]);
      context.addIssue({
        code: "custom",
        path: [twice, key],
        message: `classes ${first} and ${twice} both have the ${key} ${JSON.stringify(list[twice][key])}`,
      });
    }
    return list;
  });

const fileSchema = z.strictObject({
  classes: classListSchema,
  empty: z.string().optional(),
});

/** Content of a `classes.json`. */
export interface ClassFile {
  /** The classes, the empty one first, the others as in the file. */
  readonly classes: ClassSet;
  /**
   * The label in the pipeline of each label in scenes, if the file names an empty class that is not its first: with it
   * `convert` renumbers scenes. Null where labels stay.
   */
  readonly renumber: Uint8Array | null;
}

/** Reads a `classes.json`. @throws {UserError} if it cannot be read, or names the entry that is not valid. */
export async function readClassFile(path: string): Promise<ClassFile> {
  const { classes, empty } = parseJson(await readTextFile(path), path, fileSchema);
  const emptyLabel = empty === undefined ? 0 : classes.findIndex(({ name }) => name === empty);
  if (emptyLabel < 0) {
    const names = classes.map(({ name }) => name).join(", ");
    throw new UserError(`${path}: empty: there is no class ${JSON.stringify(empty)}, only ${names}`);
  }
  if (emptyLabel === 0) return { classes: classSetOf(classes, path), renumber: null };
  const ordered = [classes[emptyLabel], ...classes.filter((_, label) => label !== emptyLabel)];
  const renumber = Uint8Array.from(
    classes,
    (_, label) => label === emptyLabel ? 0 : label < emptyLabel ? label + 1 : label,
  );
  return { classes: classSetOf(ordered, path), renumber };
}

/**
 * Reads the classes of a `classes.json` whose first class is the empty one.
 * @throws {UserError} as {@link readClassFile}, and if another class is the empty one.
 */
export async function readClasses(path: string): Promise<ClassSet> {
  const { classes, renumber } = await readClassFile(path);
  if (renumber === null) return classes;
  throw new UserError(
    `${path}: the empty class ${JSON.stringify(classes.names[0])} must come first; renumber the scenes with ` +
      `deno task data convert <scenes> --classes ${path} --out <folder> and use that folder`,
  );
}

/** Writes `classes.json` into a folder, unless the classes are the published ones. @throws {UserError} */
export async function writeClasses(folder: string, classes: ClassSet): Promise<void> {
  if (isPublished(classes)) return;
  const text = classListOf(classes).map((entry) => `  ${JSON.stringify(entry)}`).join(",\n");
  await writeFileAtomic(join(folder, CLASSES_FILE), `{ "classes": [\n${text}\n] }\n`);
}

/**
 * The classes of the scenes in a file or folder: those of the nearest `classes.json` or run's `options.json` in the
 * folder or up to three above it; undefined if there is none, which stands for the published classes.
 *
 * @throws {UserError} if the file found is not valid.
 */
export async function findClasses(path: string): Promise<ClassSet | undefined> {
  let folder = resolve(path);
  if (!await isFolder(folder)) folder = dirname(folder);
  for (let level = 0; level <= LEVELS_UP; level++, folder = dirname(folder)) {
    if (await exists(join(folder, CLASSES_FILE))) return await readClasses(join(folder, CLASSES_FILE));
    if (await exists(join(folder, OPTIONS_FILE))) return await classesOfRun(join(folder, OPTIONS_FILE));
  }
  return undefined;
}

/** The classes to use: those asked for by `--classes`, else what {@link findClasses} finds, else the published ones. */
export async function classesFor(path: string, asked?: string): Promise<ClassSet> {
  return asked === undefined ? await findClasses(path) ?? PAPER_CLASSES : await readClasses(asked);
}

const optionsSchema = z.looseObject({ classes: classListSchema.optional() });

async function classesOfRun(path: string): Promise<ClassSet | undefined> {
  const { classes } = parseJson(await readTextFile(path), path, optionsSchema);
  return classes && classSetOf(classes, path);
}

/** Classes as JSON has them. */
export function classListOf({ names, palette }: ClassSet): ClassEntry[] {
  return names.map((name, label) => ({ name, color: formatColor(palette[label]) }));
}

/** Classes of a checked list, told by `file`; the published ones if there is none. */
export function classSetOf(list: readonly ClassEntry[] | undefined, file?: string): ClassSet {
  if (list === undefined) return PAPER_CLASSES;
  const names = list.map(({ name }) => name), palette = list.map(({ color }) => parseColor(color));
  return { names, palette, ...file !== undefined && { file } };
}

/** Whether these are the published classes in the published colours. */
export function isPublished(classes: ClassSet): boolean {
  return sameClasses(classes, PAPER_CLASSES) && classes.palette.join() === PAPER_CLASSES.palette.join();
}

function parseColor(color: string): ClassColor {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return [red, green, blue];
}

function formatColor(color: ClassColor): string {
  return `#${color.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false; // whoever reads it says what is wrong
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
