/** The asset table of ProcTHOR: type and size of everything that stands in its houses. */
import { dirname, join } from "@std/path";
import { z } from "zod";
import { exists, readTextFile } from "../../../base/files.ts";
import { parseJson } from "../../../base/json.ts";
import typicalSizes from "./typical_sizes.json" with { type: "json" };

/** What is known of an asset. */
export interface Asset {
  /** Type, e.g. `DiningTable`: what classes.json and shapes.ts know. */
  readonly type: string;
  /** Width (x), height (y) and depth (z) in metres, before it is turned. */
  readonly size: readonly [width: number, height: number, depth: number];
}

/** Assets by assetId. */
export type AssetTable = ReadonlyMap<string, Asset>;

/** Names of the table beside houses: as procthor has it, and reduced. */
const ASSET_FILES = ["asset-database.json", "assets.json"] as const;

const metres = z.number().min(0).max(100);
const originalSchema = z.record(
  z.string(),
  z.array(z.looseObject({
    assetId: z.string(),
    objectType: z.string(),
    boundingBox: z.object({ x: metres, y: metres, z: metres }),
  })),
);
const reducedSchema = z.record(z.string(), z.tuple([z.string(), metres, metres, metres]));

/**
 * Reads the table: `procthor/databases/asset-database.json` of allenai/procthor, or an object of
 * `"assetId": ["type", width, height, depth]`.
 * @throws {UserError} if it cannot be read, or names what is not valid.
 */
export async function readAssets(path: string): Promise<AssetTable> {
  const table = parseJson(await readTextFile(path), path, z.union([reducedSchema, originalSchema]));
  const assets = new Map<string, Asset>();
  for (const [key, value] of Object.entries(table)) {
    if (isReduced(value)) assets.set(key, { type: value[0], size: [value[1], value[2], value[3]] });
    else {
      for (const { assetId, objectType, boundingBox: { x, y, z } } of value) {
        assets.set(assetId, { type: objectType, size: [x, y, z] });
      }
    }
  }
  return assets;
}

/** The path of the table in the folder of a file of houses; null if there is none. */
export async function findAssets(path: string): Promise<string | null> {
  for (const name of ASSET_FILES) {
    const file = join(dirname(path), name);
    if (await exists(file)) return file;
  }
  return null;
}

/** An asset that the table lacks: of the type that the id of the object begins with, in the size usual for that type. */
export function typicalAsset(objectId: string): Asset | null {
  const type = objectId.split("|")[0], sizes: Readonly<Record<string, readonly number[]>> = typicalSizes;
  if (!Object.hasOwn(sizes, type)) return null;
  const [width, height, depth] = sizes[type];
  return { type, size: [width, height, depth] };
}

type Row = z.output<typeof reducedSchema>[string];

function isReduced(value: Row | z.output<typeof originalSchema>[string]): value is Row {
  return typeof value[0] === "string";
}
