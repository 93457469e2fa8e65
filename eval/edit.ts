/** Edits: what a change of a part of a scene is, in terms of completions. */
import { UserError } from "../base/errors.ts";
import { isFilled, ROOM_CLASS_NAMES } from "../data/classes.ts";
import type { Grid } from "../data/grid.ts";
import { boxOf, knownVoxels, setBox } from "../data/scenes/known_parts.ts";
import type { Work } from "../nn/work.ts";
import type { EditCondition } from "../run/project.ts";
import type { RoomRequest } from "./room_request.ts";

/** Rooms uint8 `[n, D, H, W]` that continue what is known, see `Run.complete`. */
export type Complete = (labels: Uint8Array, known: Uint8Array, request: RoomRequest) => Work<Uint8Array<ArrayBuffer>>;

/** A part of a scene that may change, and what makes proposals for it. */
export interface EditedPart {
  /** uint8 `[D, H, W]`. */
  readonly labels: Uint8Array;
  /** uint8 `[D, H, W]`, 1 where the scene may change. */
  readonly mask: Uint8Array;
  readonly grid: Grid;
  /** Of the classes. */
  readonly names: readonly string[];
  readonly complete: Complete;
}

/**
 * Proposals for a changed part of a scene, uint8 `[n, D, H, W]`; outside the mask they are the scene.
 *
 * @throws {UserError} if the mask is empty, there is nothing to remove, or `complete` has no answer.
 */
export function* proposals(part: EditedPart, condition: EditCondition): Work<Uint8Array<ArrayBuffer>> {
  const { labels, mask } = part;
  if (!mask.some((value) => value !== 0)) throw new UserError("nothing is selected; select a box or an object");
  const made = yield* changed(part, condition);
  made.forEach((label, i) => {
    const voxel = i % labels.length;
    if (mask[voxel] === 0 && label !== labels[voxel]) {
      throw new Error(`an edit changed voxel ${voxel} outside its mask`);
    }
  });
  return made;
}

function* changed(part: EditedPart, condition: EditCondition): Work<Uint8Array<ArrayBuffer>> {
  switch (condition.change) {
    case "remove":
      return yield* remove(part);
    case "replace":
      return yield* replace(part, condition.by);
    case "regenerate": {
      const { change: _, ...request } = condition;
      return pasted(yield* part.complete(part.labels, knownBesides(part), request), part.labels, part.mask);
    }
  }
}

/** Only floor, walls, windows and ceiling that the completion finds behind what is removed come in its place. */
function* remove(part: EditedPart): Work<Uint8Array<ArrayBuffer>> {
  const { labels, mask, names, complete } = part, isRoom = roomClasses(names), removed = removedClasses(part);
  if (removed.length === 0) throw new UserError("there is nothing to remove: what is selected is empty");
  const going = mask.map((value, voxel) => value !== 0 && removed.includes(labels[voxel]) ? 1 : 0);
  const completed = yield* complete(labels, knownBesides(part), { without: goneFrom(part, going, removed) });
  const behind = completed.map((label) => isRoom[label] && !removed.includes(label) ? label : 0);
  return pasted(behind, labels, going);
}

/** What a completion stands there counts as the class asked for; where it stands nothing, the old shape takes it. */
function* replace(part: EditedPart, by: string): Work<Uint8Array<ArrayBuffer>> {
  const { labels, mask, names, complete } = part, isRoom = roomClasses(names), removed = removedClasses(part);
  const wanted = names.indexOf(by), gone = goneFrom(part, mask, removed).filter((name) => name !== by);
  const completed = yield* complete(labels, knownBesides(part), { with: [by], without: gone });
  const made = pasted(completed.map((label) => label === 0 || isRoom[label] ? label : wanted), labels, mask);
  for (let start = 0; start < made.length; start += labels.length) {
    const room = made.subarray(start, start + labels.length);
    if (room.some((label, voxel) => mask[voxel] !== 0 && label === wanted)) continue;
    room.forEach((_, voxel) => {
      if (mask[voxel] !== 0 && removed.includes(labels[voxel])) room[voxel] = wanted;
    });
  }
  return made;
}

/** Whether each class is a part of the room itself. */
function roomClasses(names: readonly string[]): readonly boolean[] {
  return names.map((name) => ROOM_CLASS_NAMES.includes(name));
}

/** The classes in a mask that go: all that stand in the room; where there are none, those of the room itself. */
function removedClasses({ labels, mask, names }: EditedPart): number[] {
  const isRoom = roomClasses(names);
  const filled = new Set(labels.filter((label, voxel) => mask[voxel] !== 0 && isFilled(label)));
  const standing = [...filled].filter((label) => !isRoom[label]);
  return standing.length > 0 ? standing : [...filled];
}

/** Names of the removed classes that are nowhere but where `going` is 1: a scene may be asked to be without these. */
function goneFrom({ labels, names }: EditedPart, going: Uint8Array, removed: readonly number[]): string[] {
  const left = new Set(labels.filter((_, voxel) => going[voxel] === 0));
  return removed.filter((label) => !left.has(label)).map((label) => names[label]);
}

/**
 * What completions are told: all but the box around the mask, as the prior learned it of objects taken out. The outline
 * of what is there now would only bring it back.
 */
function knownBesides({ labels, mask, grid }: EditedPart): Uint8Array<ArrayBuffer> {
  const known = knownVoxels(labels);
  setBox(known, grid, boxOf(mask.keys().filter((voxel) => mask[voxel] !== 0), grid), 0);
  return known;
}

/** The proposals where a scene may change, the scene elsewhere. */
function pasted(made: Uint8Array<ArrayBuffer>, labels: Uint8Array, mask: Uint8Array): Uint8Array<ArrayBuffer> {
  return made.map((label, i) => mask[i % labels.length] !== 0 ? label : labels[i % labels.length]);
}
