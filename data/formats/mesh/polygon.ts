/** Polygons in space as triangles. */
import earcut, { deviation } from "earcut";

/** Share of its area that a polygon may lose as triangles; one that loses more crosses itself and has no inside. */
const MOST_DEVIATION = 1e-6;

/**
 * Corners of the triangles that a simple polygon consists of, three numbers each, turning as it does. Convex ones become
 * fans, concave ones are cut along ears in the plane that they face most. Where the first corner stands makes no
 * difference.
 *
 * @param polygon x, y, z of each corner.
 */
export function triangulate(polygon: readonly number[]): number[] {
  const count = polygon.length / 3;
  const start = firstOf(polygon), around = Array.from({ length: count }, (_, i) => (start + i) % count);
  const fan = () => around.slice(2).flatMap((last, i) => [start, around[i + 1], last]);
  const points = around.flatMap((corner) => polygon.slice(3 * corner, 3 * corner + 3));
  const normal = normalOf(points), size = normal.map(Math.abs), w = size.indexOf(Math.max(...size));
  // Seen from the side that it faces, so that its corners turn counter-clockwise.
  const [u, v] = normal[w] > 0 ? [(w + 1) % 3, (w + 2) % 3] : [(w + 2) % 3, (w + 1) % 3];
  const flat = around.flatMap((_, i) => [points[3 * i + u], points[3 * i + v]]);
  if (isConvex(flat)) return fan();
  const ears = earcut(flat);
  if (ears.length === 0 || deviation(flat, null, 2, ears) > MOST_DEVIATION) return fan();
  const triangles = ears.map((i) => around[i]);
  return areaOf(flat, ears) > 0 ? triangles : triangles.reverse();
}

/** The corner with the least x, then y, then z. */
function firstOf(polygon: readonly number[]): number {
  let first = 0;
  for (let corner = 1; corner < polygon.length / 3; corner++) {
    const axis = [0, 1, 2].find((axis) => polygon[3 * corner + axis] !== polygon[3 * first + axis]);
    if (axis !== undefined && polygon[3 * corner + axis] < polygon[3 * first + axis]) first = corner;
  }
  return first;
}

/** Newell's normal, twice the area long. */
function normalOf(polygon: readonly number[]): number[] {
  const normal = [0, 0, 0];
  for (let i = 0; i < polygon.length; i += 3) {
    const next = (i + 3) % polygon.length;
    for (let w = 0; w < 3; w++) {
      const u = (w + 1) % 3, v = (w + 2) % 3;
      normal[w] += (polygon[i + u] - polygon[next + u]) * (polygon[i + v] + polygon[next + v]);
    }
  }
  return normal;
}

/** Whether a polygon in the plane turns left, or goes straight on, at every corner. */
function isConvex(flat: readonly number[]): boolean {
  const count = flat.length / 2;
  for (let i = 0; i < count; i++) if (areaOf(flat, [i, (i + 1) % count, (i + 2) % count]) < 0) return false;
  return true;
}

/** Twice the signed area of triangles in the plane. */
function areaOf(flat: readonly number[], triangles: readonly number[]): number {
  let area = 0;
  for (let i = 0; i < triangles.length; i += 3) {
    const a = 2 * triangles[i], b = 2 * triangles[i + 1], c = 2 * triangles[i + 2];
    area += (flat[b] - flat[a]) * (flat[c + 1] - flat[a + 1]) - (flat[b + 1] - flat[a + 1]) * (flat[c] - flat[a]);
  }
  return area;
}
