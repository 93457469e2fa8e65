/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Selects a part of a scene: an object, by a click or from a list, or a box, by clicks or by its corners. */
import type { Grid } from "../../../data/grid.ts";
import { forEachComponent, PIECES } from "../../../data/scenes/components.ts";
import { type Box, boxOf } from "../../../data/scenes/known_parts.ts";
import { objectAt, type Selection } from "../../../data/scenes/selection.ts";
import type { Volume } from "./client.ts";
import { element, formatCount } from "./dom.ts";

/** Smaller pieces are not listed: they are chosen in the picture. */
const LEAST_LISTED = 5;
/** What the list says for a selection by corners. */
const BOX = "box";

/** A list of objects, and fields for the corners of a box. */
export class SelectionPanel {
  readonly element: HTMLElement;
  #volume: Volume | null = null;
  #selected: Selection | null = null;
  readonly #objects = element("select", { id: "object", onchange: () => this.#chooseListed() });
  readonly #corners: readonly HTMLInputElement[];
  readonly #cornerRows: HTMLElement;

  /** @param onSelect told the box around what is selected; null if nothing is. */
  constructor(readonly onSelect: (around: Box | null) => void) {
    const corner = (name: string) =>
      element("input", { type: "number", min: 0, "aria-label": `box ${name}`, onchange: () => this.#cornersTyped() });
    this.#corners = ["from x", "from y", "from z", "to x", "to y", "to z"].map(corner);
    this.#cornerRows = element(
      "div",
      {},
      element("div", { class: "row" }, "from", ...this.#corners.slice(0, 3)),
      element("div", { class: "row" }, "to", ...this.#corners.slice(3)),
    );
    this.element = element(
      "div",
      {},
      element("label", { class: "row" }, element("span", {}, "Selected"), this.#objects),
      this.#cornerRows,
    );
  }

  /** What is selected. */
  get selected(): Selection | null {
    return this.#selected;
  }

  /** Takes a scene over, with nothing selected. */
  show(volume: Volume): void {
    this.#volume = volume;
    const { labels, grid, classes } = volume;
    const listed = objectsIn(labels, grid).filter(({ voxels }) => voxels >= LEAST_LISTED)
      .toSorted((one, other) => other.label - one.label || other.voxels - one.voxels);
    this.#objects.replaceChildren(
      element("option", { value: "" }, "nothing"),
      element("option", { value: BOX }, "a box"),
      ...listed.map(({ label, voxels, at }) =>
        element("option", { value: at.join() }, `${classes.names[label]}, ${formatCount(voxels)} voxels`)
      ),
    );
    this.#corners.forEach((input, i) => input.max = String(grid[i % 3]));
    this.#select(null);
  }

  /** A click at a voxel of the scene: selects its object, or lets the box grow to hold it. */
  clicked(voxel: Grid): void {
    if (this.#objects.value !== BOX) this.#select({ object: voxel });
    else this.#select({ box: boxWith(voxel, this.#box, this.#volume!.grid) });
  }

  get #box(): Box | null {
    return this.#selected && "box" in this.#selected ? this.#selected.box : null;
  }

  #chooseListed(): void {
    const { value } = this.#objects;
    if (value === BOX || value === "") this.#select(null);
    else this.#select({ object: value.split(",").map(Number) as unknown as Grid });
  }

  #cornersTyped(): void {
    const { grid } = this.#volume!;
    const values = this.#corners.map(({ value }, i) => Math.min(grid[i % 3], Math.max(0, Math.round(Number(value)))));
    const start = values.slice(0, 3), end = values.slice(3).map((value, axis) => Math.max(value, start[axis] + 1));
    this.#select({ box: { start: start as unknown as Grid, end: end as unknown as Grid } });
  }

  /** Shows what is selected in the list and the fields. */
  #select(selected: Selection | null): void {
    const { labels, grid } = this.#volume!;
    this.#selected = selected;
    if (selected && "object" in selected) this.#markListed(selected.object);
    const box = this.#box;
    this.#cornerRows.hidden = this.#objects.value !== BOX;
    this.#corners.forEach((input, i) => input.value = box ? String([...box.start, ...box.end][i]) : "");
    this.onSelect(selected && "object" in selected ? boxOf(objectAt(selected.object, labels, grid), grid) : box);
  }

  /** Shows an object's entry in the list, making one if it is too small to be listed. */
  #markListed(voxel: Grid): void {
    const { labels, grid, classes } = this.#volume!;
    const [first] = objectAt(voxel, labels, grid).toSorted();
    const value = placeOf(first, grid).join();
    if (![...this.#objects.options].some((option) => option.value === value)) {
      this.#objects.append(element("option", { value }, classes.names[labels[first]]));
    }
    this.#objects.value = value;
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
