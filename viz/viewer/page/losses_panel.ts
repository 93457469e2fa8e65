/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Losses of a run, also while it trains. */
import { MOST_CURVES, type RunEntry, type TrainingCurves, type TrainingStatus } from "../catalogue.ts";
import { askCurves, askTraining } from "./client.ts";
import { curveValues } from "./curve_values.ts";
import { element, formatCount } from "./dom.ts";

const POLL_MILLISECONDS = 2000;
/** A training whose last tick is older than this is not called running. */
const RUNNING_SECONDS = 120;
const MOST_LOSSES = 8;
/** Narrowest picture, in pixels. */
const MIN_WIDTH = 320;

/** Shows the learning curves of a run, of others over them, and keeps them up to date. */
export class LossesPanel {
  #run: RunEntry | null = null;
  #runs: readonly RunEntry[] = [];
  #curves: TrainingCurves | null = null;
  #revision = "";
  /** Counts what was asked for: of several answers only the newest question's is shown. */
  #request = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #status = element("div", { class: "status" });
  readonly #others = element("div", { class: "curve-runs", role: "group", "aria-label": "Runs over each other" });
  readonly #smoothing = element("input", {
    type: "range",
    id: "smoothing",
    min: 0,
    max: 99,
    onchange: () => this.#redraw(),
  });
  readonly #picture = element("div", { class: "curves" });
  readonly #values = element("div", { id: "curve-values", hidden: true });

  constructor(readonly section: HTMLElement, readonly onError: (error: unknown) => void) {
    this.#smoothing.value = "0";
    const smoothing = element("label", { class: "row smoothing" }, element("span", {}, "Smoothing"), this.#smoothing);
    section.append(this.#status, this.#others, smoothing, this.#picture);
    this.#picture.addEventListener("pointermove", (event) => this.#tell(event));
    this.#picture.addEventListener("pointerleave", () => this.#values.hidden = true);
    // Hidden pages do not ask; when they are looked at again they do at once.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#run) this.#poll(this.#run);
    });
  }

  /** Takes over the runs whose curves may be shown. */
  setRuns(runs: readonly RunEntry[]): void {
    this.#runs = runs.filter(({ losses }) => losses);
  }

  /** Shows a run, or nothing. */
  async show(run: RunEntry | null): Promise<void> {
    clearTimeout(this.#timer);
    this.#run = run;
    this.#request++;
    this.#revision = "";
    this.section.hidden = run === null;
    this.#picture.replaceChildren();
    this.#status.replaceChildren();
    if (!run) return;
    const others = this.#runs.filter((each) => each !== run);
    this.#others.hidden = others.length === 0;
    this.#others.replaceChildren(
      others.length < MOST_CURVES ? "Over it:" : `Over it, at most ${MOST_CURVES - 1}:`,
      ...others.map(({ path, title }) => {
        const box = element("input", { type: "checkbox", value: path, onchange: () => this.#chosen() });
        return element("label", {}, box, title);
      }),
    );
    await this.#poll(run);
  }

  async #poll(run: RunEntry): Promise<void> {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    try {
      const status = await askTraining(run.path);
      if (this.#run !== run) return;
      this.#describe(status);
      if (status.revision !== this.#revision) {
        this.#revision = status.revision;
        await this.#redraw();
      }
    } catch (error) {
      if (this.#run !== run) return;
      this.onError(error);
    }
    if (this.#run !== run) return;
    clearTimeout(this.#timer); // that of a question asked meanwhile
    this.#timer = setTimeout(() => this.#poll(run), POLL_MILLISECONDS);
  }

  /** Takes the choice of runs over it; once there are as many as can be told apart no more can be chosen. */
  #chosen(): void {
    const boxes = [...this.#others.querySelectorAll("input")];
    const full = boxes.filter(({ checked }) => checked).length === MOST_CURVES - 1;
    for (const box of boxes) box.disabled = full && !box.checked;
    this.#redraw();
  }

  #describe(status: TrainingStatus): void {
    const facts: [string, string][] = [
      ["iteration", formatCount(status.step)],
      ["stage", status.phase],
      [
        "last tick",
        status.age < RUNNING_SECONDS
          ? `${Math.round(status.age)} s ago`
          : new Date(Date.now() - 1000 * status.age).toLocaleString("en-GB"),
      ],
      ...Object.entries(status.losses).slice(0, MOST_LOSSES).map(([name, value]): [string, string] => [
        name.replaceAll("_", " "),
        value.toPrecision(4),
      ]),
    ];
    this.#status.replaceChildren(
      ...facts.map(([name, value]) =>
        element("div", {}, element("dl", {}, element("dt", {}, name), element("dd", {}, value)))
      ),
    );
  }

  async #redraw(): Promise<void> {
    const run = this.#run, request = ++this.#request;
    if (!run) return;
    const others = [...this.#others.querySelectorAll("input")].filter(({ checked }) => checked);
    const width = Math.max(MIN_WIDTH, Math.min(1100, this.section.clientWidth - 40));
    try {
      const paths = [run.path, ...others.map(({ value }) => value)];
      const curves = await askCurves(paths, width, Number(this.#smoothing.value));
      if (this.#request !== request) return;
      const picture = element("img", {
        alt: `Learning curves of ${[run.path, ...others.map(({ value }) => value)].join(", ")}`,
        src: `data:image/svg+xml,${encodeURIComponent(curves.svg)}`,
      });
      await picture.decode(); // the old picture stays until the new one is there
      if (this.#request !== request) return;
      this.#curves = curves;
      this.#picture.replaceChildren(picture, this.#values);
    } catch (error) {
      if (this.#request === request) this.onError(error);
    }
  }

  /** Tells the values of the lines of a panel at the pointer. */
  #tell({ clientX, clientY }: PointerEvent): void {
    const bounds = this.#picture.querySelector("img")?.getBoundingClientRect(), curves = this.#curves;
    if (!bounds || !curves) return;
    const scale = curves.width / bounds.width, x = (clientX - bounds.left) * scale, y = (clientY - bounds.top) * scale;
    const lines = curveValues(curves.panels, x, y);
    this.#values.hidden = lines === null;
    if (!lines) return;
    this.#values.replaceChildren(...lines.map((line) => element("div", {}, line)));
    const left = clientX - bounds.left + 14, { offsetWidth } = this.#values;
    this.#values.style.left = `${Math.max(0, left + offsetWidth > bounds.width ? left - offsetWidth - 28 : left)}px`;
    this.#values.style.top = `${clientY - bounds.top + 14}px`;
  }
}
