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

/** A kind of files, e.g. `.npy`; `Options` beyond those of labels are its own. */
export interface SceneKind<Options extends LabelOptions = LabelOptions> extends Partial<JobReader> {
  /** Endings of its files, with the dot. */
  readonly endings: readonly string[];
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
