/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Goes through the scenes of a sequence: step, slide, play. */
import { element } from "./dom.ts";

const SPEEDS = [2, 5, 10, 20];

/** The bar below the scenes. */
export class Player {
  readonly #slider: HTMLInputElement;
  readonly #number = element("output");
  readonly #play: HTMLButtonElement;
  readonly #speed: HTMLSelectElement;
  readonly #bar: HTMLElement;
  #count = 1;
  #index = 0;
  #playing = false;

  /** @param show shows a scene; playing waits for it. */
  constructor(bar: HTMLElement, readonly show: (index: number) => Promise<void>) {
    this.#bar = bar;
    this.#slider = element("input", {
      type: "range",
      min: 0,
      "aria-label": "Scene",
      oninput: () => this.go(Number(this.#slider.value)),
    });
    this.#play = element("button", { id: "play", title: "Play (Space)", onclick: () => this.toggle() }, "Play");
    this.#speed = element(
      "select",
      { "aria-label": "Scenes per second" },
      ...SPEEDS.map((speed) => element("option", { value: speed, selected: speed === 10 }, `${speed}/s`)),
    );
    const step = (text: string, title: string, by: number) =>
      element("button", { class: "icon", title, "aria-label": title, onclick: () => this.step(by) }, text);
    bar.append(
      this.#play,
      this.#speed,
      step("‹", "Previous scene (←)", -1),
      this.#slider,
      step("›", "Next scene (→)", 1),
      this.#number,
    );
  }

  /** Index of the scene that is shown. */
  get index(): number {
    return this.#index;
  }

  /** Begins with a sequence of `count` scenes at `index`, without showing it. */
  reset(count: number, index: number): void {
    this.stop();
    this.#count = count;
    this.#index = Math.max(0, Math.min(count - 1, index));
    this.#slider.max = String(count - 1);
    this.#bar.hidden = count < 2;
    this.#describe();
  }

  /** Shows a scene. */
  async go(index: number): Promise<void> {
    this.#index = (index + this.#count) % this.#count;
    this.#describe();
    await this.show(this.#index);
  }

  /** Shows a scene some places on, around the ends. */
  step(by: number): void {
    this.stop();
    if (this.#count > 1) this.go(this.#index + by);
  }

  /** Plays or stops. */
  toggle(): void {
    if (this.#playing) return this.stop();
    if (this.#count < 2) return;
    this.#playing = true;
    this.#describe();
    this.#run();
  }

  /** Stops playing. */
  stop(): void {
    this.#playing = false;
    this.#describe();
  }

  async #run(): Promise<void> {
    while (this.#playing) {
      const started = performance.now();
      await this.go(this.#index + 1);
      const left = 1000 / Number(this.#speed.value) - (performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, Math.max(4, left)));
    }
  }

  #describe(): void {
    this.#slider.value = String(this.#index);
    this.#number.textContent = `${this.#index} of ${this.#count - 1}`;
    this.#play.textContent = this.#playing ? "Stop" : "Play";
    this.#play.setAttribute("aria-pressed", String(this.#playing));
  }
}
