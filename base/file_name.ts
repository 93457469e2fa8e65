/** Names that come from files, made fit to be names of files. */
import filenamify from "filenamify";

/** Longest name made here, in bytes of UTF-8; file systems allow 255, and endings are to be added. */
const MOST_BYTES = 100;

/**
 * `name` as the name of one file or folder on any system: whatever it holds, a path ends no higher and no deeper for
 * it. Separators, control characters and what Windows reserves become `_`, names too long are cut, and no name begins
 * with a dot, which would hide it. Other names stay as they are.
 *
 * Every name that was read from a file passes this before it becomes part of a path.
 */
export function fileName(name: string): string {
  const bytes = new Uint8Array(MOST_BYTES), encoder = new TextEncoder();
  let safe = name.normalize("NFC").toWellFormed().replace(/^\.+/, "_");
  // What replaces a reserved name is longer, and what is cut may end in a dot: until nothing changes any more.
  for (let before: string | null = null; safe !== before;) {
    before = safe;
    const { read } = encoder.encodeInto(safe, bytes);
    safe = filenamify(safe.slice(0, read), { replacement: "_", maxLength: Infinity });
  }
  return safe;
}

/** Whether `name` can stand in a path as it is. */
export function isFileName(name: string): boolean {
  return fileName(name) === name;
}

/**
 * `names` (or paths) without two that fall together, also where upper and lower case are the same: the second of them
 * gets `-2` behind it, the third `-3`.
 */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>(), last = new Map<string, number>();
  return names.map((name) => {
    let distinct = name;
    for (let number = last.get(name) ?? 1; taken.has(distinct.toLowerCase()); distinct = `${name}-${number}`) {
      last.set(name, ++number);
    }
    taken.add(distinct.toLowerCase());
    return distinct;
  });
}
