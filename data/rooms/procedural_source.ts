/** Procedural rooms and homes as sources of scenes. */
import { UserError } from "../../base/errors.ts";
import { checkGrid, formatGrid, type Grid } from "../grid.ts";
import type { JobReader, SceneJob, SceneSource } from "../scenes/scene_source.ts";
import { homeCropType, makeHomeCrop } from "./homes/home_scenes.ts";
import { makeRoom, roomType } from "./make_room.ts";
import { HOMES, type ProceduralName, ROOMS } from "./procedural_name.ts";

/** Rules that make scenes. */
interface Procedure {
  /** Raised whenever the same seed and index give another scene than before. */
  readonly version: number;
  /** One of its scenes, for people and in names. */
  readonly what: string;
  /** What kind of room a scene is of, without making it. */
  readonly type: (seed: number, index: number) => string;
  /** Labels `[x, y (up), z]` of a scene. */
  readonly make: (grid: Grid, seed: number, index: number) => Uint8Array<ArrayBuffer>;
}

const PROCEDURES: Readonly<Record<ProceduralName, Procedure>> = {
  [ROOMS]: { version: 1, what: "room", type: roomType, make: makeRoom },
  [HOMES]: { version: 1, what: "home", type: homeCropType, make: makeHomeCrop },
};

/** Which scenes. */
export interface RoomOptions {
  /** Any unsigned 32-bit number. */
  readonly seed: number;
  /** Size of every scene; each axis a multiple of 16. */
  readonly grid: Grid;
  /** How many scenes, at least 1. More scenes begin with the same ones. */
  readonly count: number;
}

/** A procedural scene to make. */
export interface RoomSceneJob extends SceneJob {
  /** Size of the scene. */
  readonly grid: Grid;
  /** Seed of the scenes. */
  readonly seed: number;
  /** Which scene. */
  readonly index: number;
}

/** Make scenes on threads. */
export const PROCEDURAL_READERS: readonly JobReader[] = Object.entries(PROCEDURES).map(([kind, { make }]) => ({
  kind,
  readScene: ({ grid, seed, index }: RoomSceneJob) => Promise.resolve(make(grid, seed, index)),
}));

/** Procedural rooms 0 to `count` − 1 of a seed, as {@link proceduralSource}. */
export function roomSource(options: RoomOptions): SceneSource {
  return proceduralSource(ROOMS, options);
}

/**
 * Scenes 0 to `count` − 1 of a seed, made when they are read: rooms, or a crop each of as many homes. Their names, such
 * as `room-000123-bedroom`, tell the kind of room.
 *
 * @throws {UserError} if the grid cannot be used, or seed or count is not a whole number in its range.
 */
export function proceduralSource(kind: ProceduralName, { seed, grid, count }: RoomOptions): SceneSource {
  const { version, what, type, make } = PROCEDURES[kind];
  checkGrid(grid);
  checkWhole("seed", seed, 0);
  checkWhole(`number of ${kind}`, count, 1);
  const sceneIds = Array.from(
    { length: count },
    (_, index) => `${what}-${String(index).padStart(6, "0")}-${type(seed, index)}`,
  );
  return {
    description: `${count} procedural ${kind}, seed ${seed}`,
    grid,
    sceneIds,
    read: (index) =>
      index in sceneIds
        ? Promise.resolve(make(grid, seed, index))
        : Promise.reject(new RangeError(`there is no ${what} ${index}, only ${count}`)),
    label: (index) => type(seed, index),
    job: (index): RoomSceneJob => ({ kind, grid, seed, index }),
    provenance: () =>
      Promise.resolve({
        kind,
        origin: `procedural ${kind}`,
        options: { version, seed, count, grid: formatGrid(grid) },
        files: [],
      }),
    [Symbol.dispose]() {},
  };
}

function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least || value >= 2 ** 32) {
    throw new UserError(`the ${name} is ${value}, expected a whole number from ${least} to ${2 ** 32 - 1}`);
  }
}
