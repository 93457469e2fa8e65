/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Changes a scene: select a box or an object, then remove, replace or make up anew; or let the scene go on. */
import { ROOM_CLASS_NAMES } from "../../../data/classes.ts";
import type { Grid } from "../../../data/grid.ts";
import type { Box } from "../../../data/scenes/known_parts.ts";
import type { EditCondition, EditRequest, Project } from "../../../run/project.ts";
import type { ModelInfo, RunEntry } from "../catalogue.ts";
import { askReplay, source, type Volume } from "./client.ts";
import { download, element } from "./dom.ts";
import { EditHistory, type Scene } from "./edit_history.ts";
import { boxBeyond, ExtendRow } from "./extend_row.ts";
import { SelectionPanel } from "./selection_panel.ts";
import type { Slices } from "./shown.ts";
import { WishPanel, wishWords } from "./wish_panel.ts";

/** Proposals side by side. */
const PROPOSALS = 4;

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
  #proposals: { request: EditRequest; scenes: readonly Scene[] } | null = null;
  #busy = false;
  /** Aborted when proposals that are on their way are left. */
  #left: AbortController | null = null;
  readonly #begin = element("button", { id: "edit", onclick: () => this.#open() }, "Edit this scene");
  readonly #run = element("select", { "aria-label": "Run that makes proposals", onchange: () => this.#open() });
  readonly #body = element("div", { hidden: true });
  readonly #selection = new SelectionPanel((around) => this.#marked(around));
  readonly #by = element("select", { id: "by", "aria-label": "Class that replaces" });
  readonly #actions: readonly HTMLButtonElement[];
  readonly #extend: ExtendRow;
  /** Of what is regenerated, or beyond a side. */
  readonly #wish = new WishPanel(() => {});
  readonly #choices = element("div", { class: "class-buttons", id: "proposals" });
  readonly #state = element("p", { class: "note", id: "edit-state", role: "status" });
  readonly #undo: HTMLButtonElement;
  readonly #redo: HTMLButtonElement;
  readonly #file: HTMLInputElement;

  constructor(readonly panel: HTMLElement, readonly events: EditEvents) {
    const button = (text: string, id: string, act: () => void) => element("button", { id, onclick: act }, text);
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
      button("Remove", "remove", () => this.#propose(this.#selection.selected, { change: "remove" })),
      button(
        "Replace by",
        "replace",
        () => this.#propose(this.#selection.selected, { change: "replace", by: this.#by.value }),
      ),
      button("Regenerate", "regenerate", () => this.#propose(this.#selection.selected, this.#regeneration)),
    ];
    this.#extend = new ExtendRow(
      (beyond) => this.#propose(beyond, this.#regeneration),
      (beyond) => this.#mark(boxBeyond(beyond, this.#history!.scene.grid)),
    );
    const [remove, replace, regenerate] = this.#actions;
    this.#body.append(
      element(
        "p",
        { class: "note" },
        "Click an object, or choose one. For a box, click voxels: it grows to hold them.",
      ),
      this.#selection.element,
      element("div", { class: "class-buttons" }, remove, regenerate),
      element("div", { class: "row" }, replace, this.#by),
      ...source.served ? [this.#extend.element] : [],
      element("details", {}, element("summary", {}, "Ask for what is made up"), this.#wish.element),
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
    this.#selection.clicked(voxel);
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
    this.#history = this.#proposals = this.#editor = null;
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
      if (info.grid.some((voxels, axis) => voxels > volume.grid[axis])) {
        throw new Error(
          `The scene is ${volume.grid.join("×")}, ${run || "this run"} edits ${info.grid.join("×")} and larger.`,
        );
      }
      this.#editor = { run, info, project: info.editor };
      this.#history = new EditHistory(volume);
      this.#begin.hidden = true;
      this.#run.hidden = true;
      this.#body.hidden = false;
      const names = volume.classes.names.slice(1), standing = names.find((name) => !ROOM_CLASS_NAMES.includes(name));
      this.#by.replaceChildren(...names.map((name) => element("option", { selected: name === standing }, name)));
      this.#extend.reset(info.grid);
      this.#wish.show(info);
      this.#showScene();
    });
  }

  /** Shows the scene as the history has it, with nothing selected. */
  #showScene(): void {
    if (!this.#history) return;
    this.#proposals = null;
    const { scene, applied, undone } = this.#history, volume = { ...scene, classes: this.#source!.volume.classes };
    this.#selection.show(volume);
    const edits = `${applied} ${applied === 1 ? "edit" : "edits"}`;
    this.#state.textContent = undone > 0 ? `${edits}, ${undone} undone` : edits;
    this.events.onScenes([{ title: "edited", volume }], this.#source!.title);
  }

  /** Something else is selected. */
  #marked(around: Box | null): void {
    this.#choices.replaceChildren();
    this.#allow();
    if (around) this.#extend.pointTo(around, this.#history!.scene.grid);
    this.#mark(around);
  }

  #mark(box: Box | null): void {
    this.events.onMark(box && { low: box.start, high: box.end });
  }

  #allow(): void {
    for (const button of this.#actions) button.disabled = this.#selection.selected === null || this.#busy;
    this.#extend.button.disabled = this.#busy;
    this.#undo.disabled = this.#busy || !this.#history || this.#history.applied === 0;
    this.#redo.disabled = this.#busy || !this.#history || this.#history.undone === 0;
  }

  /** What is asked of what is made up. */
  get #regeneration(): EditCondition {
    const { type, with: present, without } = this.#wish.wish;
    return {
      change: "regenerate",
      ...type === undefined ? {} : { type },
      ...present.length > 0 ? { with: present } : {},
      ...without.length > 0 ? { without } : {},
    };
  }

  async #propose(selection: EditRequest["selection"] | null, condition: EditCondition): Promise<void> {
    const history = this.#history, editor = this.#editor;
    if (!selection || !history || !editor || this.#busy) return;
    const request = { selection, condition, seed: crypto.getRandomValues(new Uint32Array(1))[0] };
    const count = condition.change === "remove" ? 1 : PROPOSALS;
    const asked = condition.change === "regenerate" ? wishWords(this.#wish.wish) : [];
    const started = performance.now();
    await this.#guard(async () => {
      const { signal } = this.#left = new AbortController(), { run, project: { sampler } } = editor;
      const scenes = await source.proposals(run, history.scene, request, count, sampler, signal)
        .catch((error) => {
          if (signal.aborted) return null;
          throw error;
        });
      if (scenes === null || this.#history !== history) return; // left meanwhile
      this.panel.dataset.milliseconds = (performance.now() - started).toFixed(0);
      this.#proposals = { request, scenes };
      if (count === 1) return this.#take(0);
      const { classes } = this.#source!.volume;
      if ("beyond" in selection) this.#mark(null); // it would be elsewhere in the larger scenes
      this.events.onScenes(
        scenes.map(({ labels, grid }, i) => ({ title: `proposal ${i + 1}`, volume: { labels, grid, classes } })),
        [`seed ${request.seed}`, ...asked].join(", "),
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
    const { request, scenes } = this.#proposals!;
    this.#history!.add({ ...request, proposal: index }, scenes[index]);
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
