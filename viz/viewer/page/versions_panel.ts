/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Which versions of a scene stand side by side. */
import { element } from "./dom.ts";

/** A checkbox per version; at least one stays. */
export class VersionsPanel {
  #boxes: HTMLInputElement[] = [];

  constructor(readonly panel: HTMLElement, readonly onChange: () => void) {}

  /** Offers versions, all of them shown at first. */
  show(titles: readonly string[]): void {
    this.panel.hidden = titles.length < 2;
    this.#boxes = titles.map((_, index) => {
      const box = element("input", { type: "checkbox", "data-version": index, onchange: () => this.#changed(box) });
      box.checked = true;
      return box;
    });
    const rows = titles.map((title, index) => element("label", { class: "toggle" }, this.#boxes[index], title));
    this.panel.replaceChildren(
      element("h2", {}, "Side by side"),
      ...rows.map((row) => element("div", {}, row)),
    );
  }

  /** Whether a version is shown. */
  isShown(index: number): boolean {
    return this.#boxes[index]?.checked ?? true;
  }

  /** Versions that are not shown. */
  get unseen(): number[] {
    return [...this.#boxes.keys()].filter((index) => !this.isShown(index));
  }

  /** Shows all versions but these; at least one stays. */
  set unseen(unseen: readonly number[]) {
    if (this.#boxes.every((_, index) => unseen.includes(index))) return;
    this.#boxes.forEach((box, index) => box.checked = !unseen.includes(index));
  }

  #changed(box: HTMLInputElement): void {
    if (this.#boxes.every(({ checked }) => !checked)) box.checked = true;
    this.onChange();
  }
}
