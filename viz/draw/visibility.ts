/** Which face is seen at each sample point of the picture: rasterisation with a depth buffer. */
import { type Camera, project } from "./camera.ts";
import type { Faces } from "./faces.ts";
import { addScaled, type Vector } from "./vector.ts";

/** Index of the nearest face per sample, −1 for none, and the ray parameter at which it is hit; `[height, width]`. */
export interface Visibility {
  readonly width: number;
  readonly height: number;
  readonly face: Int32Array;
  readonly depth: Float32Array;
}

/** Faces that come nearer to the eye than this are not drawn, nor those behind it; in voxels. */
const NEAREST = 0.5;

/** The ray through the centre of the sample (column, row): its direction per {@link Camera}, not of unit length. */
export function rayAt(camera: Camera, column: number, row: number): Vector {
  const sideways = (column + 0.5 - camera.centerX) / camera.focal;
  const upwards = (camera.centerY - row - 0.5) / camera.focal;
  return addScaled(addScaled(camera.forward, camera.right, sideways), camera.up, upwards);
}

/**
 * Finds the nearest face for every sample. Within the bounding rectangle of a projected face each ray is intersected
 * with the plane of the face, so neighbouring faces meet without a gap and depths are exact.
 *
 * @param camera for a picture of `width × height` samples.
 */
export function findVisible(faces: Faces, camera: Camera, width: number, height: number): Visibility {
  const face = new Int32Array(width * height).fill(-1);
  const depth = new Float32Array(width * height).fill(Infinity);
  const corner: [number, number, number] = [0, 0, 0];
  const stepX = camera.right.map((value) => value / camera.focal);
  for (let index = 0; index < faces.count; index++) {
    const axis = faces.axis[index], ua = (axis + 1) % 3, va = (axis + 2) % 3;
    const plane = faces.plane[index], u = faces.u[index], v = faces.v[index];
    let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity, nearest = Infinity;
    for (let which = 0; which < 4; which++) {
      corner[axis] = plane;
      corner[ua] = u + (which & 1);
      corner[va] = v + (which >> 1);
      const { px, py, depth } = project(camera, corner);
      nearest = Math.min(nearest, depth);
      left = Math.min(left, px);
      right = Math.max(right, px);
      top = Math.min(top, py);
      bottom = Math.max(bottom, py);
    }
    if (nearest < NEAREST) continue;
    const firstColumn = Math.max(0, Math.floor(left - 0.5)), lastColumn = Math.min(width - 1, Math.ceil(right - 0.5));
    const firstRow = Math.max(0, Math.floor(top - 0.5)), lastRow = Math.min(height - 1, Math.ceil(bottom - 0.5));
    const distance = plane - camera.eye[axis], eyeU = camera.eye[ua] - u, eyeV = camera.eye[va] - v;
    for (let row = firstRow; row <= lastRow; row++) {
      const ray = rayAt(camera, firstColumn, row);
      let rayA = ray[axis], rayU = ray[ua], rayV = ray[va];
      for (let sample = row * width + firstColumn; sample <= row * width + lastColumn; sample++) {
        const t = distance / rayA;
        const onU = eyeU + t * rayU, onV = eyeV + t * rayV;
        if (onU >= 0 && onU <= 1 && onV >= 0 && onV <= 1 && t < depth[sample]) {
          depth[sample] = t;
          face[sample] = index;
        }
        rayA += stepX[axis];
        rayU += stepX[ua];
        rayV += stepX[va];
      }
    }
  }
  return { width, height, face, depth };
}
