/** Flags of the commands that read scenes of any kind. */
import { z } from "zod";
import { UserError } from "../../base/errors.ts";
import { readClasses, readClassFile } from "../class_file.ts";
import { DOWNSAMPLE_RULES } from "../formats/downsample.ts";
import { type Grid, parseGrid } from "../grid.ts";
import { unknownSchema } from "../unknown_schema.ts";
import { readClassMap } from "../formats/mesh/class_map.ts";
import { DEFAULT_RESIZING, type Resizing, RESIZINGS } from "../formats/resize.ts";
import { DEFAULT_MESH_OPTIONS } from "../formats/mesh/mesh_format.ts";
import { ALIGNMENTS, UP_AXES } from "../formats/mesh/placement.ts";
import { HOUSE_PARTS } from "../formats/procthor/scene_places.ts";
import { FILLS } from "../formats/mesh/voxelise.ts";
import type { SceneOptions } from "./open.ts";

const { unitMetres, fill } = DEFAULT_MESH_OPTIONS;

/** Size of scenes that have none of their own. */
export const gridFlag = {
  grid: z.string().optional()
    .describe("voxels of rooms, meshes and houses: x, y (up), z, multiples of 16 [80x48x80, or an exported .glb's]"),
};

/** How files become scenes, as flags. */
export const sceneFlags = {
  classes: z.string().optional()
    .describe("JSON file with the classes [classes.json beside the scenes, else the published twelve]"),
  unknown: unknownSchema.optional()
    .describe('labels that mean "not known" besides 255: 254; or what they become instead: "254,255 as empty"'),
  array: z.string().optional().describe("name of the array with the labels in .npz files [every array of labels]"),
  pad: z.boolean().default(false)
    .describe("axes that are no multiple of 16: empty voxels at the far ends, as without any of these flags"),
  crop: z.boolean().default(false).describe("the same: cut off at the far ends"),
  resample: z.enum(["nearest", "majority"]).optional()
    .describe("the same: scaled to the nearest multiple, a voxel taking the label in its middle or the most frequent"),
  rule: z.enum(DOWNSAMPLE_RULES).default("sscnet").describe("how 27 voxels of an SSCNet .bin file become one"),
  doors: z.enum(["objs", "furn"]).default("objs").describe("class of doors in SSCNet .bin files"),
  classMap: z.string().optional().describe(
    "meshes, houses: JSON file of names and their classes [meshes: parts named after classes]",
  ),
  fill: z.enum(FILLS).default(fill).describe("meshes: bodies with what they enclose, or their surface alone"),
  up: z.enum(UP_AXES).optional().describe("meshes: axis of the file that is up [y; of .ply files z]"),
  labelNames: z.string().optional()
    .describe("labelled .ply: what numbers stand for, nyu40, scannet200 or a file [a file beside it, else nyu40]"),
  unitMetres: z.number().positive().default(unitMetres).describe("meshes: metres per unit of the file, 0.01 for cm"),
  voxelMetres: z.number().positive().optional().describe("meshes, houses: edge of a voxel [4.8 m / voxels along x]"),
  assets: z.string().optional()
    .describe("ProcTHOR: asset-database.json of procthor [asset-database.json or assets.json beside the houses]"),
  scenesOf: z.enum(HOUSE_PARTS).optional().describe("ProcTHOR: what becomes a scene [room]"),
  fit: z.boolean().default(false).describe("meshes: scale each so that it just fits into the grid"),
  align: z.enum(ALIGNMENTS).optional()
    .describe(
      "meshes: centred on the floor, centred, or with the file's origin in the corner [floor; exports: origin]",
    ),
};

/** Flags as they are parsed. */
export type SceneFlags = z.output<z.ZodObject<typeof sceneFlags & typeof gridFlag>>;

/** The grid that {@link gridFlag} names, null if none. @throws {UserError} if it is none that networks can use. */
export function gridOf({ grid }: { readonly grid?: string }): Grid | null {
  return grid === undefined ? null : parseGrid(grid);
}

/**
 * What flags say about reading scenes.
 *
 * @param renumbers whether labels may become others, so that the empty class comes first.
 * @throws {UserError} if a file that a flag names is not valid.
 */
export async function sceneOptionsOf(flags: SceneFlags, renumbers = false): Promise<SceneOptions> {
  const { rule, doors, array, voxelMetres = null, fill, up = null, unitMetres, fit, align = null } = flags;
  const classMap = flags.classMap === undefined ? null : await readClassMap(flags.classMap);
  const mesh = { grid: gridOf(flags), voxelMetres, fill, up, unitMetres, fit, align, classMap };
  const { assets, scenesOf, labelNames } = flags;
  const options = {
    rule,
    doors,
    array,
    mesh,
    assets,
    scenesOf,
    labelNames,
    resize: resizingOf(flags),
    unknownLabels: flags.unknown,
  };
  if (flags.classes === undefined) return options;
  if (!renumbers) return { ...options, classes: await readClasses(flags.classes) };
  return { ...options, ...await readClassFile(flags.classes) };
}

/** @throws {UserError} if several ways are asked for. */
function resizingOf({ pad, crop, resample }: SceneFlags): Resizing {
  const [asked = DEFAULT_RESIZING, other] = RESIZINGS.filter((way) =>
    (way === "pad" && pad) || (way === "crop" && crop) || way === resample
  );
  if (other) throw new UserError("--pad, --crop and --resample: a scene is resized in one way; give one of them");
  return asked;
}
