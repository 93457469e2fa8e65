/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What was done to a scene, to be undone, done again and saved. */
import type { GivenScene } from "../../../data/scenes/growth.ts";
import { runLengths } from "../../../data/run_lengths.ts";
import type { Edit, Project } from "../../../run/project.ts";

/** A scene and its edits; those behind the place in the history are undone. */
export class EditHistory {
  #edits: Edit[] = [];
  #scenes: GivenScene[];
  #applied = 0;

  /** @param scene at the beginning. */
  constructor(scene: GivenScene) {
    this.#scenes = [scene];
  }

  /** The history of a project, given its scene at the beginning and after each edit, and their fingerprints. */
  static of({ edits, applied }: Project, scenes: readonly Scene[]): EditHistory {
    const history = new EditHistory(scenes[0]);
    edits.forEach((edit, i) => history.add(edit, scenes[i + 1]));
    history.#applied = applied;
    return history;
  }

  /** The scene as it is now. */
  get scene(): GivenScene {
    return this.#scenes[this.#applied];
  }

  /** How many edits are not undone. */
  get applied(): number {
    return this.#applied;
  }

  /** How many edits are undone. */
  get undone(): number {
    return this.#edits.length - this.#applied;
  }

  /** Adds an edit and the scene after it; what was undone is gone. */
  add(edit: Omit<Edit, "result">, scene: Scene): void {
    this.#edits.splice(this.#applied, Infinity, { ...edit, result: scene.result });
    this.#scenes.splice(++this.#applied, Infinity, scene);
  }

  /** Takes the last edit back, if there is one. */
  undo(): void {
    this.#applied = Math.max(0, this.#applied - 1);
  }

  /** Does the edit that was undone last again, if there is one. */
  redo(): void {
    this.#applied = Math.min(this.#edits.length, this.#applied + 1);
  }

  /** All of it, undone edits too. */
  project(run: Project["run"]): Project {
    const [{ grid, labels }] = this.#scenes, scene = { grid, runs: runLengths(labels) };
    return { project: 1, run, scene, edits: this.#edits, applied: this.#applied };
  }
}

/** A scene with its fingerprint. */
export interface Scene extends GivenScene {
  readonly result: string;
}
