/** The connected pieces of a surface. */

/** Corners within a thousandth of a voxel are one. */
const PLACES_PER_VOXEL = 1024;

/**
 * Divides a surface into pieces whose triangles are connected by shared corners.
 *
 * @param corners in voxels, nine numbers per triangle.
 * @returns the triangles of each piece.
 */
export function piecesOf(corners: Float64Array): Int32Array[] {
  const vertices = verticesOf(corners), parents = vertices.map((_, vertex) => vertex);
  const rootOf = (vertex: number): number => {
    while (parents[vertex] !== vertex) vertex = parents[vertex] = parents[parents[vertex]];
    return vertex;
  };
  for (let at = 0; at < vertices.length; at += 3) {
    const root = rootOf(vertices[at]);
    parents[rootOf(vertices[at + 1])] = root;
    parents[rootOf(vertices[at + 2])] = root;
  }
  const triangles = new Int32Array(vertices.length / 3).map((_, triangle) => triangle);
  const roots = triangles.map((triangle) => rootOf(vertices[3 * triangle]));
  triangles.sort((one, other) => roots[one] - roots[other]);
  const pieces: Int32Array[] = [];
  for (let start = 0, end = 0; start < triangles.length; start = end) {
    while (end < triangles.length && roots[triangles[end]] === roots[triangles[start]]) end++;
    pieces.push(triangles.subarray(start, end));
  }
  return pieces;
}

/** For each corner the first one that is at the same place: a hash table with open addressing. */
function verticesOf(corners: Float64Array): Int32Array {
  const places = new Int32Array(corners.length);
  for (let i = 0; i < places.length; i++) places[i] = Math.round(corners[i] * PLACES_PER_VOXEL);
  const vertices = new Int32Array(corners.length / 3);
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * vertices.length + 1))).fill(-1);
  for (let corner = 0; corner < vertices.length; corner++) {
    const x = places[3 * corner], y = places[3 * corner + 1], z = places[3 * corner + 2];
    let slot = hash(x, y, z) & (slots.length - 1);
    for (let other; (other = slots[slot]) >= 0; slot = (slot + 1) & (slots.length - 1)) {
      if (places[3 * other] === x && places[3 * other + 1] === y && places[3 * other + 2] === z) break;
    }
    if (slots[slot] < 0) slots[slot] = corner;
    vertices[corner] = slots[slot];
  }
  return vertices;
}

/** Mixes three numbers as MurmurHash3 does. */
function hash(x: number, y: number, z: number): number {
  let mixed = mix(mix(mix(0, x), y), z);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function mix(mixed: number, number: number): number {
  let bits = Math.imul(number, 0xcc9e2d51);
  bits = mixed ^ Math.imul((bits << 15) | (bits >>> 17), 0x1b873593);
  return (Math.imul((bits << 13) | (bits >>> 19), 5) + 0xe6546b64) | 0;
}
