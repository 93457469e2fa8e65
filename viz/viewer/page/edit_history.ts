/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What was done to a scene, to be undone, done again and saved. */
import type { Grid } from "../../../data/grid.ts";
import { runLengths } from "../../../data/run_lengths.ts";
import type { Edit, Project } from "../../../run/project.ts";

/** A scene and its edits; those behind the place in the history are undone. */
export class EditHistory {
  #edits: Edit[] = [];
  #scenes: Uint8Array[];
  #applied = 0;

  /** @param labels of the scene at the beginning, `[D, H, W]`. */
  constructor(readonly grid: Grid, labels: Uint8Array) {
    this.#scenes = [labels];
  }

  /** The history of a project, given its scene at the beginning and after each edit, and their fingerprints. */
  static of({ scene: { grid }, edits, applied }: Project, scenes: readonly Scene[]): EditHistory {
    const history = new EditHistory(grid, scenes[0].labels);
    edits.forEach((edit, i) => history.add({ ...edit, result: scenes[i + 1].result }, scenes[i + 1].labels));
    history.#applied = applied;
    return history;
  }

  /** The scene as it is now. */
  get labels(): Uint8Array {
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
  add(edit: Edit, labels: Uint8Array): void {
    this.#edits.splice(this.#applied, Infinity, edit);
    this.#scenes.splice(++this.#applied, Infinity, labels);
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
    const scene = { grid: this.grid, runs: runLengths(this.#scenes[0]) };
    return { project: 1, run, scene, edits: this.#edits, applied: this.#applied };
  }
}

/** Labels `[D, H, W]` with their fingerprint. */
export interface Scene {
  readonly labels: Uint8Array;
  readonly result: string;
}
