/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Losses of a run, also while it trains. */
import type { RunEntry, TrainingStatus } from "../catalogue.ts";
import { askTraining, curvesAddress } from "./client.ts";
import { element, formatCount } from "./dom.ts";

const POLL_MILLISECONDS = 2000;
/** A training whose last tick is older than this is not called running. */
const RUNNING_SECONDS = 120;
const MOST_SHOWN = 8;

/** Shows the learning curves of a run and keeps them up to date. */
export class LossesPanel {
  #run: RunEntry | null = null;
  #revision = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly section: HTMLElement, readonly onError: (error: unknown) => void) {
    // Hidden pages do not ask; when they are looked at again they do at once.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#run) this.#poll(this.#run);
    });
  }

  /** Shows a run, or nothing. */
  async show(run: RunEntry | null): Promise<void> {
    clearTimeout(this.#timer);
    this.#run = run;
    this.#revision = "";
    this.section.hidden = run === null;
    this.section.replaceChildren();
    if (run) await this.#poll(run);
  }

  async #poll(run: RunEntry): Promise<void> {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    try {
      const status = await askTraining(run.path);
      if (this.#run !== run) return;
      this.#draw(run, status);
    } catch (error) {
      if (this.#run !== run) return;
      this.onError(error);
    }
    this.#timer = setTimeout(() => this.#poll(run), POLL_MILLISECONDS);
  }

  #draw(run: RunEntry, status: TrainingStatus): void {
    const facts: [string, string][] = [
      ["iteration", formatCount(status.step)],
      ["stage", status.phase],
      [
        "last tick",
        status.age < RUNNING_SECONDS
          ? `${Math.round(status.age)} s ago`
          : new Date(Date.now() - 1000 * status.age).toLocaleString("en-GB"),
      ],
      ...Object.entries(status.losses).slice(0, MOST_SHOWN).map(([name, value]): [string, string] => [
        name.replaceAll("_", " "),
        value.toPrecision(4),
      ]),
    ];
    const list = element(
      "div",
      { class: "status" },
      ...facts.map(([name, value]) =>
        element("div", {}, element("dl", {}, element("dt", {}, name), element("dd", {}, value)))
      ),
    );
    if (status.revision !== this.#revision) {
      this.#revision = status.revision;
      const width = Math.max(480, Math.min(1100, this.section.clientWidth - 40));
      const picture = element("img", {
        alt: `Learning curves of ${run.title}`,
        src: curvesAddress(run.path, width, status.revision),
      });
      // The old picture stays until the new one is there.
      picture.decode().then(() => this.section.querySelector("img")?.replaceWith(picture), this.onError);
      if (!this.section.querySelector("img")) this.section.append(picture);
    }
    this.section.querySelector(".status")?.remove();
    this.section.prepend(list);
  }
}
