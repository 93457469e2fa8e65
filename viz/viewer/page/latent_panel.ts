/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** New rooms from the networks of a checkpoint, and sliders on the noise or the code that they are made from. */
import type { ModelInfo, RunEntry } from "../catalogue.ts";
import { CellPicker } from "./cell_picker.ts";
import { askEncoding, source, type Volume } from "./client.ts";
import { element, formatCount } from "./dom.ts";
import type { Slices } from "./shown.ts";
import { WishPanel, wishWords } from "./wish_panel.ts";

/** Numbers of noise lie within about three standard deviations. */
const SLIDER_LIMIT = 3;
const LARGEST_SEED = 2 ** 32 - 1;
/** Most sliders that are shown for a cell. */
const MOST_CHANNELS = 64;
/** Time between two looks at whether a training has saved newer weights. */
const WATCH_MILLISECONDS = 3000;

/** What {@link LatentPanel} tells and asks. */
export interface LatentEvents {
  /** A room was decoded: as generated and, if there is a refiner, refined. */
  onRoom(rooms: readonly { readonly title: string; readonly volume: Volume }[], caption: string): void;
  /** The region of the chosen cell, or null. */
  onCell(region: Slices | null): void;
  onError(error: unknown): void;
  /** The scene that was looked at before, if any. */
  lastScene(): { path: string; index: number; title: string } | null;
}

/** Chooses codes and asks for their rooms. */
export class LatentPanel {
  #run: RunEntry | null = null;
  #model: ModelInfo | null = null;
  /** What the room is made from, and what it was at first: noise where `#fromNoise`, otherwise a code. */
  #numbers = new Float32Array();
  #start = new Float32Array();
  #fromNoise = true;
  /** Counts what rooms were to be made from: the answer to an earlier question is late. */
  #questions = 0;
  #caption = "";
  #busy = false;
  #wanted: "nothing" | "quick" | "refined" = "nothing";
  /** Aborted when what is asked for is overtaken. */
  #overtaken: AbortController | null = null;
  #refined: Volume | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #seed: HTMLInputElement;
  readonly #facts = element("p", { class: "note" });
  readonly #wish: WishPanel;
  readonly #note = element("p", { class: "note" });
  readonly #cells: CellPicker;
  readonly #channels = element("div");
  readonly #encode: HTMLButtonElement;
  readonly #newer = element("button", { id: "newer", hidden: true, onclick: () => this.show(this.#run) });

