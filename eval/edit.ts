/** Edits: what a change of a part of a scene is, in terms of completions. */
import { UserError } from "../base/errors.ts";
import { ROOM_CLASS_NAMES } from "../data/classes.ts";
import type { Grid } from "../data/grid.ts";
import { allKnown, boxOf, setBox } from "../data/scenes/known_parts.ts";
import type { EditCondition } from "../run/project.ts";
import type { RoomRequest } from "./room_request.ts";

/** Rooms uint8 `[n, D, H, W]` that continue what is known, see `Run.complete`. */
export type Complete = (labels: Uint8Array, known: Uint8Array, request: RoomRequest) => Uint8Array<ArrayBuffer>;

/**
 * Proposals for a changed part of a scene, uint8 `[n, D, H, W]`; outside the mask they are the scene.
 *
 * @param labels uint8 `[D, H, W]`.
 * @param mask uint8 `[D, H, W]`, 1 where the scene may change.
 * @param names of the classes.
 * @throws {UserError} if the mask is empty, there is nothing to remove, or `complete` has no answer.
 */
export function proposals(
  labels: Uint8Array,
  mask: Uint8Array,
  condition: EditCondition,
  grid: Grid,
  names: readonly string[],
  complete: Complete,
): Uint8Array<ArrayBuffer> {
  if (!mask.some((value) => value !== 0)) throw new UserError("nothing is selected; select a box or an object");
  const made = PROPOSALS[condition.change](labels, mask, condition as never, grid, names, complete);
  made.forEach((label, i) => {
    const voxel = i % labels.length;
    if (mask[voxel] === 0 && label !== labels[voxel]) {
      throw new Error(`an edit changed voxel ${voxel} outside its mask`);
    }
  });
  return made;
}

type Propose<Change> = (
  labels: Uint8Array,
  mask: Uint8Array,
  condition: Extract<EditCondition, { change: Change }>,
  grid: Grid,
  names: readonly string[],
  complete: Complete,
) => Uint8Array<ArrayBuffer>;

const PROPOSALS: { readonly [Change in EditCondition["change"]]: Propose<Change> } = {
  /** Only floor, walls, windows and ceiling that the completion finds behind what is removed come in its place. */
  remove(labels, mask, _condition, grid, names, complete) {
    const isRoom = roomClasses(names), removed = removedClasses(labels, mask, isRoom);
    if (removed.length === 0) throw new UserError("there is nothing to remove: what is selected is empty");
    const going = mask.map((value, voxel) => value !== 0 && removed.includes(labels[voxel]) ? 1 : 0);
    const completed = complete(labels, knownBesides(mask, grid), { without: goneFrom(labels, going, removed, names) });
    const behind = completed.map((label) => isRoom[label] && !removed.includes(label) ? label : 0);
    return pasted(behind, labels, going);
  },

  /** What a completion stands there counts as the class asked for; where it stands nothing, the old shape takes it. */
  replace(labels, mask, { by }, grid, names, complete) {
    const isRoom = roomClasses(names), removed = removedClasses(labels, mask, isRoom), wanted = names.indexOf(by);
    const gone = goneFrom(labels, mask, removed, names).filter((name) => name !== by);
    const completed = complete(labels, knownBesides(mask, grid), { with: [by], without: gone });
    const made = pasted(completed.map((label) => label === 0 || isRoom[label] ? label : wanted), labels, mask);
    for (let start = 0; start < made.length; start += labels.length) {
      const room = made.subarray(start, start + labels.length);
      if (room.some((label, voxel) => mask[voxel] !== 0 && label === wanted)) continue;
      room.forEach((_, voxel) => {
        if (mask[voxel] !== 0 && removed.includes(labels[voxel])) room[voxel] = wanted;
      });
    }
    return made;
  },

  regenerate(labels, mask, { change: _, ...request }, grid, _names, complete) {
    return pasted(complete(labels, knownBesides(mask, grid), request), labels, mask);
  },
};

/** Whether each class is a part of the room itself. */
function roomClasses(names: readonly string[]): readonly boolean[] {
  return names.map((name) => ROOM_CLASS_NAMES.includes(name));
}

/** The classes in a mask that go: all that stand in the room; where there are none, those of the room itself. */
function removedClasses(labels: Uint8Array, mask: Uint8Array, isRoom: readonly boolean[]): number[] {
  const filled = new Set(labels.filter((label, voxel) => mask[voxel] !== 0 && label !== 0));
  const standing = [...filled].filter((label) => !isRoom[label]);
  return standing.length > 0 ? standing : [...filled];
}

/** Names of the classes that are nowhere else: a scene may be asked to be without these. */
function goneFrom(
  labels: Uint8Array,
  mask: Uint8Array,
  removed: readonly number[],
  names: readonly string[],
): string[] {
  const left = new Set(labels.filter((_, voxel) => mask[voxel] === 0));
  return removed.filter((label) => !left.has(label)).map((label) => names[label]);
}

/**
 * What completions are told: all but the box around the mask, as the prior learned it of objects taken out. The outline
 * of what is there now would only bring it back.
 */
function knownBesides(mask: Uint8Array, grid: Grid): Uint8Array<ArrayBuffer> {
  const known = allKnown(grid);
  setBox(known, grid, boxOf(mask.keys().filter((voxel) => mask[voxel] !== 0), grid), 0);
  return known;
}

/** The proposals where a scene may change, the scene elsewhere. */
function pasted(made: Uint8Array<ArrayBuffer>, labels: Uint8Array, mask: Uint8Array): Uint8Array<ArrayBuffer> {
  return made.map((label, i) => mask[i % labels.length] !== 0 ? label : labels[i % labels.length]);
}
