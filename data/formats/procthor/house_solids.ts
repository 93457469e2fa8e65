/** What a house consists of, as boxes and slabs; its z axis is turned round, so that left stays left. */
import { UserError } from "../../../base/errors.ts";
import { type Asset, type AssetTable, typicalAsset } from "./assets.ts";
import type { House, HouseObject, HouseOpening, HouseRoom, HouseWall } from "./house.ts";
import { shapeOf } from "./shapes.ts";
import type { Slab, Solid } from "./solids.ts";

/** A door open by this share stands beside its hole. */
const OPEN = 0.5;

/** How houses become boxes. */
export interface FurnishOptions {
  /** Types and sizes of objects. */
  readonly assets: AssetTable;
  /** The label of a type of object, or of `Floor`, `Ceiling`, `Wall`, `Window`, `Door`; 0 to leave it out. */
  readonly labelOf: (type: string) => number;
  /** Edge of a voxel: walls meet in whole voxels. */
  readonly voxelMetres: number;
}

/** A furnished house, or a room of one. */
export interface FurnishedHouse {
  /** Floors and ceilings. */
  readonly slabs: readonly Slab[];
  /** Walls, the holes in them, and objects, each after what it stands in or on. */
  readonly solids: readonly Solid[];
  /** Number of objects by type. */
  readonly counts: ReadonlyMap<string, number>;
  /** Objects whose assetId is in no table: how many of the size usual for their type, and which are left out. */
  readonly typical: number;
  /** Objects of no known type, by assetId. */
  readonly unknown: ReadonlySet<string>;
}

/**
 * The boxes of a house.
 *
 * @param room the one room to furnish, with its own walls; all if left out.
 */
export function furnish(house: House, options: FurnishOptions, room?: HouseRoom): FurnishedHouse {
  const rooms = room ? [room] : house.rooms;
  const walls = house.walls.filter(({ roomId, empty }) => !empty && (room === undefined || roomId === room.id));
  const objects = room ? house.objects.filter(({ position: { x, z } }) => isInside(room, x, z)) : house.objects;
  const counts = new Map<string, number>(), unknown = new Set<string>();
  let typical = 0;
  const solids = [...walls.flatMap((wall) => wallSolid(wall, options)), ...openingSolids(house, walls, options)];
  for (const object of objects) {
    const listed = options.assets.get(object.assetId), asset = listed ?? typicalAsset(object.id);
    if (!asset) {
      unknown.add(object.assetId);
      continue;
    }
    if (!listed) typical++;
    counts.set(asset.type, (counts.get(asset.type) ?? 0) + 1);
    solids.push(...objectSolids(object, asset, options.labelOf(asset.type)));
  }
  const slabs = rooms.flatMap((each) => roomSlabs(each, house.walls, options));
  return { slabs, solids, counts, typical, unknown };
}

function roomSlabs(room: HouseRoom, walls: readonly HouseWall[], { labelOf }: FurnishOptions): Slab[] {
  const corners = room.floorPolygon.map(({ x, z }) => [x, -z] as const);
  const heights = walls.filter(({ roomId }) => roomId === room.id).flatMap(({ polygon }) => polygon.map(({ y }) => y));
  const floor: Slab = { label: labelOf("Floor"), corners, y: 0, isAbove: false };
  if (heights.length === 0) return [floor];
  return [floor, { label: labelOf("Ceiling"), corners, y: heights.reduce((a, b) => Math.max(a, b)), isAbove: true }];
}

/** Where a wall stands: its first end, the direction to the other, and how long and high it is. */
interface Footing {
  readonly x: number;
  readonly z: number;
  readonly turn: readonly [number, number];
  readonly length: number;
  readonly low: number;
  readonly high: number;
}

function footingOf({ polygon }: HouseWall): Footing | null {
  const [{ x, z }] = polygon, end = polygon.find((corner) => corner.x !== x || corner.z !== z);
  if (!end) return null;
  const length = Math.hypot(end.x - x, end.z - z), heights = polygon.map(({ y }) => y);
  const turn = [(end.x - x) / length, (z - end.z) / length] as const;
  return { x, z: -z, turn, length, low: Math.min(...heights), high: Math.max(...heights) };
}

/** A piece of a wall, `from` and `to` metres from its first end. */
function pieceOf(wall: Footing, label: number, from: number, to: number, low: number, high: number): Solid {
  const { x, z, turn } = wall, middle = (from + to) / 2;
  return {
    label,
    x: x + turn[0] * middle,
    z: z + turn[1] * middle,
    half: [Math.abs(to - from) / 2, 0],
    turn,
    y: [wall.low + Math.min(low, high), wall.low + Math.max(low, high)],
  };
}

