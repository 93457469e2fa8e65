/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The legend: classes with counts, to hide and to bring out. */
import { type ClassSet, PAPER_CLASSES, ROOM_CLASS_NAMES } from "../../../data/classes.ts";
import { element, formatCount } from "./dom.ts";
import { drawSwatch } from "./patterns.ts";

/** Keys that hide and show classes 1 to 11. */
export const CLASS_KEYS = ["", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "-"] as const;

/** What {@link ClassesPanel} tells. */
export interface ClassEvents {
  /** Classes were hidden or shown. */
  onChange(): void;
  /** A class is pointed at, or none: 0. */
  onHighlight(label: number): void;
}

/** A row per class: swatch, name, number of voxels, and whether it is shown. */
export class ClassesPanel {
  /** True for each class that is hidden, by label. */
  readonly hidden: boolean[] = [];
  readonly #panel: HTMLElement;
  #rows: { row: HTMLElement; box: HTMLInputElement; swatch: HTMLCanvasElement; count: HTMLElement }[] = [];
  #classes: ClassSet = PAPER_CLASSES;
  #patterned = false;

  constructor(panel: HTMLElement, readonly events: ClassEvents) {
    this.#panel = panel;
    this.#build();
  }

  /** Lists other classes, all shown, if these are not listed already. Returns whether they were not. */
  setClasses(classes: ClassSet): boolean {
    if (JSON.stringify(classes) === JSON.stringify(this.#classes)) return false;
    this.#classes = classes;
    this.#build();
    return true;
  }

  #build(): void {
    const { names } = this.#classes, { events } = this;
    this.hidden.length = 0;
    this.hidden.push(...names.map(() => false));
    this.#rows = [];
    const list = element("ul", { class: "classes" });
    for (let label = 1; label < names.length; label++) {
      const box = element("input", { type: "checkbox", "data-label": label, onchange: () => this.toggle(label) });
      box.checked = true;
      const swatch = element("canvas", { width: 52, height: 36, "aria-hidden": "true" });
      const count = element("span", { class: "count" });
      const name = element("span", { class: "name" }, names[label]);
      const row = element(
        "label",
        {
          class: "class",
          onpointerenter: () => events.onHighlight(label),
          onpointerleave: () => events.onHighlight(0),
        },
        box,
        swatch,
        name,
        element("span", {}, count, ...label < CLASS_KEYS.length ? [element("kbd", {}, CLASS_KEYS[label])] : []),
      );
      this.#rows[label] = { row, box, swatch, count };
      list.append(element("li", {}, row));
    }
    const buttons = element(
      "div",
      { class: "class-buttons" },
      element("button", { onclick: () => this.#setAll(() => false) }, "Show all"),
      ...names.some((name) => ROOM_CLASS_NAMES.includes(name))
        ? [
          element(
            "button",
            { onclick: () => this.#setAll((label) => ROOM_CLASS_NAMES.includes(names[label])) },
            "Furniture",
          ),
        ]
        : [],
    );
    this.#panel.replaceChildren(element("h2", {}, "Classes"), list, buttons);
    this.showPatterns(this.#patterned);
  }

  /** Hides or shows a class. */
  toggle(label: number): void {
    if (label >= this.hidden.length) return;
    this.hidden[label] = !this.hidden[label];
    this.#update();
  }

  /** Hides these classes and shows all others. */
  hideOnly(labels: readonly number[]): void {
    this.#setAll((label) => labels.includes(label));
  }

  /** Draws swatches with or without patterns. */
  showPatterns(on: boolean): void {
    this.#patterned = on;
    this.#rows.forEach(({ swatch }, label) => drawSwatch(swatch, this.#classes, label, on));
  }

  /** Shows how many voxels each class has. */
  showCounts(counts: readonly number[]): void {
    this.#rows.forEach(({ row, count }, label) => {
      count.textContent = formatCount(counts[label]);
      row.classList.toggle("absent", counts[label] === 0);
    });
  }

  #setAll(hide: (label: number) => boolean): void {
    for (let label = 1; label < this.hidden.length; label++) this.hidden[label] = hide(label);
    this.#update();
  }

  #update(): void {
    this.#rows.forEach(({ box }, label) => box.checked = !this.hidden[label]);
    this.events.onChange();
  }
}
