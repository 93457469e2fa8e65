/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Changes a scene: select a box or an object, then remove, replace or make up anew. */
import { ROOM_CLASS_NAMES } from "../../../data/classes.ts";
import type { Grid } from "../../../data/grid.ts";
import { forEachComponent, PIECES } from "../../../data/scenes/components.ts";
import { type Box, boxOf } from "../../../data/scenes/known_parts.ts";
import { objectAt, type Selection } from "../../../data/scenes/selection.ts";
import type { EditCondition, EditRequest, Project } from "../../../run/project.ts";
import type { ModelInfo, RunEntry } from "../catalogue.ts";
import { askReplay, source, type Volume } from "./client.ts";
import { download, element, formatCount } from "./dom.ts";
import { EditHistory, type Scene } from "./edit_history.ts";
import type { Slices } from "./shown.ts";

/** Proposals side by side. */
const PROPOSALS = 4;
/** Smaller pieces are not listed: they are chosen in the picture. */
const LEAST_LISTED = 5;
/** What the list says for a selection by corners. */
const BOX = "box";

/** What {@link EditPanel} tells and asks. */
export interface EditEvents {
  /** Scenes to show side by side. */
  onScenes(scenes: readonly { readonly title: string; readonly volume: Volume }[], caption: string): void;
  /** The selected region, or null. */
  onMark(region: Slices | null): void;
  /** The scene is left as it was. */
  onEnd(): void;
  onError(error: unknown): void;
}

/** A panel that is closed until a scene is to be edited. */
export class EditPanel {
  #runs: readonly RunEntry[] = [];
  #source: { volume: Volume; title: string; run: string | null } | null = null;
  #editor: { run: string; info: ModelInfo; project: Project["run"] } | null = null;
  #history: EditHistory | null = null;
  #box: Box | null = null;
  #object: Grid | null = null;
  #proposals: { request: EditRequest; scenes: readonly Scene[] } | null = null;
  #busy = false;
  /** Aborted when proposals that are on their way are left. */
  #left: AbortController | null = null;
  readonly #begin = element("button", { id: "edit", onclick: () => this.#open() }, "Edit this scene");
  readonly #run = element("select", { "aria-label": "Run that makes proposals", onchange: () => this.#open() });
  readonly #body = element("div", { hidden: true });
  readonly #objects = element("select", { id: "object", onchange: () => this.#chooseListed() });
  readonly #corners: readonly HTMLInputElement[];
  readonly #cornerRows: HTMLElement;
  readonly #by = element("select", { id: "by", "aria-label": "Class that replaces" });
  readonly #actions: readonly HTMLButtonElement[];
  readonly #choices = element("div", { class: "class-buttons", id: "proposals" });
  readonly #state = element("p", { class: "note", id: "edit-state", role: "status" });
  readonly #undo: HTMLButtonElement;
  readonly #redo: HTMLButtonElement;
  readonly #file: HTMLInputElement;

