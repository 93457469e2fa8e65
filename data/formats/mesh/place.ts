/** Models in their places: scaled, turned and moved. */

/** Where a model is, and how large. */
export interface Place {
  /** Where its origin comes to lie: x, y, z. */
  readonly pos: readonly number[];
  /** A unit quaternion x, y, z, w. */
  readonly rot: readonly number[];
  /** Factors along its own axes. */
  readonly scale: readonly number[];
}

/** Corners of triangles in their place, nine numbers each. A mirrored model keeps its outside outside. */
export function placed(corners: Float64Array, { pos, rot: [qx, qy, qz, qw], scale }: Place): Float64Array {
  const out = new Float64Array(corners.length), mirrored = scale[0] * scale[1] * scale[2] < 0;
  for (let i = 0; i < corners.length; i += 3) {
    const x = corners[i] * scale[0], y = corners[i + 1] * scale[1], z = corners[i + 2] * scale[2];
    // v + 2 q × (q × v + w v)
    const tx = qy * z - qz * y + qw * x, ty = qz * x - qx * z + qw * y, tz = qx * y - qy * x + qw * z;
    // Of a triangle that is mirrored the second and the third corner change places.
    const at = mirrored && i % 9 !== 0 ? i + (i % 9 === 3 ? 3 : -3) : i;
    out[at] = x + 2 * (qy * tz - qz * ty) + pos[0];
    out[at + 1] = y + 2 * (qz * tx - qx * tz) + pos[1];
    out[at + 2] = z + 2 * (qx * ty - qy * tx) + pos[2];
  }
  return out;
}