function wallSolid(wall: HouseWall, { labelOf, voxelMetres }: FurnishOptions): Solid[] {
  const footing = footingOf(wall);
  if (!footing) return [];
  // Half a voxel longer at both ends: so the voxels of the corners are whole.
  const { length, low, high } = footing, more = voxelMetres / 2;
  return [pieceOf(footing, labelOf("Wall"), -more, length + more, 0, high - low)];
}

function openingSolids(house: House, walls: readonly HouseWall[], { labelOf }: FurnishOptions): Solid[] {
  const shown = new Set(walls.map(({ id }) => id)), byId = new Map(house.walls.map((wall) => [wall.id, wall]));
  const solidOf = (opening: HouseOpening, label: number): Solid[] => {
    const { wall0, wall1 } = opening, wall = byId.get(wall0 ?? "");
    const footing = wall && (shown.has(wall.id) || shown.has(wall1 ?? "")) ? footingOf(wall) : null;
    const [from, to] = opening.holePolygon ?? Object.values(opening.boundingBox ?? {});
    return footing && from && to ? [pieceOf(footing, label, from.x, to.x, from.y, to.y)] : [];
  };
  const isOpen = ({ assetId, openness = 0 }: HouseOpening) => assetId.startsWith("Doorframe") || openness >= OPEN;
  return [
    ...house.doors.flatMap((door) => solidOf(door, isOpen(door) ? 0 : labelOf("Door"))),
    ...house.windows.flatMap((window) => solidOf(window, labelOf("Window"))),
  ];
}

function objectSolids(object: HouseObject, { type, size }: Asset, label: number): Solid[] {
  if (label === 0) return [];
  const { position: { x, y, z }, assetId } = object, [width, height, depth] = tilted(size, object.rotation);
  const angle = object.rotation.y * Math.PI / 180, c = Math.cos(angle), s = Math.sin(angle);
  // A right angle is told with an error of a few millionths.
  const [cosine, sine] = [c, s].map((value) =>
    Math.abs(value) < 1e-4 ? 0 : Math.abs(value) > 1 - 1e-8 ? Math.sign(value) : value
  );
  const lengths = sine === 0 ? [width, depth] : [depth, width];
  const around = cosine === 0 || sine === 0
    ? { x: [x - lengths[0] / 2, x + lengths[0] / 2], z: [-z - lengths[1] / 2, -z + lengths[1] / 2] } as const
    : undefined;
  const bottom = y - height / 2;
  return shapeOf(type, assetId)(width, height, depth).map((part): Solid => {
    const px = (part.x[0] + part.x[1]) / 2, pz = (part.z[0] + part.z[1]) / 2;
    return {
      label,
      x: x + px * cosine + pz * sine,
      z: -z + px * sine - pz * cosine,
      half: [(part.x[1] - part.x[0]) / 2, (part.z[1] - part.z[0]) / 2],
      turn: [cosine, sine],
      y: [bottom + part.y[0], bottom + part.y[1]],
      ...around && { whole: around },
    };
  });
}

/** Sizes of the box around something that lies on its side, or leans. */
function tilted([width, height, depth]: Asset["size"], { x, z }: HouseObject["rotation"]): Asset["size"] {
  const turn = (degrees: number, a: number, b: number): [number, number] => {
    const c = Math.abs(Math.cos(degrees * Math.PI / 180)), s = Math.abs(Math.sin(degrees * Math.PI / 180));
    return [c * a + s * b, s * a + c * b];
  };
  const [high, deep] = turn(x, height, depth), [wide, upright] = turn(z, width, high);
  return [wide, upright, deep];
}

/** Whether a place is in a room: even-odd over the borders of its floor. */
function isInside({ floorPolygon }: HouseRoom, x: number, z: number): boolean {
  let inside = false;
  floorPolygon.forEach((from, i) => {
    const to = floorPolygon[(i + 1) % floorPolygon.length];
    if (from.x > x !== to.x > x && z < from.z + (to.z - from.z) * (x - from.x) / (to.x - from.x)) inside = !inside;
  });
  return inside;
}

/** A function that gives labels of types, and names the type that a class map says nothing about. */
export function labelling(find: (type: string) => number | undefined): (type: string) => number {
  const known = new Map<string, number>();
  return (type) => {
    const label = known.get(type) ?? find(type);
    if (label === undefined) {
      throw new UserError(`the class map has no class for ${type}; add it, or "*": null to leave the rest out`);
    }
    known.set(type, label);
    return label;
  };
}
