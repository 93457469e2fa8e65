/** The flag `--mask`: which part of a scene is to be made up. */
import { UserError } from "../../../base/errors.ts";
import { formatGrid, type Grid } from "../../../data/grid.ts";
import { readNpy } from "../../../data/formats/npy.ts";
import { around, type Box, knownVoxels, pieces, setBox } from "../../../data/scenes/known_parts.ts";

/** Halves of a scene: the axis, and whether it is the half with the greater coordinates. */
const HALVES: Readonly<Record<string, readonly [axis: number, upper: boolean]>> = {
  left: [0, false],
  right: [0, true],
  bottom: [1, false],
  top: [1, true],
  front: [2, false],
  back: [2, true],
};

/** For help and errors. */
export const MASK_FORMS = "box:x0,y0,z0,x1,y1,z1, half:left, class:bed, or a file mask.npy";

/**
 * What is known of a scene, uint8 `[D, H, W]`, 0 for the voxels that a mask hides: the box from the first corner up to,
 * but not including, the second; a half (left or right along x, bottom or top, front or back along z); the pieces of a
 * class with all in the boxes around them; or the voxels that are not 0 in an array `[D, H, W]`. What is unknown is hidden, too.
 *
 * @throws {UserError} if the text is no mask, the file cannot be read, or nothing or all of the scene is hidden.
 */
export async function knownBesides(
  mask: string,
  labels: Uint8Array,
  grid: Grid,
  classNames: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const known = /\.npy$/i.test(mask) ? await readMask(mask, labels, grid) : knownVoxels(labels);
  for (const box of boxesOf(mask, labels, grid, classNames)) setBox(known, grid, box, 0);
  const hidden = known.filter((value) => value === 0).length;
  if (hidden === 0) throw new UserError(`--mask ${mask} hides nothing of the scene of ${formatGrid(grid)} voxels`);
  if (hidden === known.length) {
    throw new UserError(`--mask ${mask} hides the whole scene; --mode generate makes rooms from nothing`);
  }
  return known;
}

function boxesOf(mask: string, labels: Uint8Array, grid: Grid, classNames: readonly string[]): Box[] {
  if (/\.npy$/i.test(mask)) return [];
  const [kind, what = ""] = mask.split(/:(.*)/s);
  if (kind === "half" && Object.hasOwn(HALVES, what)) return [half(grid, ...HALVES[what])];
  if (kind === "box" && /^\d+(,\d+){5}$/.test(what)) {
    const [x0, y0, z0, x1, y1, z1] = what.split(",").map(Number);
    if (x0 < x1 && y0 < y1 && z0 < z1) return [{ start: [x0, y0, z0], end: [x1, y1, z1] }];
  }
  if (kind === "class") {
    const label = classNames.indexOf(what);
    if (label > 0) return pieces(labels, grid).filter((piece) => piece.label === label).map(({ box }) => around(box));
    throw new UserError(`--mask ${mask}: there is no class ${what}; there are ${classNames.slice(1).join(", ")}`);
  }
  throw new UserError(`--mask ${mask}: expected ${MASK_FORMS}; halves are ${Object.keys(HALVES).join(", ")}`);
}

function half(grid: Grid, axis: number, upper: boolean): Box {
  const middle = (otherwise: Grid): Grid => {
    const [x, y, z] = otherwise.map((value, i) => i === axis ? Math.floor(grid[axis] / 2) : value);
    return [x, y, z];
  };
  return upper ? { start: middle([0, 0, 0]), end: grid } : { start: [0, 0, 0], end: middle(grid) };
}

async function readMask(path: string, labels: Uint8Array, grid: Grid): Promise<Uint8Array<ArrayBuffer>> {
  const { data, shape } = await readNpy(path);
  if (shape.join() !== grid.join()) {
    throw new UserError(`${path} is ${shape.join("x")}, expected a mask of the scene's ${formatGrid(grid)} voxels`);
  }
  return knownVoxels(labels).map((known, voxel) => Number(data[voxel]) === 0 ? known : 0);
}
