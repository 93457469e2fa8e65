/** Where scenes come from: the interface that procedural rooms, folders and single files share. */
import type { ClassSet } from "../classes.ts";
import type { Grid } from "../grid.ts";

export { checkGrid, FULL_GRID, type Grid } from "../grid.ts";
export { checkLabels } from "../labels.ts";

/** A file that scenes were read from. */
export interface SceneFile {
  /** Path relative to {@link SceneProvenance.origin}, with forward slashes. */
  readonly path: string;
  /** Length of the file. */
  readonly bytes: number;
  /** SHA-256 of the file in hexadecimal. */
  readonly sha256: string;
}

/** Everything that tells how to get exactly the same scenes again; plain JSON. */
export interface SceneProvenance {
  /** Kind of source, e.g. `rooms`, `scenevox`, `sscnet`. */
  readonly kind: string;
  /** Absolute path of the folder or file, or the name of the generator. */
  readonly origin: string;
  /** Every option that changes the scenes: seed, class map, downsampling rule, version of a generator. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** Files in the order of their paths; empty for a generator, and where there are very many (see `hashFiles`). */
  readonly files: readonly SceneFile[];
  /** What this project converted or generated these files from, where known. */
  readonly madeFrom?: SceneProvenance;
}

/** How to read one scene, in plain data: whoever gets the description reads it, this thread or a worker. */
export interface SceneJob {
  /** Who reads it; see {@link JobReader}. */
  readonly kind: string;
}

/** Reads the scenes of a kind by their jobs. */
export interface JobReader {
  /** Kind of its jobs; also the kind of source in manifests. */
  readonly kind: string;
  /** Labels `[D, H, W]` of the scene; a fresh array. @throws {UserError} if it cannot be read. */
  readScene(job: SceneJob): Promise<Uint8Array>;
}

/** A finite list of scenes of one grid, readable in any order. Reading the same index always gives the same scene. */
export interface SceneSource extends Disposable {
  /** One line for people, e.g. `1200 scenes in Scenevox`. */
  readonly description: string;
  /** Size of every scene. */
  readonly grid: Grid;
  /** What the labels stand for; the published classes if left out. */
  readonly classes?: ClassSet;
  /**
   * One unique name per scene; the index in this list is the index of the scene. Scenes whose names agree up to the
   * first `/` show the same place and go to the same side of a train/test split (see `splitGroup` in manifest.ts).
   */
  readonly sceneIds: readonly string[];
  /**
   * Labels of one scene, `[D, H, W]` in C order; a fresh array the caller may keep and change.
   *
   * @throws {UserError} if the scene cannot be read or has a wrong shape or label.
   * @throws {RangeError} if there is no such scene.
   */
  read(index: number): Promise<Uint8Array>;
  /** What is to be told about how a scene was read; left out where there is never anything. */
  notes?(index: number): Promise<readonly string[]>;
  /**
   * How to read one scene, for a worker to do; left out where that is not worth a message, or needs what only this
   * source has.
   */
  job?(index: number): SceneJob;
  /** What kind of scene it is, where the source itself knows: a room's type. */
  label?(index: number): string;
  /** Fingerprint of a scene (fingerprint.ts) where it is known without reading the scene. */
  fingerprint?(index: number): string;
  /**
   * Where labels are checked only when a scene is read: 16 bytes in hexadecimal that change when a file does, at the
   * price of asking for sizes and times.
   */
  stamp?(): Promise<string>;
  /**
   * How to get the same scenes again. Hashes the files unless they are very many, so it takes as long as reading them.
   *
   * @param onProgress told how many files of how many are hashed.
   */
  provenance(onProgress?: (done: number, total: number) => void): Promise<SceneProvenance>;
}
