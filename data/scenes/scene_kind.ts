/** What a kind of files that hold scenes tells of itself; sources.ts lists all of them. */
import type { ClassSet } from "../classes.ts";
import type { Resizing } from "../formats/resize.ts";
import type { FileTree } from "./file_tree.ts";
import type { JobReader, SceneSource } from "./scene_source.ts";

/** How labels of any file become scenes. */
export interface LabelOptions {
  /** What the labels stand for; what a `classes.json` beside the scenes says, else the published classes. */
  readonly classes?: ClassSet;
  /** The label of `classes` for each label in files, to renumber them; labels stay if left out. */
  readonly renumber?: Uint8Array | null;
  /** Labels in files that mean "not known", as `--unknown` has them (unknown_labels.ts). */
  readonly unknownLabels?: string;
  /** How scenes whose axes are no multiples of 16 are resized; `pad` if left out. */
  readonly resize?: Resizing;
}

/** A data set that files of a kind hold. */
export interface DataSet {
  /** What people call it. */
  readonly name: string;
  /** Where it is to be had. */
  readonly from: string;
  /** The licence or terms that it comes under. */
  readonly licence: string;
}

/** A kind of files, e.g. `.npy`; `Options` beyond those of labels are its own. */
export interface SceneKind<Options extends LabelOptions = LabelOptions> extends Partial<JobReader> {
  /** Endings of its files, with the dot. */
  readonly endings: readonly string[];
  /** Data sets in such files, for `deno task data --help`. */
  readonly data: readonly DataSet[];
  /**
   * Of files in JSON, whose ending tells little: which keys the first object of one may begin with. Others with that
   * ending are no scenes.
   */
  readonly firstKeys?: readonly string[];
  /** Endings of files that belong to one of the same name with an ending of this kind, and are no scenes of their own. */
  readonly companions?: readonly string[];
  /** Whether its files say themselves what their labels stand for; else a `classes.json` beside them does. */
  readonly knowsClasses?: true;
  /** Scenes of all files of a tree. @throws {UserError} if there is none, or they are not usable. */
  open(tree: FileTree, options: Options): SceneSource | Promise<SceneSource>;
  /**
   * Describes a file and one of its scenes for people, also where it is not usable: that is when it is needed most.
   * @throws {UserError} if the file cannot be read or decoded, or has no scene of that index.
   */
  inspect(path: string, index: number, options: Options): string | Promise<string>;
}
