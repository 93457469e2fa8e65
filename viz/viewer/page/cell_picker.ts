/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The grid of latent cells, layer by layer from the floor up, each seen from above. */
import type { Grid } from "../../../data/grid.ts";
import { element } from "./dom.ts";

/** Chooses one of the latent cells. */
export class CellPicker {
  readonly element: HTMLElement = element("div", { class: "layers" });
  #buttons: HTMLButtonElement[] = [];
  #chosen: number | null = null;

  /** @param onChoose told the index of the cell in C order, or null when it is given up. */
  constructor(readonly onChoose: (cell: number | null) => void) {}

  /** Index of the chosen cell in C order. */
  get chosen(): number | null {
    return this.#chosen;
  }

  /** Shows the cells of a model; none is chosen. */
  setGrid([depth, height, width]: Grid): void {
    this.#buttons = [];
    this.#chosen = null;
    const layers = Array.from({ length: height }, (_, y) => {
      const cells = element("div", { class: "cells" });
      cells.style.gridTemplateColumns = `repeat(${depth}, 20px)`;
      for (let z = 0; z < width; z++) {
        for (let x = 0; x < depth; x++) {
          const cell = (x * height + y) * width + z;
          const name = `Cell ${x}, ${y}, ${z}`;
          const button = element("button", {
            class: "cell",
            title: name,
            "aria-label": name,
            "aria-pressed": "false",
            onclick: () => this.choose(this.#chosen === cell ? null : cell),
          });
          this.#buttons[cell] = button;
          cells.append(button);
        }
      }
      const name = height === 1 ? "seen from above" : y === 0 ? "floor" : y === height - 1 ? "ceiling" : `layer ${y}`;
      return element("div", { class: "layer" }, element("small", {}, name), cells);
    });
    this.element.replaceChildren(...layers);
    this.choose(null);
  }

  /** Chooses a cell, or none. */
  choose(cell: number | null): void {
    this.#chosen = cell;
    this.#buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(index === cell)));
    this.onChoose(cell);
  }

  /** Marks cells whose numbers were changed. */
  markChanged(changed: (cell: number) => boolean): void {
    this.#buttons.forEach((button, cell) => button.classList.toggle("changed", changed(cell)));
  }
}
