/** The kinds of rooms. */
import type { OpeningOptions } from "./openings.ts";
import type { Plan, Size } from "./plan.ts";
import { furnishBathroom } from "./types/bathroom.ts";
import { furnishBedroom } from "./types/bedroom.ts";
import { furnishDiningRoom } from "./types/dining_room.ts";
import { furnishGarage } from "./types/garage.ts";
import { furnishKitchen } from "./types/kitchen.ts";
import { furnishLivingRoom } from "./types/living_room.ts";
import { furnishOffice } from "./types/office.ts";

/** What makes a kind of room. */
export interface RoomKind {
  /** How often it occurs, relative to the others; chosen so that the classes are as frequent as in the paper. */
  readonly weight: number;
  /** Floor areas in metres, equally likely. Multiples of 30 cm fall on voxel borders of every grid. */
  readonly sizes: readonly [Size, ...Size[]];
  readonly openings: OpeningOptions;
  /** Puts the furniture into an empty room. */
  readonly furnish: (plan: Plan) => void;
}

const WINDOWS: OpeningOptions = {
  door: 0.6,
  windows: 2,
  windowWidths: [2.1, 1.5, 1.2, 0.9, 0.6],
  windowRise: [0.9, 2.16],
  tallWindows: 0,
  curtains: 0,
};

/** Name of a kind of room. */
export type RoomType = "bedroom" | "living" | "dining" | "bathroom" | "garage" | "kitchen" | "office";

/** Every kind of room by name. */
export const ROOM_TYPES: Readonly<Record<RoomType, RoomKind>> = {
  bedroom: {
    weight: 0.24,
    sizes: [[3.6, 3.0], [3.0, 3.6], [3.6, 3.6]],
    openings: { ...WINDOWS, curtains: 0.6 },
    furnish: furnishBedroom,
  },
  living: {
    weight: 0.22,
    sizes: [[3.6, 3.6], [4.2, 3.0], [4.2, 3.6]],
    openings: { ...WINDOWS, tallWindows: 0.8, curtains: 0.6 },
    furnish: furnishLivingRoom,
  },
  dining: {
    weight: 0.19,
    sizes: [[3.6, 3.0], [3.6, 3.6], [4.2, 3.6]],
    openings: { ...WINDOWS, tallWindows: 0.8 },
    furnish: furnishDiningRoom,
  },
  bathroom: {
    weight: 0.11,
    sizes: [[3.0, 2.4], [2.4, 3.0], [3.0, 3.0]],
    openings: { ...WINDOWS, windows: 1, windowWidths: [1.2, 0.9, 0.6], windowRise: [1.26, 1.98] },
    furnish: furnishBathroom,
  },
  garage: {
    weight: 0.11,
    sizes: [[3.6, 3.6], [4.2, 3.0], [4.2, 3.6]],
    openings: WINDOWS,
    furnish: furnishGarage,
  },
  kitchen: {
    weight: 0.07,
    sizes: [[3.0, 3.0], [3.6, 3.0]],
    openings: WINDOWS,
    furnish: furnishKitchen,
  },
  office: {
    weight: 0.09,
    sizes: [[3.6, 3.0], [3.0, 3.6]],
    openings: WINDOWS,
    furnish: furnishOffice,
  },
};
