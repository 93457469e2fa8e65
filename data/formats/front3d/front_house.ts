/**
 * Houses of 3D-FRONT (Fu et al., "3D-FRONT: 3D furnished rooms with layouts and semantics", ICCV 2021) as triangles by
 * room: walls, floors and ceilings are in the file, furniture is named by the models of 3D-FUTURE. Metres, y up.
 */
import { z } from "zod";
import { FormatError } from "../../../base/byte_reader.ts";
import type { MeshPart, PartName } from "../mesh/mesh_part.ts";
import { type Place, placed } from "../mesh/place.ts";

/** Farthest from the origin that anything is taken for a part of a house, in metres: some files have things beyond. */
const MOST_METRES = 1000;

const number = z.number();
const vector = z.tuple([number, number, number]);
const placement = {
  pos: vector.default([0, 0, 0]),
  /** Quaternion x, y, z, w. */
  rot: z.tuple([number, number, number, number]).default([0, 0, 0, 1]),
  scale: vector.default([1, 1, 1]),
};
const text = z.string().nullish();

const houseSchema = z.object({
  mesh: z.array(z.object({
    uid: z.string(),
    type: z.string(),
    /** Some files have their numbers as text. */
    xyz: z.array(z.union([number, z.string().transform(Number).pipe(number)])),
    faces: z.array(z.int().min(0)),
  })),
  furniture: z.array(z.object({
    uid: z.string(),
    jid: z.string().default(""),
    category: text,
    title: text,
    /** Width, height and depth before scaling; of some there are none, or corners of several boxes. */
    bbox: z.unknown().optional(),
    size: z.unknown().optional(),
    valid: z.boolean().default(false),
  })),
  scene: z.object({
    room: z.array(z.object({
      instanceid: z.string(),
      type: z.string().max(40),
      children: z.array(z.object({ ref: z.string(), ...placement })),
      ...placement,
    })).min(1),
  }),
});

/** What is read of a house. */
export type FrontHouse = z.output<typeof houseSchema>;
/** What is read of a room. */
export type FrontRoom = FrontHouse["scene"]["room"][number];
/** What is read of a piece of furniture. */
export type FrontFurniture = FrontHouse["furniture"][number];

/** Checks what was parsed from JSON. @throws {FormatError} naming the first field that is not valid. */
export function frontHouseOf(json: unknown): FrontHouse {
  const result = houseSchema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new FormatError(`${issue.path.join(".") || "the house"}: ${issue.message}`);
}

/** A room as triangles. */
export interface RoomMesh {
  readonly parts: MeshPart[];
  /** Furniture by what it is drawn as; `leftOut` has neither a model nor a size, or is far off. */
  readonly counts: { readonly models: number; readonly boxes: number; readonly leftOut: number };
}

/**
 * The triangles of a room, by names: those of a mesh go by its type, furniture by category and title.
 *
 * @param modelOf corners of the model of a piece of furniture, nine numbers per triangle; null where it is not at hand.
 * @param namesOf what else a piece of furniture is called.
 * @throws {FormatError} if a face names a corner that is not there.
 */
export async function roomMesh(
  house: FrontHouse,
  room: FrontRoom,
  modelOf: (furniture: FrontFurniture) => Promise<Float64Array | null>,
  namesOf: (furniture: FrontFurniture) => readonly string[] = () => [],
): Promise<RoomMesh> {
  const meshes = new Map(house.mesh.map((mesh) => [mesh.uid, mesh]));
  const furniture = new Map(house.furniture.map((piece) => [piece.uid, piece]));
  const parts: MeshPart[] = [], counts = { models: 0, boxes: 0, leftOut: 0 };
  const add = (names: readonly (string | null | undefined)[], corners: Float64Array, place: Place) => {
    const found: PartName[] = names.flatMap((text) => text ? [{ kind: "object", text }] : []);
    parts.push({ names: found, corners: placed(placed(corners, place), room) });
  };
  for (const child of room.children) {
    if (child.pos.some((value) => Math.abs(value) > MOST_METRES)) {
      counts.leftOut++;
      continue;
    }
    const mesh = meshes.get(child.ref), piece = furniture.get(child.ref);
    if (mesh) add([mesh.type || "Mesh"], cornersOf(mesh), child);
    else if (piece) {
      const model = await modelOf(piece), size = sizeOf(piece);
      if (model) counts.models++;
      else if (size) counts.boxes++;
      else {
        counts.leftOut++;
        continue;
      }
      add([piece.category, piece.title, ...namesOf(piece), "furniture"], model ?? boxOf(size!), child);
    }
  }
  return { parts, counts };
}

/** Width, height and depth, if the file has them. */
function sizeOf({ bbox, size, valid }: FrontFurniture): readonly number[] | null {
  return valid ? vector.safeParse(bbox).data ?? vector.safeParse(size).data ?? null : null;
}

function cornersOf({ uid, xyz, faces }: FrontHouse["mesh"][number]): Float64Array {
  const corners = new Float64Array(9 * Math.floor(faces.length / 3));
  for (let i = 0; i < corners.length / 3; i++) {
    if (3 * faces[i] + 2 >= xyz.length) {
      throw new FormatError(
        `mesh ${uid.slice(0, 60)}: a face names corner ${faces[i]}, there are ${Math.floor(xyz.length / 3)}`,
      );
    }
    for (let axis = 0; axis < 3; axis++) corners[3 * i + axis] = xyz[3 * faces[i] + axis];
  }
  return corners;
}

/** A box that stands on the origin, its faces outwards. */
function boxOf([width, height, depth]: readonly number[]): Float64Array {
  const at = (i: number) => [(i & 1 ? 0.5 : -0.5) * width, i & 2 ? height : 0, (i & 4 ? 0.5 : -0.5) * depth];
  const quads = [[0, 4, 6, 2], [1, 3, 7, 5], [0, 1, 5, 4], [2, 6, 7, 3], [0, 2, 3, 1], [4, 5, 7, 6]];
  return Float64Array.from(quads.flatMap(([a, b, c, d]) => [a, b, c, a, c, d].flatMap(at)));
}
