/** MagicaVoxel `.vox` models as scenes; the inverse of `deno task viz export --format vox`. */
import { ByteReader, FormatError } from "../../base/byte_reader.ts";
import { UserError } from "../../base/errors.ts";
import { type ClassSet, PAPER_CLASSES } from "../classes.ts";
import type { DecodedScene, SceneFormat } from "./decoded_source.ts";
import { type Grid, voxelCount } from "../grid.ts";

/** Most voxels along an axis of a model. */
const LARGEST_SIDE = 256;
/** Colours this close to a class's (Euclidean distance in RGB) are of that class; programs round them differently. */
const COLOR_TOLERANCE = 24;

/** `.vox` files. */
export const VOX_FORMAT: SceneFormat = {
  kind: "vox",
  title: "MagicaVoxel model",
  endings: [".vox"],
  several: false,
  decode: (bytes, name, classes) => [decodeVox(bytes, name, classes)],
};

/**
 * Decodes a file of one model, each colour the class of the palette that it equals or nearly equals. MagicaVoxel's z is
 * up: its voxel (x, y, z) of sizes (X, Y, Z) becomes ours (x, z, Y − 1 − y).
 *
 * Format: https://github.com/ephtracy/voxel-model/blob/master/MagicaVoxel-file-format-vox.txt
 *
 * @throws {UserError} if the file is damaged, has several models, or a colour that is of no class.
 */
export function decodeVox(bytes: Uint8Array, name: string, classes: ClassSet = PAPER_CLASSES): DecodedScene {
  try {
    return sceneOf(chunksOf(bytes), classes);
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

interface Chunks {
  readonly sizes: Uint8Array[];
  readonly voxels: Uint8Array[];
  palette: Uint8Array | null;
}

function chunksOf(bytes: Uint8Array): Chunks {
  const reader = new ByteReader(bytes);
  if (bytes.length < 20 || text(reader.take(4)) !== "VOX ") throw new FormatError('it does not start with "VOX "');
  reader.take(4); // the version: the chunks read here are the same in all
  const chunks: Chunks = { sizes: [], voxels: [], palette: null };
  if (text(reader.take(4)) !== "MAIN") throw new FormatError("its first chunk is not MAIN");
  reader.take(uint32(reader.take(8).subarray(0, 4)));
  while (!reader.done) {
    const id = text(reader.take(4)), lengths = reader.take(8);
    const content = reader.take(uint32(lengths));
    reader.take(uint32(lengths.subarray(4)));
    if (id === "SIZE") chunks.sizes.push(content);
    if (id === "XYZI") chunks.voxels.push(content);
    if (id === "RGBA") chunks.palette = content;
  }
  return chunks;
}

function sceneOf({ sizes, voxels, palette }: Chunks, set: ClassSet): DecodedScene {
  if (sizes.length !== 1 || voxels.length !== 1) {
    throw new FormatError(`it has ${voxels.length} models; a scene is one, unite them in MagicaVoxel`);
  }
  if (sizes[0].length < 12 || voxels[0].length < 4) throw new FormatError("its SIZE or XYZI chunk is too short");
  const [sizeX, sizeY, sizeZ] = [0, 4, 8].map((offset) => uint32(sizes[0].subarray(offset)));
  const grid: Grid = [sizeX, sizeZ, sizeY];
  if (grid.some((size) => size < 1 || size > LARGEST_SIDE)) {
    throw new FormatError(`its model has ${sizeX} x ${sizeY} x ${sizeZ} voxels, expected 1 to ${LARGEST_SIDE} each`);
  }
  const count = uint32(voxels[0]);
  if (voxels[0].length - 4 !== 4 * count) {
    throw new FormatError(`it claims ${count} voxels and has ${(voxels[0].length - 4) / 4}`);
  }
  const classes = classesOf(palette, voxels[0], set);
  const labels = new Uint8Array(voxelCount(grid));
  for (let at = 4; at < voxels[0].length; at += 4) {
    const [x, y, z, index] = voxels[0].subarray(at, at + 4);
    if (x >= sizeX || y >= sizeY || z >= sizeZ) throw new FormatError(`voxel (${x}, ${y}, ${z}) is outside its model`);
    labels[(x * sizeZ + z) * sizeY + sizeY - 1 - y] = classes[index];
  }
  return { name: "", grid, labels };
}

/** The class of every colour index that occurs. */
function classesOf(palette: Uint8Array | null, voxels: Uint8Array, set: ClassSet): Uint8Array {
  const classes = new Uint8Array(256), used = new Set<number>();
  for (let at = 7; at < voxels.length; at += 4) used.add(voxels[at]);
  if (used.size > 0 && (palette === null || palette.length < 1024)) {
    throw new FormatError(
      "it has no palette of its own, so its colours are of no class; load the palette of an export",
    );
  }
  for (const index of used) {
    if (index === 0) throw new FormatError("a voxel has colour index 0, which is none");
    const color = palette!.subarray(4 * (index - 1), 4 * (index - 1) + 3);
    const distances = set.palette.map((each, label) =>
      label === 0 ? Infinity : Math.hypot(...each.map((v, i) => v - color[i]))
    );
    const nearest = distances.indexOf(Math.min(...distances));
    if (distances[nearest] > COLOR_TOLERANCE) {
      const shown = (rgb: Iterable<number>) => `rgb(${[...rgb].join(", ")})`;
      throw new FormatError(
        `colour ${index}, ${shown(color)}, is of no class; the nearest is ${set.names[nearest]}, ` +
          `${shown(set.palette[nearest])}; load the palette of an export`,
      );
    }
    classes[index] = nearest;
  }
  return classes;
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}
