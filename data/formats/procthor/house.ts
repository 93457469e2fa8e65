/**
 * Houses as ProcTHOR and AI2-THOR write them in JSON (Deitke et al., "ProcTHOR: Large-scale embodied AI using procedural
 * generation", NeurIPS 2022). Lengths are in metres, angles in degrees; x is to the right, y up, z ahead: left-handed.
 */
import { z } from "zod";
import { FormatError } from "../../../base/byte_reader.ts";

/** Farthest from the origin that anything of a house lies, in metres. */
const MOST_METRES = 1000;
/** Objects that lie in each other, an egg in a bowl on a table. */
const MOST_NESTED = 16;

const metres = z.number().min(-MOST_METRES).max(MOST_METRES);
const degrees = z.number();
const onFloor = z.object({ x: metres, z: metres });
const inSpace = z.object({ x: metres, y: metres, z: metres });
const inWall = z.object({ x: metres, y: metres });

const openingSchema = z.object({
  assetId: z.string().default(""),
  wall0: z.string().optional(),
  wall1: z.string().optional(),
  openness: z.number().optional(),
  /** Two corners within the wall: x from its first end, y from the floor. */
  holePolygon: z.array(inWall).min(2).optional(),
  /** The same in files of 2022. */
  boundingBox: z.object({ min: inWall, max: inWall }).optional(),
});

const objectFields = {
  id: z.string().default(""),
  assetId: z.string(),
  position: inSpace,
  rotation: z.object({ x: degrees.default(0), y: degrees.default(0), z: degrees.default(0) })
    .default({ x: 0, y: 0, z: 0 }),
};

const houseSchema = z.object({
  rooms: z.array(z.object({
    id: z.string(),
    roomType: z.string().max(40).default("Room"),
    floorPolygon: z.array(onFloor).min(3),
  })).min(1),
  walls: z.array(z.object({
    id: z.string(),
    roomId: z.string().default(""),
    empty: z.boolean().default(false),
    polygon: z.array(inSpace).min(3),
  })),
  doors: z.array(openingSchema).default([]),
  windows: z.array(openingSchema).default([]),
  objects: z.array(z.unknown()).default([]),
});

const objectSchema = z.object({ ...objectFields, children: z.array(z.unknown()).optional() });

/** What is read of a room: its type and the polygon of its floor. */
export type HouseRoom = z.output<typeof houseSchema>["rooms"][number];
/** What is read of a wall: a flat polygon that stands upright; an `empty` one is not there. */
export type HouseWall = z.output<typeof houseSchema>["walls"][number];
/** What is read of a door or window. */
export type HouseOpening = z.output<typeof openingSchema>;

/** An object, those in and on it behind it in {@link House.objects}. */
export interface HouseObject {
  /** In the data set of 2022 begins with the type: `CounterTop|2|0`. */
  readonly id: string;
  /** Key of the asset table. */
  readonly assetId: string;
  /** Middle of the box around it. */
  readonly position: { readonly x: number; readonly y: number; readonly z: number };
  /** Turn about each axis. */
  readonly rotation: { readonly x: number; readonly y: number; readonly z: number };
}

/** A house, reduced to what becomes voxels. */
export interface House {
  readonly rooms: readonly HouseRoom[];
  readonly walls: readonly HouseWall[];
  readonly doors: readonly HouseOpening[];
  readonly windows: readonly HouseOpening[];
  readonly objects: readonly HouseObject[];
}

/** Checks what was parsed from JSON. @throws {FormatError} naming the first field that is not valid. */
export function houseOf(json: unknown): House {
  const { objects, ...rest } = checked(houseSchema, json, "");
  const found: HouseObject[] = [];
  const add = (list: readonly unknown[], where: string, depth: number): void => {
    if (depth > MOST_NESTED) throw new FormatError(`${where}: objects lie in each other more than ${MOST_NESTED} deep`);
    list.forEach((each, i) => {
      const at = `${where}.${i}`, { children, ...object } = checked(objectSchema, each, at);
      found.push(object);
      if (children) add(children, `${at}.children`, depth + 1);
    });
  };
  add(objects, "objects", 1);
  return { ...rest, objects: found };
}

function checked<T>(schema: z.ZodType<T>, json: unknown, where: string): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues, path = [where, ...issue.path].filter((part) => part !== "").join(".");
  throw new FormatError(`${path || "the house"}: ${issue.message}`);
}
