/** Procedural rooms as a source of scenes. */
import { UserError } from "../../base/errors.ts";
import { checkGrid, formatGrid, type Grid } from "../grid.ts";
import type { JobReader, SceneJob, SceneSource } from "../scenes/scene_source.ts";
import { makeRoom, roomType } from "./make_room.ts";

/** Raised whenever the same seed and index give another room than before. */
const GENERATOR_VERSION = 1;

/** Which rooms. */
export interface RoomOptions {
  /** Any unsigned 32-bit number. */
  readonly seed: number;
  /** Size of every scene; each axis a multiple of 16. */
  readonly grid: Grid;
  /** How many rooms, at least 1. More rooms begin with the same ones. */
  readonly count: number;
}

/** A procedural room to make. */
export interface RoomSceneJob extends SceneJob {
  /** Size of the scene. */
  readonly grid: Grid;
  /** Seed of the rooms. */
  readonly seed: number;
  /** Which room. */
  readonly index: number;
}

/** Makes rooms on threads. */
export const ROOM_READER: JobReader = {
  kind: "rooms",
  readScene: ({ grid, seed, index }: RoomSceneJob) => Promise.resolve(makeRoom(grid, seed, index)),
};

/**
 * Rooms 0 to `count` − 1 of a seed, made when they are read. Their names, such as `room-000123-bedroom`, tell the kind.
 *
 * @throws {UserError} if the grid cannot be used, or seed or count is not a whole number in its range.
 */
export function roomSource({ seed, grid, count }: RoomOptions): SceneSource {
  checkGrid(grid);
  checkWhole("seed", seed, 0);
  checkWhole("number of rooms", count, 1);
  const sceneIds = Array.from(
    { length: count },
    (_, index) => `room-${String(index).padStart(6, "0")}-${roomType(seed, index)}`,
  );
  return {
    description: `${count} procedural rooms, seed ${seed}`,
    grid,
    sceneIds,
    read: (index) =>
      index in sceneIds
        ? Promise.resolve(makeRoom(grid, seed, index))
        : Promise.reject(new RangeError(`there is no room ${index}, only ${count}`)),
    label: (index) => roomType(seed, index),
    job: (index): RoomSceneJob => ({ kind: "rooms", grid, seed, index }),
    provenance: () =>
      Promise.resolve({
        kind: "rooms",
        origin: "procedural rooms",
        options: { version: GENERATOR_VERSION, seed, count, grid: formatGrid(grid) },
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
