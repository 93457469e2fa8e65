/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Planes that cut a volume open, two per axis. */
import type { Grid } from "../../../data/grid.ts";
import { element } from "./dom.ts";
import { type Slices, wholeVolume } from "./shown.ts";

const AXES = ["x", "y up", "z"] as const;

interface Row {
  readonly low: HTMLInputElement;
  readonly high: HTMLInputElement;
  readonly span: HTMLElement;
  readonly text: HTMLElement;
}

/** A slider with two thumbs per axis. */
export class SlicesPanel {
  #grid: Grid = [1, 1, 1];
  readonly #rows: Row[];

  constructor(panel: HTMLElement, readonly onChange: () => void) {
    this.#rows = AXES.map((name, axis): Row => {
      const thumb = (end: string) =>
        element("input", {
          type: "range",
          min: 0,
          "aria-label": `${name}, ${end}`,
          "data-slice": `${name[0]}-${end}`,
          oninput: () => this.#moved(axis, end),
        });
      const low = thumb("from"), high = thumb("to");
      return {
        low,
        high,
        span: element("div", { class: "span" }, low, high),
        text: element("span", { class: "from-to" }),
      };
    });
    panel.append(
      element("h2", {}, "Slices"),
      ...this.#rows.map(({ span, text }, axis) => element("div", { class: "slice" }, AXES[axis], span, text)),
      element("div", { class: "class-buttons" }, element("button", { onclick: () => this.reset() }, "Whole room")),
    );
  }

  /** The part of the volume that is shown. */
  get slices(): Slices {
    const ends = (end: "low" | "high") => this.#rows.map((row) => Number(row[end].value)) as unknown as Grid;
    return { low: ends("low"), high: ends("high") };
  }

  /** Shows a part of the volume, as far as it is in the grid. */
  set slices(slices: Slices) {
    this.#write(slices);
  }

  /** Takes over the size of the volumes; another size shows them whole. */
  setGrid(grid: Grid): void {
    if (String(grid) === String(this.#grid)) return;
    this.#grid = grid;
    this.#rows.forEach(({ low, high }, axis) => low.max = high.max = String(grid[axis]));
    this.#write(wholeVolume(grid));
  }

  /** Shows everything again. */
  reset(): void {
    this.#write(wholeVolume(this.#grid));
    this.onChange();
  }

  /** At least one layer stays: a thumb pushes the other one away. */
  #moved(axis: number, end: string): void {
    const { low, high } = this.#rows[axis], most = this.#grid[axis];
    if (end === "from") {
      low.value = String(Math.min(Number(low.value), most - 1));
      high.value = String(Math.max(Number(high.value), Number(low.value) + 1));
    } else {
      high.value = String(Math.max(1, Number(high.value)));
      low.value = String(Math.min(Number(low.value), Number(high.value) - 1));
    }
    this.#describe();
    this.onChange();
  }

  #write({ low, high }: Slices): void {
    this.#rows.forEach((row, axis) => {
      row.low.value = String(low[axis]);
      row.high.value = String(high[axis]);
    });
    this.#describe();
  }

  #describe(): void {
    this.#rows.forEach(({ low, high, span, text }, axis) => {
      const size = this.#grid[axis];
      text.textContent = `${low.value} – ${high.value}`;
      span.style.setProperty("--from", `${100 * Number(low.value) / size}%`);
      span.style.setProperty("--to", `${100 * Number(high.value) / size}%`);
    });
  }
}