  constructor(readonly panel: HTMLElement, readonly events: LatentEvents) {
    this.#seed = element("input", {
      type: "number",
      min: 0,
      max: LARGEST_SEED,
      value: 0,
      "aria-label": "Seed",
      onchange: () => this.fromSeed(),
    });
    this.#encode = element("button", { onclick: () => this.#fromScene() }, "From the scene seen last");
    this.#wish = new WishPanel(() => {
      if (this.#fromNoise) this.#guard(() => this.#decode());
      else this.fromSeed(); // a scene is what it is
    });
    this.#cells = new CellPicker((cell) => {
      this.#showChannels();
      events.onCell(this.#regionOf(cell));
    });
    panel.append(
      element("h2", {}, "New rooms"),
      this.#facts,
      this.#newer,
      element("button", { id: "new-room", class: "primary", onclick: () => this.random() }, "New random room"),
      element("label", { class: "row" }, element("span", {}, "Seed"), this.#seed),
      this.#wish.element,
      this.#encode,
      element("h2", {}, "Latent cells"),
      this.#note,
      this.#cells.element,
      this.#channels,
      element(
        "div",
        { class: "class-buttons" },
        element("button", { onclick: () => this.#reset(true) }, "Reset cell"),
        element("button", { onclick: () => this.#reset(false) }, "Reset all"),
      ),
    );
  }

  /** Opens the networks of a run and shows a room, or hides the panel. */
  async show(run: RunEntry | null): Promise<void> {
    this.panel.hidden = run === null;
    clearTimeout(this.#timer);
    this.#overtaken?.abort();
    this.#run = run;
    this.#questions++;
    this.#model = null;
    this.#refined = null;
    this.#newer.hidden = true;
    if (!run) return this.events.onCell(null);
    this.#encode.disabled = this.events.lastScene() === null;
    this.#facts.textContent = "Opening the checkpoint…";
    await this.#guard(async () => {
      const model = await source.model(run.path, (share) => {
        if (this.#run === run) this.#facts.textContent = `Fetching the model, ${Math.floor(100 * share)} %…`;
      });
      if (this.#run !== run) return;
      this.#model = model;
      const { latentGrid, latentChannels, step, refines, grid, engine } = model;
      this.#facts.textContent = `Step ${formatCount(step)}, rooms of ${grid.join(" × ")}, ` +
        `${latentGrid.join(" × ")} cells of ${latentChannels} numbers${refines ? "" : "; the refiner is not trained"}` +
        `${engine ? `. Made in this page, on ${engine}` : ""}.`;
      this.#cells.setGrid(latentGrid);
      this.#wish.show(model);
      await this.fromSeed();
      this.#watch(run);
    });
  }

  /** Says when a training that goes on has written a newer checkpoint. */
  #watch(run: RunEntry): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const step = document.hidden ? 0 : await source.newestStep(run.path).catch(() => 0);
      if (this.#run !== run || !this.#model) return;
      if (step > this.#model.step) {
        this.#newer.textContent = `Step ${formatCount(step)} has been saved: take it`;
        this.#newer.hidden = false;
      }
      this.#watch(run);
    }, WATCH_MILLISECONDS);
  }

  /** The seed in the field. */
  get seed(): number {
    return Math.min(LARGEST_SEED, Math.max(0, Math.round(Number(this.#seed.value) || 0)));
  }

  /** Writes the field; {@link show} and {@link fromSeed} make its room. */
  set seed(seed: number) {
    this.#seed.value = String(seed);
  }

  /** A room from a seed that is drawn by chance. */
  async random(): Promise<void> {
    if (!this.#model) return;
    this.#seed.value = String(crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000);
    await this.fromSeed();
  }

  /** The room of the seed in the field. */
  async fromSeed(): Promise<void> {
    const { seed } = this;
    this.seed = seed;
    await this.#startFrom((run) => source.noise(run.path, seed), `seed ${seed}`, true);
  }

  async #fromScene(): Promise<void> {
    const scene = this.events.lastScene();
    if (scene) await this.#startFrom((run) => askEncoding(run.path, scene.path, scene.index), scene.title, false);
  }

  async #startFrom(
    ask: (run: RunEntry) => Promise<Float32Array<ArrayBuffer>>,
    caption: string,
    fromNoise: boolean,
  ): Promise<void> {
    const question = ++this.#questions;
    await this.#guard(async () => {
      const start = await ask(this.#run!);
      if (question !== this.#questions) return;
      this.#start = start;
      this.#numbers = this.#start.slice();
      this.#fromNoise = fromNoise;
      this.#caption = caption;
      this.#note.textContent = this.#explanation();
      this.#showChannels();
      await this.#decode();
    });
  }

  /**
   * Decodes the numbers as they are now; while a room is being made, only the newest wait. The refiner is slow: a quick
   * room leaves it out, and the refined room of before stays until the slider is let go. Quick rooms are made to their
   * end, so that some are seen however fast the slider moves; others are left when newer numbers come.
   */
  async #decode(kind: "quick" | "refined" = "refined"): Promise<void> {
    this.#wanted = kind;
    if (this.#busy) return this.#overtaken?.abort();
    this.#busy = true;
    try {
      while (this.#wanted !== "nothing" && this.#run) {
        const refine = this.#wanted === "refined", run = this.#run;
        this.#wanted = "nothing";
        const wish = this.#fromNoise ? this.#wish.wish : null;
        const changed = this.#numbers.some((value, i) => value !== this.#start[i]) ? ["changed"] : [];
        const caption = [this.#caption, ...wish ? wishWords(wish) : [], ...changed].join(", ");
        const show = (plain: Volume, title: string) => {
          if (this.#run !== run) return;
          const refined = this.#refined ? [{ title, volume: this.#refined }] : [];
          this.events.onRoom([{ title: "generated", volume: plain }, ...refined], caption);
        };
        this.#overtaken = refine ? new AbortController() : null;
        const signal = this.#overtaken?.signal, onPlain = ([plain]: readonly Volume[]) => show(plain, "refined before");
        try {
          const [plain, refined] = await source.room(run.path, this.#numbers, wish, { refine, signal, onPlain });
          if (this.#run !== run) continue;
          if (refine) this.#refined = refined ?? null;
          show(plain, refine ? "refined" : "refined before");
        } catch (error) {
          if (!signal?.aborted) throw error;
        }
      }
    } finally {
      this.#busy = false;
    }
  }

  /** What the sliders move. */
  #explanation(): string {
    const numbers = "Choose a cell and move its numbers";
    if (!this.#fromNoise) return `Each cell of the scene's code shapes its own part of the room. ${numbers}.`;
    if (this.#model?.types) return `${numbers}: they are noise, and whatever they are, a room comes of them.`;
    return `Each cell shapes its own part of the room. ${numbers}.`;
  }

  /** Sliders of the chosen cell. */
  #showChannels(): void {
    this.#markChanged();
    const cell = this.#cells.chosen, channels = this.#model?.latentChannels ?? 0;
    if (cell === null) return this.#channels.replaceChildren();
    const rows = Array.from({ length: Math.min(channels, MOST_CHANNELS) }, (_, channel) => {
      const at = cell * channels + channel;
      const value = element("output", {}, this.#numbers[at].toFixed(2));
      const slider = element("input", {
        type: "range",
        min: -SLIDER_LIMIT,
        max: SLIDER_LIMIT,
        step: 0.05,
        "aria-label": `Channel ${channel}`,
        oninput: () => {
          this.#numbers[at] = Number(slider.value);
          value.textContent = this.#numbers[at].toFixed(2);
          this.#markChanged();
          this.#guard(() => this.#decode("quick"));
        },
        onchange: () => {
          this.#guard(() => this.#decode());
        },
      });
      slider.value = String(this.#numbers[at]);
      return element("label", { class: "channel" }, String(channel), slider, value);
    });
    this.#channels.replaceChildren(...rows);
  }

  #markChanged(): void {
    const channels = this.#model?.latentChannels ?? 1;
    this.#cells.markChanged((cell) => {
      for (let at = cell * channels; at < (cell + 1) * channels; at++) {
        if (this.#numbers[at] !== this.#start[at]) return true;
      }
      return false;
    });
  }

  #reset(onlyCell: boolean): void {
    const channels = this.#model?.latentChannels ?? 0, cell = this.#cells.chosen;
    if (onlyCell && cell === null) return;
    const [from, to] = onlyCell ? [cell! * channels, (cell! + 1) * channels] : [0, this.#numbers.length];
    this.#numbers.set(this.#start.subarray(from, to), from);
    this.#showChannels();
    this.#guard(() => this.#decode());
  }

  /** The voxels of a cell. */
  #regionOf(cell: number | null): Slices | null {
    if (cell === null || !this.#model) return null;
    const { grid, latentGrid: [, height, width], latentGrid } = this.#model;
    const at = [Math.floor(cell / (height * width)), Math.floor(cell / width) % height, cell % width];
    const size = grid.map((voxels, axis) => voxels / latentGrid[axis]);
    return {
      low: [at[0] * size[0], at[1] * size[1], at[2] * size[2]],
      high: [(at[0] + 1) * size[0], (at[1] + 1) * size[1], (at[2] + 1) * size[2]],
    };
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.events.onError(error);
    }
  }
}
