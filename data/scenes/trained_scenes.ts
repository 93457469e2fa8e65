/**
 * The file `trained_scenes.txt` of a run: a line `<fingerprint> <scene>` for every scene that it has trained on. So
 * scenes can be told apart by their content later, from whatever file they come, and no run has to read all of a large
 * data set before it begins.
 */
import { ioError, UserError } from "../../base/errors.ts";
import { readTextFile, writeFileAtomic } from "../../base/files.ts";
import { FINGERPRINT_BYTES } from "./later_fingerprint.ts";

const LINE = new RegExp(`^([0-9a-f]{${2 * FINGERPRINT_BYTES}}) (.+)$`, "s");

/**
 * Names of the scenes by their fingerprints; null if there is no such file. A last line that a killed process left
 * without its end is left out.
 *
 * @throws {UserError} if the file cannot be read, or naming the line that is malformed.
 */
export async function readTrainedScenes(path: string): Promise<Map<string, string> | null> {
  const exists = await Deno.stat(path).then(() => true, () => false);
  if (!exists) return null;
  const scenes = new Map<string, string>();
  (await readTextFile(path)).split("\n").slice(0, -1).forEach((line, index) => {
    const match = LINE.exec(line);
    if (!match) throw new UserError(`${path}:${index + 1}: expected a fingerprint and the name of a scene`);
    scenes.set(match[1], unescaped(match[2]));
  });
  return scenes;
}

/** A scene that was trained on. */
export type TrainedScene = readonly [fingerprint: string, name: string];

/** The file of a run that is being trained. */
export class TrainedScenes {
  readonly #names: Set<string>;
  #noted: TrainedScene[] = [];

  /** `path`: null for notes that another process is to write. */
  private constructor(readonly path: string | null, names: Iterable<string>) {
    this.#names = new Set(names);
  }

  /** Notes that another process is to write: see {@link take}. */
  static forAnother(): TrainedScenes {
    return new TrainedScenes(null, []);
  }

  /** Begins the file, or goes on with it. @throws {UserError} if it cannot be written or is malformed. */
  static async open(path: string): Promise<TrainedScenes> {
    const before = await readTrainedScenes(path) ?? new Map<string, string>();
    await writeFileAtomic(path, [...before].map(lineOf).join(""));
    return new TrainedScenes(path, before.values());
  }

  /** Notes a scene, unless it was before; {@link save} writes it. */
  add(name: string, fingerprint: string): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    this.#noted.push([fingerprint, name]);
  }

  /** What was noted since the last time. */
  take(): TrainedScene[] {
    return this.#noted.splice(0);
  }

  /** Appends what was noted since the last time. @throws {UserError} if it cannot be written. */
  async save(): Promise<void> {
    const text = this.take().map(lineOf).join("");
    if (text === "" || this.path === null) return;
    try {
      await Deno.writeTextFile(this.path, text, { append: true });
    } catch (cause) {
      throw ioError(this.path, "write", cause);
    }
  }
}

/** File names may have line breaks. */
function lineOf([fingerprint, name]: TrainedScene): string {
  return `${fingerprint} ${name.replace(/[\\\n]/g, (sign) => sign === "\n" ? "\\n" : "\\\\")}\n`;
}

function unescaped(name: string): string {
  return name.replace(/\\([\\n])/g, (_, sign) => sign === "n" ? "\n" : "\\");
}
