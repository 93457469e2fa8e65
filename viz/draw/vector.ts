/** A point or direction in voxel units: x along the depth axis, y up, z along the width axis of the volume. */
export type Vector = readonly [x: number, y: number, z: number];

/** Inner product. */
export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** `a × b`, right-handed. */
export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** `a + scale · b`. */
export function addScaled(a: Vector, b: Vector, scale: number): Vector {
  return [a[0] + scale * b[0], a[1] + scale * b[1], a[2] + scale * b[2]];
}

/** The vector of length one along `a`. */
export function normalize(a: Vector): Vector {
  return addScaled([0, 0, 0], a, 1 / Math.hypot(...a));
}
