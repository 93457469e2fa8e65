/** The surface of a label volume as few large rectangles, for the viewer and for mesh files. */
import type { Grid } from "../../data/grid.ts";

/**
 * Rectangles as parallel arrays. Rectangle `i` lies in the plane `axis[i] = plane[i]` (voxel units) and covers
 * `u[i] … u[i] + sizeU[i]` of axis `(axis + 1) % 3` and `v[i] … v[i] + sizeV[i]` of axis `(axis + 2) % 3`.
 */
export interface Quads {
  /** Number of rectangles. */
  readonly count: number;
  /** 0 = x, 1 = y (up), 2 = z. */
  readonly axis: Uint8Array;
  /** +1 or −1: the direction along the axis that the rectangle looks in. */
  readonly sign: Int8Array;
  /** Position of the plane on the axis. */
  readonly plane: Uint16Array;
  /** Least coordinate along the first axis of the plane. */
  readonly u: Uint16Array;
  /** Least coordinate along the second axis of the plane. */
  readonly v: Uint16Array;
  /** Voxels along the first axis of the plane. */
  readonly sizeU: Uint16Array;
  /** Voxels along the second axis of the plane. */
  readonly sizeV: Uint16Array;
  /** Class of the voxels. */
  readonly label: Uint8Array;
}

/** Which sides of voxels {@link greedyMesh} keeps, and whether it merges them. */
export interface MeshOptions {
  /**
   * False (if left out): only sides that border on empty voxels, all that can be seen. True: also sides between two
   * classes, so that each class by itself is a closed surface.
   */
  readonly closedClasses?: boolean;
  /**
   * True: every side of a voxel is a rectangle of its own, so rectangles meet edge to edge. Merged ones (if left out)
   * meet at T-junctions, where the corner of one lies on the edge of another.
   */
  readonly singleSides?: boolean;
}

/**
 * Merges the sides of voxels of one class into rectangles: per plane, each rectangle first grows along its second axis,
 * then along its first (M. Lysenko, "Meshing in a Minecraft game", 2012). The rectangles cover every such side once.
 *
 * @param labels `[D, H, W]`, C order; 0 is empty, and so is everything outside.
 */
export function greedyMesh(
  labels: Uint8Array,
  grid: Grid,
  { closedClasses = false, singleSides = false }: MeshOptions = {},
): Quads {
  const list = new QuadList();
  const strides = [grid[1] * grid[2], grid[2], 1];
  for (let axis = 0; axis < 3; axis++) {
    const ua = (axis + 1) % 3, va = (axis + 2) % 3;
    const countU = grid[ua], countV = grid[va], strideU = strides[ua], strideV = strides[va];
    const sides = new Uint8Array(countU * countV);
    for (const sign of [-1, 1]) {
      const step = sign * strides[axis];
      for (let layer = 0; layer < grid[axis]; layer++) {
        const atBorder = sign < 0 ? layer === 0 : layer === grid[axis] - 1;
        let found = false;
        for (let u = 0, side = 0; u < countU; u++) {
          let voxel = layer * strides[axis] + u * strideU;
          for (let v = 0; v < countV; v++, side++, voxel += strideV) {
            const own = labels[voxel];
            const next = own === 0 || atBorder ? 0 : labels[voxel + step];
            sides[side] = next === 0 || (closedClasses && next !== own) ? own : 0;
            if (sides[side] !== 0) found = true;
          }
        }
        if (found) mergeSides(sides, countU, countV, singleSides, list, axis, sign, sign < 0 ? layer : layer + 1);
      }
    }
  }
  return list.finish();
}

/** Turns the sides of one plane, `[countU, countV]` labels, into rectangles and clears them. */
function mergeSides(
  sides: Uint8Array,
  countU: number,
  countV: number,
  singleSides: boolean,
  list: QuadList,
  axis: number,
  sign: number,
  plane: number,
): void {
  for (let u = 0; u < countU; u++) {
    for (let v = 0; v < countV;) {
      const start = u * countV + v;
      const label = sides[start];
      if (label === 0) {
        v++;
        continue;
      }
      const mostU = singleSides ? 1 : countU - u, mostV = singleSides ? 1 : countV - v;
      let sizeV = 1;
      while (sizeV < mostV && sides[start + sizeV] === label) sizeV++;
      let sizeU = 1;
      while (sizeU < mostU && allAre(sides, start + sizeU * countV, sizeV, label)) sizeU++;
      for (let row = 0; row < sizeU; row++) sides.fill(0, start + row * countV, start + row * countV + sizeV);
      list.add(axis, sign, plane, u, v, sizeU, sizeV, label);
      v += sizeV;
    }
  }
}

function allAre(sides: Uint8Array, start: number, length: number, label: number): boolean {
  for (let i = start; i < start + length; i++) if (sides[i] !== label) return false;
  return true;
}

/** Fields of a rectangle while the list grows. */
const FIELDS = 8;

/** Rectangles in one growing array of numbers. */
class QuadList {
  #numbers = new Int32Array(1024 * FIELDS);
  #count = 0;

  add(...fields: number[]): void {
    if ((this.#count + 1) * FIELDS > this.#numbers.length) {
      const larger = new Int32Array(2 * this.#numbers.length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers.set(fields, this.#count++ * FIELDS);
  }

  finish(): Quads {
    const count = this.#count;
    const field = <T extends { [index: number]: number }>(into: T, which: number): T => {
      for (let i = 0; i < count; i++) into[i] = this.#numbers[i * FIELDS + which];
      return into;
    };
    return {
      count,
      axis: field(new Uint8Array(count), 0),
      sign: field(new Int8Array(count), 1),
      plane: field(new Uint16Array(count), 2),
      u: field(new Uint16Array(count), 3),
      v: field(new Uint16Array(count), 4),
      sizeU: field(new Uint16Array(count), 5),
      sizeV: field(new Uint16Array(count), 6),
      label: field(new Uint8Array(count), 7),
    };
  }
}

/**
 * Writes the corners of rectangle `index` to `corners` from `offset` on, x y z each, in voxel units, counter-clockwise
 * seen from the side that the rectangle looks to.
 */
export function quadCorners(quads: Quads, index: number, corners: { [index: number]: number }, offset: number): void {
  const axis = quads.axis[index], ua = (axis + 1) % 3, va = (axis + 2) % 3;
  const plane = quads.plane[index];
  const u = quads.u[index], v = quads.v[index], highU = u + quads.sizeU[index], highV = v + quads.sizeV[index];
  // The axes (axis, ua, va) are right-handed, so u before v turns counter-clockwise seen from the + side.
  const around = quads.sign[index] > 0
    ? [u, v, highU, v, highU, highV, u, highV]
    : [u, v, u, highV, highU, highV, highU, v];
  for (let corner = 0; corner < 4; corner++) {
    corners[offset + 3 * corner + axis] = plane;
    corners[offset + 3 * corner + ua] = around[2 * corner];
    corners[offset + 3 * corner + va] = around[2 * corner + 1];
  }
}
