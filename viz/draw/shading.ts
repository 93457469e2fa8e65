/** Colours of visible samples: palette × direction of the face × ambient light × fine lines along the voxel edges. */
import { PALETTE } from "../../data/classes.ts";
import type { Camera } from "./camera.ts";
import { Edge, type Faces } from "./faces.ts";
import type { Rgb } from "./image.ts";
import { addScaled, dot, normalize, type Vector } from "./vector.ts";
import { rayAt, type Visibility } from "./visibility.ts";

/** Brightness of a face turned away from the lamp, and what the lamp adds to one that faces it. */
const BASE_LIGHT = 0.78, LAMP_LIGHT = 0.28;
/** Half the width of an edge line, in pixels of the final picture. */
const HALF_LINE = 0.5;
/** Above one by more than rounding. */
const CERTAINLY = 1 + 1e-9;
/** How much a line darkens: between voxels of one flat surface, between two classes, along a bend. */
const LINE_STRENGTH: Readonly<Record<Edge, number>> = { [Edge.Flat]: 0.13, [Edge.Border]: 0.22, [Edge.Crease]: 0.34 };
/** Lines fade (flat ones out, others to half) where a voxel is smaller than the first size in pixels; full from the second. */
const FADE_BELOW = 2.5, FULL_FROM = 9;

/** Brightness of faces by 2 · axis + (1 if the face looks towards +): a lamp above the camera's left shoulder. */
function directionalLight(camera: Camera): number[] {
  const backwards = addScaled([0, 0, 0], camera.forward, -1);
  const level = normalize([backwards[0], 1e-6, backwards[2]]);
  const lamp = normalize(addScaled(addScaled([0, 0.84, 0], level, 0.38), camera.right, -0.38));
  return Array.from({ length: 6 }, (_, direction) => {
    const normal: [number, number, number] = [0, 0, 0];
    normal[direction >> 1] = direction & 1 ? 1 : -1;
    return BASE_LIGHT + LAMP_LIGHT * Math.max(0, dot(normal, lamp));
  });
}

/**
 * Shades every sample that shows a face.
 *
 * @param samplesPerPixel samples per side of a final pixel, so that lines keep their width.
 * @param palette colour of each label.
 * @returns red, green, blue per sample, `[height, width, 3]`; samples without a face stay 0.
 */
export function shade(
  faces: Faces,
  visible: Visibility,
  camera: Camera,
  samplesPerPixel: number,
  palette: readonly Rgb[] = PALETTE,
): Uint8Array {
  const { width, height, face, depth } = visible;
  const colors = new Uint8Array(width * height * 3);
  const lights = directionalLight(camera);
  const acrossX: Vector = addScaled([0, 0, 0], camera.right, 1 / camera.focal);
  const acrossY: Vector = addScaled([0, 0, 0], camera.up, -1 / camera.focal);
  const { eye } = camera, { light, edges } = faces;
  for (let row = 0, sample = 0; row < height; row++) {
    const start = rayAt(camera, 0, row);
    for (let column = 0; column < width; column++, sample++) {
      const index = face[sample];
      if (index < 0) continue;
      const axis = faces.axis[index], ua = (axis + 1) % 3, va = (axis + 2) % 3;
      const t = depth[sample];
      const rayA = start[axis] + column * acrossX[axis];
      const rayU = start[ua] + column * acrossX[ua], rayV = start[va] + column * acrossX[va];
      const u = clamp01(eye[ua] + t * rayU - faces.u[index]), v = clamp01(eye[va] + t * rayV - faces.v[index]);

      // voxels per pixel along u and v, right and down: derivatives of the hit point by the picture position
      const scale = t * samplesPerPixel;
      const rightU = acrossX[ua] - rayU * acrossX[axis] / rayA, downU = acrossY[ua] - rayU * acrossY[axis] / rayA;
      const rightV = acrossX[va] - rayV * acrossX[axis] / rayA, downV = acrossY[va] - rayV * acrossY[axis] / rayA;
      const lineU = line(edges[4 * index + (u < 0.5 ? 0 : 1)], Math.min(u, 1 - u), scale, rightU, downU);
      const lineV = line(edges[4 * index + (v < 0.5 ? 2 : 3)], Math.min(v, 1 - v), scale, rightV, downV);

      const ambient = (light[4 * index] * (1 - u) + light[4 * index + 1] * u) * (1 - v) +
        (light[4 * index + 2] * (1 - u) + light[4 * index + 3] * u) * v;
      const brightness = lights[2 * axis + (faces.sign[index] > 0 ? 1 : 0)] * ambient * (1 - Math.max(lineU, lineV));
      const color = palette[faces.label[index]];
      for (let channel = 0; channel < 3; channel++) {
        colors[3 * sample + channel] = Math.min(255, color[channel] * brightness);
      }
    }
  }
  return colors;
}

/**
 * How much the line along an edge darkens a sample `distance` voxels from it, where the step to the next pixel is
 * `scale` times (`right`, `down`) voxels.
 */
function line(edge: Edge, distance: number, scale: number, right: number, down: number): number {
  // most samples are far from any line, and squares tell so before the slow root
  const reach = (HALF_LINE + 0.5) * scale;
  if (distance * distance > CERTAINLY * reach * reach * (right * right + down * down)) return 0;
  const perPixel = scale * Math.hypot(right, down);
  const pixels = distance / perPixel;
  if (pixels > HALF_LINE + 0.5) return 0;
  const coverage = Math.min(1, HALF_LINE + 0.5 - pixels);
  const size = clamp01((1 / perPixel - FADE_BELOW) / (FULL_FROM - FADE_BELOW));
  return LINE_STRENGTH[edge] * coverage * (edge === Edge.Flat ? size : 0.5 + 0.5 * size);
}

function clamp01(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
