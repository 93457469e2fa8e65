/** The sides of voxels that a camera can see. */
import type { Grid } from "../../data/grid.ts";
import { ambientLight, Crowding } from "./occlusion.ts";
import type { Vector } from "./vector.ts";

/** How one edge of a face meets its neighbour. */
export const enum Edge {
  /** The surface goes on in the same plane with the same class. */
  Flat = 0,
  /** The surface goes on in the same plane with another class. */
  Border = 1,
  /** The surface bends away or ends. */
  Crease = 2,
}

/**
 * Faces as parallel arrays. Face `i` is the unit square of the plane `axis[i] = plane[i]` whose corners are (u, v),
 * (u+1, v), (u, v+1), (u+1, v+1), where u runs along axis `(axis + 1) % 3` and v along `(axis + 2) % 3`.
 */
export interface Faces {
  readonly count: number;
  readonly axis: Uint8Array;
  readonly plane: Int16Array;
  readonly u: Int16Array;
  readonly v: Int16Array;
  /** +1 or −1: the direction along the axis that the face looks in. */
  readonly sign: Int8Array;
  readonly label: Uint8Array;
  /** Ambient light, 0–1, at the four corners in the order above: `[count, 4]`. */
  readonly light: Float32Array;
  /** {@link Edge} at low u, high u, low v, high v: `[count, 4]`. */
  readonly edges: Uint8Array;
}

/**
 * Every face that looks towards the eye and is not covered by its neighbour.
 *
 * @param labels `[D, H, W]`, C order; 0 is empty.
 */
export function visibleFaces(labels: Uint8Array, grid: Grid, eye: Vector): Faces {
  const crowding = new Crowding(labels, grid);
  const strides = [grid[1] * grid[2], grid[2], 1];
  const labelAt = (x: number, y: number, z: number): number =>
    x < 0 || y < 0 || z < 0 || x >= grid[0] || y >= grid[1] || z >= grid[2]
      ? 0
      : labels[x * strides[0] + y * strides[1] + z];
  const axis: number[] = [], plane: number[] = [], u: number[] = [], v: number[] = [], sign: number[] = [];
  const label: number[] = [], light: number[] = [], edges: number[] = [];
  const voxel: [number, number, number] = [0, 0, 0];

  const addFace = (a: number, side: number, own: number): void => {
    const ua = (a + 1) % 3, va = (a + 2) % 3;
    const before: [number, number, number] = [...voxel];
    before[a] += side;
    if (labelAt(...before) !== 0) return;
    axis.push(a);
    plane.push(voxel[a] + (side > 0 ? 1 : 0));
    u.push(voxel[ua]);
    v.push(voxel[va]);
    sign.push(side);
    label.push(own);
    const corner: [number, number, number] = [...voxel];
    corner[a] = plane[plane.length - 1];
    for (let index = 0; index < 4; index++) {
      corner[ua] = voxel[ua] + (index & 1);
      corner[va] = voxel[va] + (index >> 1);
      light.push(ambientLight(crowding, corner, a, side));
    }
    for (const along of [ua, va]) {
      for (const step of [-1, 1]) {
        const beside: [number, number, number] = [...voxel], above: [number, number, number] = [...before];
        beside[along] += step;
        above[along] += step;
        const neighbour = labelAt(...beside);
        const flat = neighbour !== 0 && labelAt(...above) === 0;
        edges.push(!flat ? Edge.Crease : neighbour === own ? Edge.Flat : Edge.Border);
      }
    }
  };

  for (let x = 0, index = 0; x < grid[0]; x++) {
    for (let y = 0; y < grid[1]; y++) {
      for (let z = 0; z < grid[2]; z++, index++) {
        const own = labels[index];
        if (own === 0) continue;
        voxel[0] = x;
        voxel[1] = y;
        voxel[2] = z;
        for (let a = 0; a < 3; a++) {
          if (eye[a] > voxel[a] + 1) addFace(a, 1, own);
          else if (eye[a] < voxel[a]) addFace(a, -1, own);
        }
      }
    }
  }
  return {
    count: axis.length,
    axis: Uint8Array.from(axis),
    plane: Int16Array.from(plane),
    u: Int16Array.from(u),
    v: Int16Array.from(v),
    sign: Int8Array.from(sign),
    label: Uint8Array.from(label),
    light: Float32Array.from(light),
    edges: Uint8Array.from(edges),
  };
}
