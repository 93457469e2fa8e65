/** Perspective cameras that look at a box from a named direction and frame it exactly. */
import { addScaled, cross, dot, type Vector } from "./vector.ts";

/** Directions a volume can be seen from: azimuth turns from +z towards +x, elevation lifts the camera; degrees. */
export const VIEWS = {
  corner: { azimuth: 38, elevation: 36 },
  "corner-2": { azimuth: 128, elevation: 36 },
  "corner-3": { azimuth: 218, elevation: 36 },
  "corner-4": { azimuth: 308, elevation: 36 },
  front: { azimuth: 0, elevation: 22 },
  right: { azimuth: 90, elevation: 22 },
  back: { azimuth: 180, elevation: 22 },
  left: { azimuth: 270, elevation: 22 },
  top: { azimuth: 0, elevation: 90 },
} as const satisfies Record<string, { azimuth: number; elevation: number }>;

/** Name of a direction in {@link VIEWS}. */
export type View = keyof typeof VIEWS;

/** An axis-aligned box in voxel units. */
export interface Box {
  /** Corner with the least coordinates. */
  readonly low: Vector;
  /** Corner with the greatest coordinates: one more than the last voxel inside. */
  readonly high: Vector;
}

/**
 * A pinhole camera. The ray through the picture point (px, py) runs from `eye` along
 * `forward + (px − centerX)/focal · right − (py − centerY)/focal · up`; the three directions are orthonormal.
 */
export interface Camera {
  readonly eye: Vector;
  readonly right: Vector;
  readonly up: Vector;
  readonly forward: Vector;
  /** Focal length in pixels. */
  readonly focal: number;
  readonly centerX: number;
  readonly centerY: number;
}

/** Distance of the eye in diagonals of the box: far enough to keep verticals calm, near enough to feel the room. */
const DISTANCE = 1.9;

/** The picture point of `point` and its depth along the viewing direction. */
export function project(camera: Camera, point: Vector): { px: number; py: number; depth: number } {
  const offset = addScaled(point, camera.eye, -1);
  const depth = dot(offset, camera.forward);
  return {
    px: camera.centerX + camera.focal * dot(offset, camera.right) / depth,
    py: camera.centerY - camera.focal * dot(offset, camera.up) / depth,
    depth,
  };
}

/** The eight corners of a box. */
export function cornersOf({ low, high }: Box): Vector[] {
  return Array.from({ length: 8 }, (_, corner): Vector => [
    corner & 1 ? high[0] : low[0],
    corner & 2 ? high[1] : low[1],
    corner & 4 ? high[2] : low[2],
  ]);
}

/**
 * A camera whose picture of `width × height` pixels shows the whole `box` as large as it fits, centred, with a margin
 * of `margin` (a fraction of the shorter side) all around.
 */
export function cameraFor(box: Box, view: View, width: number, height: number, margin = 0.03): Camera {
  const azimuth = VIEWS[view].azimuth * Math.PI / 180, elevation = VIEWS[view].elevation * Math.PI / 180;
  const right: Vector = [Math.cos(azimuth), 0, -Math.sin(azimuth)];
  const forward: Vector = [
    -Math.cos(elevation) * Math.sin(azimuth),
    -Math.sin(elevation),
    -Math.cos(elevation) * Math.cos(azimuth),
  ];
  const up = cross(right, forward);
  const center: Vector = [0, 1, 2].map((axis) => (box.low[axis] + box.high[axis]) / 2) as unknown as Vector;
  const diagonal = Math.hypot(...addScaled(box.high, box.low, -1));
  const eye = addScaled(center, forward, -DISTANCE * diagonal);

  const unit: Camera = { eye, right, up, forward, focal: 1, centerX: 0, centerY: 0 };
  const points = cornersOf(box).map((corner) => project(unit, corner));
  const xs = points.map(({ px }) => px), ys = points.map(({ py }) => py);
  const left = Math.min(...xs), top = Math.min(...ys);
  const wide = Math.max(...xs) - left, tall = Math.max(...ys) - top;
  const border = margin * Math.min(width, height);
  const focal = Math.min((width - 2 * border) / wide, (height - 2 * border) / tall);
  return {
    ...unit,
    focal,
    centerX: width / 2 - focal * (left + wide / 2),
    centerY: height / 2 - focal * (top + tall / 2),
  };
}

/** The box around two. */
export function boxAround(one: Box, other: Box): Box {
  const [a, b, c] = one.low, [d, e, f] = one.high;
  return {
    low: [Math.min(a, other.low[0]), Math.min(b, other.low[1]), Math.min(c, other.low[2])],
    high: [Math.max(d, other.high[0]), Math.max(e, other.high[1]), Math.max(f, other.high[2])],
  };
}
