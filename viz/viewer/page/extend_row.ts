/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Where a scene shall go on beyond its border, and how far. */
import { type Grid, GRID_MULTIPLE } from "../../../data/grid.ts";
import { type Beyond, type Side, SIDES } from "../../../data/scenes/growth.ts";
import type { Box } from "../../../data/scenes/known_parts.ts";
import { element } from "./dom.ts";

/** A button with a side and a number of voxels. */
export class ExtendRow {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly #side: HTMLSelectElement;
  readonly #by: HTMLInputElement;

  /** @param onExtend told where to go on. @param onChoice told when that is chosen. */
  constructor(onExtend: (beyond: Beyond) => void, onChoice: (beyond: Beyond) => void) {
    this.button = element("button", { id: "extend", onclick: () => onExtend(this.beyond) }, "Extend here");
    const chosen = () => onChoice(this.beyond);
    this.#side = element(
      "select",
      { id: "side", "aria-label": "Side", onfocus: chosen, onchange: chosen },
      ...SIDES.map((side) => element("option", {}, side)),
    );
    this.#by = element("input", {
      ...{ type: "number", id: "by-voxels", "aria-label": "Voxels", min: GRID_MULTIPLE, step: GRID_MULTIPLE },
      onfocus: chosen,
      onchange: () => {
        this.#by.value = String(this.beyond.by);
        chosen();
      },
    });
    this.element = element("div", { class: "row" }, this.button, this.#side, this.#by);
  }

  /** What is chosen: whole cells, one at least. */
  get beyond(): Beyond {
    const by = Math.max(1, Math.round(Number(this.#by.value) / GRID_MULTIPLE)) * GRID_MULTIPLE;
    return { beyond: this.#side.value as Side, by };
  }

  /** As far as a run's scenes are long, unless told otherwise. */
  reset([x]: Grid): void {
    this.#by.value = String(x);
  }

  /** Chooses the side that is nearest to a box of a scene. */
  pointTo({ start, end }: Box, [depth, , width]: Grid): void {
    const distances: Record<Side, number> = {
      "+x": depth - end[0],
      "-x": start[0],
      "+z": width - end[2],
      "-z": start[2],
    };
    this.#side.value = SIDES.toSorted((one, other) => distances[one] - distances[other])[0];
  }
}

/** The voxels that a scene would go on by. */
export function boxBeyond({ beyond, by }: Beyond, grid: Grid): Box {
  const axis = beyond.endsWith("x") ? 0 : 2, from = beyond.startsWith("+") ? grid[axis] : -by;
  const corner = (place: number, other: Grid): Grid =>
    axis === 0 ? [place, other[1], other[2]] : [other[0], other[1], place];
  return { start: corner(from, [0, 0, 0]), end: corner(from + by, grid) };
}
