/**
 * Labels in files that stand for no class but for "not known", besides 255, which always does: what `--unknown` and the
 * option of the same name say.
 */
import { UserError } from "../base/errors.ts";
import { type ClassSet, UNKNOWN_LABEL } from "./classes.ts";

/** `254`, or `254,255 as wall`. */
export const UNKNOWN_PATTERN = /^\s*(-?\d+(?:\s*,\s*-?\d+)*)(?:\s+as\s+(.*\S))?\s*$/;

/**
 * Classes that know about such labels.
 *
 * @param text that {@link UNKNOWN_PATTERN} matches; without a class they become {@link UNKNOWN_LABEL}.
 * @param renumber if given, files have the labels of its index, the classes those of its values.
 * @throws {UserError} if there is no such class, or a label is that of a class.
 */
export function withUnknown(classes: ClassSet, text: string, renumber?: Uint8Array | null): ClassSet {
  const [, labels, name] = UNKNOWN_PATTERN.exec(text)!;
  const label = name === undefined ? UNKNOWN_LABEL : classes.names.indexOf(name);
  if (label < 0) {
    throw new UserError(
      `--unknown ${text}: there is no class ${JSON.stringify(name)}, only ${classes.names.join(", ")}`,
    );
  }
  const becomes = renumber && name !== undefined ? renumber.indexOf(label) : label;
  const unknown: Record<number, number> = { ...classes.unknown };
  for (const each of labels.split(",").map(Number)) {
    const ofClass = renumber ? classes.names[renumber[each]] : classes.names[each];
    if (ofClass !== undefined) throw new UserError(`--unknown ${text}: ${each} is the label of the class ${ofClass}`);
    unknown[each] = becomes;
  }
  return { ...classes, unknown };
}

/** How a manifest tells what unknown labels became; nothing where there are none. */
export function unknownNote({ names, unknown = {} }: ClassSet): { unknown?: string } {
  const entries = Object.entries(unknown);
  return entries.length === 0
    ? {}
    : { unknown: entries.map(([label, as]) => `${label} as ${names[as] ?? "unknown"}`).join(", ") };
}

/** What to do about labels of no class, for a sentence that names them. */
export function unknownRemedy(labels: readonly (number | bigint)[]): string {
  const list = labels.join(",");
  return `if that means unknown, train or convert with --unknown ${list}, which leaves it out of losses and measures, or --unknown "${list} as <class>"`;
}
