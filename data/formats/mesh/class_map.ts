/** Which class the parts of a mesh are of: by their names, or by a file that maps patterns of names to classes. */
import { z } from "zod";
import { UserError } from "../../../base/errors.ts";
import { readTextFile } from "../../../base/files.ts";
import { parseJson } from "../../../base/json.ts";
import type { ClassSet } from "../../classes.ts";
import { describeNames, type MeshPart, type PartName } from "./mesh_part.ts";

/** Names of parts that an error lists. */
const MOST_LISTED = 20;

/** Content of a class map. */
export interface ClassMap {
  /**
   * Class by pattern of names, null to leave parts out. A pattern is a name in which `*` stands for any text, if need be
   * with `node:`, `mesh:`, `material:` or `object:` in front; upper and lower case are the same. The first that fits
   * counts. A part without any name is fitted by `*` alone.
   */
  readonly names: Readonly<Record<string, string | null>>;
  /** Classes from the one that wins where several claim a voxel; those not listed follow, later classes first. */
  readonly priority?: readonly string[];
}

const mapSchema: z.ZodType<ClassMap> = z.strictObject({
  names: z.record(z.string(), z.string().nullable()),
  priority: z.array(z.string()).optional(),
});

/** Reads a class map. @throws {UserError} if it cannot be read, or names what is not valid. */
export async function readClassMap(path: string): Promise<ClassMap> {
  return parseJson(await readTextFile(path), path, mapSchema);
}

/** A label for each part; 0 for those that are left out. */
export interface MappedParts {
  /** Parts with their labels, without those left out. */
  readonly parts: readonly { readonly part: MeshPart; readonly label: number }[];
  /** How many were left out. */
  readonly leftOut: number;
}

/**
 * Finds the class of each part. Without a map a part is of the class that it is named after: `chair`, `Chair.001`,
 * `chair_seat`.
 *
 * @param name names the file in the error.
 * @throws {UserError} that lists the parts of no class, or names a class of the map that is none.
 */
export function mapParts(
  parts: readonly MeshPart[],
  classes: ClassSet,
  map: ClassMap | null,
  name: string,
): MappedParts {
  const rules = map ? rulesOf(map, classes) : classRules(classes);
  const mapped: { part: MeshPart; label: number }[] = [], unknown: MeshPart[] = [];
  let leftOut = 0;
  for (const part of parts) {
    const rule = map
      ? rules.find((each) => namesOf(part).some((partName) => each.fits(partName)))
      : part.names.map((partName) => rules.find((each) => each.fits(partName))).find((found) => found);
    if (!rule) unknown.push(part);
    else if (rule.label === 0) leftOut++;
    else mapped.push({ part, label: rule.label });
  }
  if (unknown.length === 0) return { parts: mapped, leftOut };
  const listed = [...new Set(unknown.map(({ names }) => describeNames(names)))];
  const more = listed.length > MOST_LISTED ? ` and ${listed.length - MOST_LISTED} more` : "";
  throw new UserError(
    `${name}: no class for ${listed.slice(0, MOST_LISTED).join("; ")}${more}. Classes are ${
      classes.names.slice(1).join(", ")
    }; ` + (map
      ? 'add patterns to the class map, e.g. "*": null to leave the rest out'
      : 'map names with --class-map; "*" fits those without a name too'),
  );
}

/**
 * The label that a map gives to the name of an object; 0 to leave it out, undefined where no pattern fits.
 * @throws {UserError} naming a class of the map that is none.
 */
export function labelsByName(map: ClassMap, classes: ClassSet): (name: string) => number | undefined {
  const rules = rulesOf(map, classes);
  return (text) => rules.find(({ fits }) => fits({ kind: "object", text }))?.label;
}

/** Order of the labels by priority: where several claim a voxel the one with the larger number gets it. */
export function ranksOf(classes: ClassSet, map: ClassMap | null): Uint16Array {
  const ranks = Uint16Array.from(classes.names, (_, label) => label);
  const priority = map?.priority ?? [];
  priority.forEach((name, place) => {
    ranks[labelOf(name, classes, "priority")] = classes.names.length + priority.length - place;
  });
  return ranks;
}

interface Rule {
  readonly label: number;
  fits(name: PartName | Nameless): boolean;
}

/** Stands for the name of a part that has none: of no kind, so that only a general pattern fits. */
type Nameless = typeof NAMELESS;
const NAMELESS = { kind: null, text: "" } as const;

function namesOf({ names }: MeshPart): readonly (PartName | Nameless)[] {
  return names.length > 0 ? names : [NAMELESS];
}

function rulesOf({ names }: ClassMap, classes: ClassSet): Rule[] {
  return Object.entries(names).map(([key, className]) => {
    const [, kind, pattern] = /^(?:(node|mesh|material|object):)?(.*)$/s.exec(key)!;
    const matches = wildcard(pattern);
    return {
      label: className === null ? 0 : labelOf(className, classes, JSON.stringify(key)),
      fits: (name) => (kind === undefined || name.kind === kind) && matches(name.text),
    };
  });
}

function labelOf(className: string, classes: ClassSet, where: string): number {
  const label = classes.names.indexOf(className);
  if (label > 0) return label;
  throw new UserError(
    `class map, ${where}: there is no class ${JSON.stringify(className)} to fill voxels with; classes are ${
      classes.names.slice(1).join(", ")
    }` + (label === 0 ? ", null leaves parts out" : ""),
  );
}

/** Rules that take a class's name, alone or before anything but a letter; longer names first: `table top`, `table`. */
function classRules(classes: ClassSet): Rule[] {
  const rules = classes.names.map((className, label) => {
    const wanted = className.toLowerCase();
    return {
      label,
      length: wanted.length,
      fits: ({ text }: { readonly text: string }) => {
        const found = text.toLowerCase();
        return found.startsWith(wanted) && !/^\p{L}/u.test(found.slice(wanted.length));
      },
    };
  });
  return rules.slice(1).sort((one, other) => other.length - one.length);
}

/** A test for names by a pattern with `*`, upper and lower case alike, without a regular expression's backtracking. */
export function wildcard(pattern: string): (text: string) => boolean {
  const [first, ...rest] = pattern.toLowerCase().split("*"), last = rest.pop();
  return (text) => {
    const name = text.toLowerCase();
    if (last === undefined) return name === first;
    if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
    let at = first.length;
    for (const piece of rest) {
      const found = name.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= name.length - last.length;
  };
}
