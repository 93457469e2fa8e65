/** Rectangles as a list of vertices and the corners that point into it. */
import { quadCorners, type Quads } from "./greedy_mesh.ts";

/** Some of the rectangles of a surface. */
export interface IndexedQuads {
  /** x, y, z of each vertex, in voxels. */
  readonly positions: Float32Array<ArrayBuffer>;
  /** Four vertices of each rectangle, counter-clockwise seen from outside. */
  readonly corners: Uint32Array<ArrayBuffer>;
  /** The rectangle of `quads` that each is. */
  readonly quads: readonly number[];
}

/** The rectangles of one class. */
export function quadsOfClass(quads: Quads, label: number): number[] {
  const chosen: number[] = [];
  for (let quad = 0; quad < quads.count; quad++) if (quads.label[quad] === label) chosen.push(quad);
  return chosen;
}

/**
 * The chosen rectangles.
 *
 * @param shared whether corners at the same place are one vertex, else each rectangle has four of its own.
 */
export function indexQuads(quads: Quads, chosen: readonly number[], shared: boolean): IndexedQuads {
  const positions = new Float32Array(12 * chosen.length), corners = new Uint32Array(4 * chosen.length);
  const vertices = new Map<number, number>(), point = [0, 0, 0];
  chosen.forEach((quad, at) => quadCorners(quads, quad, positions, 12 * at));
  if (!shared) return { positions, corners: corners.map((_, corner) => corner), quads: chosen };
  for (let corner = 0; corner < corners.length; corner++) {
    point.forEach((_, axis) => point[axis] = positions[3 * corner + axis]);
    const place = (point[0] * 0x10000 + point[1]) * 0x10000 + point[2]; // planes are 16-bit numbers, see Quads
    let vertex = vertices.get(place);
    if (vertex === undefined) {
      vertices.set(place, vertex = vertices.size);
      positions.set(point, 3 * vertex); // never ahead of what is still to be read
    }
    corners[corner] = vertex;
  }
  return { positions: positions.slice(0, 3 * vertices.size), corners, quads: chosen };
}