  constructor(readonly panel: HTMLElement, readonly events: EditEvents) {
    const button = (text: string, id: string, act: () => void) => element("button", { id, onclick: act }, text);
    const corner = (name: string) =>
      element("input", { type: "number", min: 0, "aria-label": `box ${name}`, onchange: () => this.#cornersTyped() });
    this.#corners = ["from x", "from y", "from z", "to x", "to y", "to z"].map(corner);
    this.#cornerRows = element(
      "div",
      {},
      element("div", { class: "row" }, "from", ...this.#corners.slice(0, 3)),
      element("div", { class: "row" }, "to", ...this.#corners.slice(3)),
    );
    this.#undo = button("Undo", "undo", () => this.undo());
    this.#redo = button("Redo", "redo", () => this.redo());
    this.#file = element("input", {
      type: "file",
      id: "load-project",
      accept: ".json,application/json",
      "aria-label": "Project file",
      hidden: true,
      onchange: () => this.#load(),
    });
    this.#actions = [
      button("Remove", "remove", () => this.#propose({ change: "remove" })),
      button("Replace by", "replace", () => this.#propose({ change: "replace", by: this.#by.value })),
      button("Regenerate", "regenerate", () => this.#propose({ change: "regenerate" })),
    ];
    const [remove, replace, regenerate] = this.#actions;
    this.#body.append(
      element(
        "p",
        { class: "note" },
        "Click an object, or choose one. For a box, click voxels: it grows to hold them.",
      ),
      element("label", { class: "row" }, element("span", {}, "Selected"), this.#objects),
      this.#cornerRows,
      element("div", { class: "class-buttons" }, remove, regenerate),
      element("div", { class: "row" }, replace, this.#by),
      this.#choices,
      this.#state,
      element("div", { class: "class-buttons" }, this.#undo, this.#redo),
      element(
        "div",
        { class: "class-buttons" },
        button("Save project", "save-project", () => this.#save()),
        ...source.served ? [button("Load project", "open-project", () => this.#file.click())] : [],
      ),
      element("div", { class: "class-buttons" }, button("Done", "edit-done", () => this.events.onEnd())),
      this.#file,
    );
    panel.append(element("h2", {}, "Edit"), this.#begin, this.#run, this.#body);
  }

  /** Whether a scene is being edited. */
  get active(): boolean {
    return this.#history !== null;
  }

  /** Takes over the runs that can make proposals; none if the server has no networks. */
  setRuns(runs: readonly RunEntry[]): void {
    this.#runs = runs.filter(({ checkpoint }) => checkpoint);
    this.#run.replaceChildren(...this.#runs.map(({ path, title }) => element("option", { value: path }, title)));
    this.panel.hidden = this.#runs.length === 0 || this.#source === null;
  }

  /** Another scene is shown: what was edited is left. `run` is the run it belongs to. */
  offer(volume: Volume | null, title: string, run: string | null): void {
    this.#end();
    this.#source = volume && { volume, title, run };
    const own = this.#runs.find(({ path }) => path === run);
    if (own) this.#run.value = own.path;
    this.panel.hidden = this.#runs.length === 0 || volume === null;
  }

  /** A click at a voxel of a pane: takes a proposal, or selects. */
  clicked(pane: number, voxel: Grid): void {
    if (!this.#history) return;
    if (this.#proposals) return this.#take(pane);
    if (this.#objects.value === BOX) this.#select(boxWith(voxel, this.#box, this.#history.grid), null);
    else this.#select(null, voxel);
  }

  /** Takes the last edit back, unless proposals for the scene as it is are on their way. */
  undo(): void {
    if (this.#busy) return;
    this.#history?.undo();
    this.#showScene();
  }

  /** Does the edit again that was taken back last, likewise. */
  redo(): void {
    if (this.#busy) return;
    this.#history?.redo();
    this.#showScene();
  }

  #end(): void {
    this.#left?.abort();
    this.#history =
      this.#proposals =
      this.#object =
      this.#box =
      this.#editor =
        null;
    this.#body.hidden = true;
    this.#begin.hidden = false;
    this.#run.hidden = this.#runs.length < 2;
    this.events.onMark(null);
  }

  async #open(): Promise<void> {
    const { volume } = this.#source!, run = this.#run.value;
    await this.#guard(async () => {
      const info = await source.model(run);
      if (this.#source?.volume !== volume || this.#run.value !== run) return; // left meanwhile
      if (info.editor === null) {
        throw new Error(`${run || "This run"} has no prior: deno task train --resume <run> --stage prior adds one.`);
      }
      if (String(info.grid) !== String(volume.grid)) {
        throw new Error(`The scene is ${volume.grid.join("×")}, ${run || "this run"} edits ${info.grid.join("×")}.`);
      }
      this.#editor = { run, info, project: info.editor };
      this.#history = new EditHistory(volume.grid, volume.labels);
      this.#begin.hidden = true;
      this.#run.hidden = true;
      this.#body.hidden = false;
      const names = volume.classes.names.slice(1), standing = names.find((name) => !ROOM_CLASS_NAMES.includes(name));
      this.#by.replaceChildren(...names.map((name) => element("option", { selected: name === standing }, name)));
      this.#corners.forEach((input, i) => input.max = String(volume.grid[i % 3]));
      this.#showScene();
    });
  }

  /** Shows the scene as the history has it, with nothing selected. */
  #showScene(): void {
    if (!this.#history) return;
    this.#proposals = null;
    const { labels, grid, applied, undone } = this.#history, { classes } = this.#source!.volume;
    const listed = objectsIn(labels, grid).filter(({ voxels }) => voxels >= LEAST_LISTED)
      .toSorted((one, other) => other.label - one.label || other.voxels - one.voxels);
    this.#objects.replaceChildren(
      element("option", { value: "" }, "nothing"),
      element("option", { value: BOX }, "a box"),
      ...listed.map(({ label, voxels, at }) =>
        element("option", { value: at.join() }, `${classes.names[label]}, ${formatCount(voxels)} voxels`)
      ),
    );
    this.#select(null, null);
    const edits = `${applied} ${applied === 1 ? "edit" : "edits"}`;
    this.#state.textContent = undone > 0 ? `${edits}, ${undone} undone` : edits;
    this.events.onScenes([{ title: "edited", volume: { labels, grid, classes } }], this.#source!.title);
  }

  #chooseListed(): void {
    const { value } = this.#objects;
    if (value === BOX) this.#select(this.#box, null);
    else if (value === "") this.#select(null, null);
    else this.#select(null, value.split(",").map(Number) as unknown as Grid);
  }

  #cornersTyped(): void {
    const { grid } = this.#history!;
    const values = this.#corners.map(({ value }, i) => Math.min(grid[i % 3], Math.max(0, Math.round(Number(value)))));
    const start = values.slice(0, 3), end = values.slice(3).map((value, axis) => Math.max(value, start[axis] + 1));
    this.#select({ start: start as unknown as Grid, end: end as unknown as Grid }, null);
  }

  /** Marks what is selected, and lets things be done to it. */
  #select(box: Box | null, object: Grid | null): void {
    const { labels, grid } = this.#history!;
    this.#box = box;
    this.#object = object;
    const inBox = this.#objects.value === BOX;
    const marked = box ?? (object && boxOf(objectAt(object, labels, grid), grid));
    if (object) this.#markListed(object);
    else if (!inBox) this.#objects.value = box ? BOX : "";
    this.#cornerRows.hidden = this.#objects.value !== BOX;
    this.#corners.forEach((input, i) => input.value = box ? String([...box.start, ...box.end][i]) : "");
    this.#choices.replaceChildren();
    this.#allow();
    this.events.onMark(marked && { low: marked.start, high: marked.end });
  }

  /** Shows an object's entry in the list, making one if it is too small to be listed. */
  #markListed(voxel: Grid): void {
    const { labels, grid } = this.#history!, { classes } = this.#source!.volume;
    const [first] = objectAt(voxel, labels, grid).toSorted(), label = labels[first];
    const value = placeOf(first, grid).join();
    if (![...this.#objects.options].some((option) => option.value === value)) {
      this.#objects.append(element("option", { value }, classes.names[label]));
    }
    this.#objects.value = value;
  }

  #allow(): void {
    const selected = this.#box !== null || this.#object !== null;
    for (const button of this.#actions) button.disabled = !selected || this.#busy;
    this.#undo.disabled = this.#busy || !this.#history || this.#history.applied === 0;
    this.#redo.disabled = this.#busy || !this.#history || this.#history.undone === 0;
  }

  async #propose(condition: EditCondition): Promise<void> {
    const history = this.#history, editor = this.#editor;
    if (!history || !editor || this.#busy) return;
    const selection: Selection = this.#object ? { object: this.#object } : { box: this.#box! };
    const request = { selection, condition, seed: crypto.getRandomValues(new Uint32Array(1))[0] };
    const count = condition.change === "remove" ? 1 : PROPOSALS;
    const started = performance.now();
    await this.#guard(async () => {
      const { signal } = this.#left = new AbortController(), { run, project: { sampler } } = editor;
      const scenes = await source.proposals(run, history.labels, request, count, sampler, signal)
        .catch((error) => {
          if (signal.aborted) return null;
          throw error;
        });
      if (scenes === null || this.#history !== history) return; // left meanwhile
      this.panel.dataset.milliseconds = (performance.now() - started).toFixed(0);
      this.#proposals = { request, scenes };
      if (count === 1) return this.#take(0);
      const { grid } = history, { classes } = this.#source!.volume;
      this.events.onScenes(
        scenes.map(({ labels }, i) => ({ title: `proposal ${i + 1}`, volume: { labels, grid, classes } })),
        `seed ${request.seed}`,
      );
      this.#choices.replaceChildren(
        element("span", {}, "Take"),
        ...scenes.map((_, i) =>
          element("button", { "aria-label": `Take proposal ${i + 1}`, onclick: () => this.#take(i) }, String(i + 1))
        ),
        element("button", { onclick: () => this.#showScene() }, "None"),
      );
      this.#state.textContent = "Take one of the proposals: click it, or its button.";
    });
  }

  #take(index: number): void {
    const { request, scenes } = this.#proposals!, { labels, result } = scenes[index];
    this.#history!.add({ ...request, proposal: index, result }, labels);
    this.#showScene();
  }

  #save(): void {
    const project = this.#history!.project(this.#editor!.project);
    download("project.json", new Blob([JSON.stringify(project) + "\n"], { type: "application/json" }));
  }

  async #load(): Promise<void> {
    const [file] = this.#file.files ?? [], editor = this.#editor;
    if (!file || !editor) return;
    this.#file.value = ""; // the same file may be chosen again
    await this.#guard(async () => {
      const text = await file.text(), scenes = await askReplay(editor.run, text);
      if (this.#editor !== editor) return;
      const project = JSON.parse(text) as Project; // the server has checked it
      // What is added is drawn as what is there.
      this.#editor = { ...editor, project: { ...editor.project, sampler: project.run.sampler } };
      this.#history = EditHistory.of(project, scenes);
      this.#showScene();
      const others = project.edits.flatMap(({ result }, i) => result === scenes[i + 1].result ? [] : [i + 1]);
      if (others.length > 0) {
        this.#state.textContent = `Edits ${others.join(", ")} came out otherwise than on ${project.run.engine}.`;
      }
    });
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    this.#busy = true;
    this.#allow();
    try {
      await work();
    } catch (error) {
      this.events.onError(error);
    } finally {
      this.#busy = false;
      this.#allow();
    }
  }
}

/** The objects of a scene, each with its first voxel. */
function objectsIn(labels: Uint8Array, grid: Grid): { label: number; voxels: number; at: Grid }[] {
  const found: { label: number; voxels: number; at: Grid }[] = [];
  forEachComponent(labels, grid, PIECES, (voxels) => {
    found.push({ label: labels[voxels[0]], voxels: voxels.length, at: placeOf(voxels[0], grid) });
  });
  return found;
}

/** x, y, z of a place in a volume. */
function placeOf(voxel: number, [, height, width]: Grid): Grid {
  return [Math.floor(voxel / (height * width)), Math.floor(voxel / width) % height, voxel % width];
}

/** The least box that holds a voxel, and another box if there is one. */
function boxWith(voxel: Grid, box: Box | null, grid: Grid): Box {
  const corners = box ? [box.start, box.end.map((end) => end - 1), voxel] : [voxel];
  return boxOf(corners.map(([x, y, z]) => (x * grid[1] + y) * grid[2] + z), grid);
}
