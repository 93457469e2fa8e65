/** Windows and doors. They are placed last, where the furniture leaves the walls clear. */
import { LABEL } from "./label.ts";
import type { Plan, Wall } from "./plan.ts";
import { type Range, SHEET_METRES } from "./raster.ts";
import { snap } from "./spot.ts";

/** Which openings a room should have. */
export interface OpeningOptions {
  /** Probability of a door. */
  readonly door: number;
  /** Most windows. */
  readonly windows: number;
  /** Widths of windows in metres: one of the first two, or else the first of the others that fits. */
  readonly windowWidths: readonly number[];
  /** Heights of the lower and upper edges of windows. */
  readonly windowRise: Range;
  /** Probability that windows reach down to the floor where nothing stands before them. */
  readonly tallWindows: number;
  /** Probability that the windows have curtains. */
  readonly curtains: number;
}

const DOOR_WIDTH_METRES = 0.9;
const DOOR_HEIGHT_METRES = 2.16;
/** Lower and upper edge of a window that reaches down to the floor. */
export const TALL_WINDOW_RISE: Range = [0.18, 2.16];
const CURTAIN_WIDTH_METRES = 0.3;

/** Adds a door (class "furn") and windows, with curtains (class "objs") beside them, as far as there is room. */
export function addOpenings(plan: Plan, options: OpeningOptions): void {
  const { dice } = plan;
  if (dice.chance(options.door)) addDoor(plan);
  const curtains = dice.chance(options.curtains);
  const rises = dice.chance(options.tallWindows) ? [TALL_WINDOW_RISE, options.windowRise] : [options.windowRise];
  let missing = options.windows;
  for (const wall of [...dice.shuffled<Wall>(["back", "left"]), "right"] as const) {
    // Curtains only at the walls that stand in every room in full.
    if (missing > 0 && addWindow(plan, wall, options.windowWidths, rises, curtains && wall !== "right")) missing--;
  }
}

/** A door at the open end of a side wall. */
function addDoor(plan: Plan): void {
  for (const wall of plan.dice.shuffled<Wall>(["left", "right"])) {
    const end = plan.depth - 0.15;
    const along: Range = [end - DOOR_WIDTH_METRES, end], y: Range = [0, DOOR_HEIGHT_METRES];
    if (!plan.isClear(wall, along, y, 0.6)) continue;
    plan.openings.push(plan.wallBox(LABEL.furn, wall, along, y));
    return;
  }
}

/** The first of the rises and widths that fit, about in the middle of the wall. */
function addWindow(
  plan: Plan,
  wall: Wall,
  widths: readonly number[],
  rises: readonly Range[],
  curtains: boolean,
): boolean {
  const margin = curtains ? CURTAIN_WIDTH_METRES : 0.15;
  const offsets = [...plan.dice.shuffled([0, -0.3, 0.3]), -0.6, 0.6];
  const preferred = [...plan.dice.shuffled(widths.slice(0, 2)), ...widths.slice(2)];
  for (const y of rises) {
    for (const width of preferred) {
      const middle = snap((plan.wallLength[wall] - width) / 2);
      for (const offset of offsets) {
        const from = middle + offset, along: Range = [from, from + width];
        if (!plan.isClear(wall, [from - margin, from + width + margin], y, 0.15)) continue;
        plan.openings.push(plan.wallBox(LABEL.window, wall, along, y));
        if (curtains) addCurtains(plan, wall, along, y);
        return true;
      }
    }
  }
  return false;
}

function addCurtains(plan: Plan, wall: Wall, along: Range, y: Range): void {
  for (const start of [along[0] - CURTAIN_WIDTH_METRES, along[1]]) {
    plan.against(wall, start, CURTAIN_WIDTH_METRES, SHEET_METRES).fill(LABEL.objs, y);
  }
}
