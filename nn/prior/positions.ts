import { elementCount, type Shape } from "../shape.ts";

/** Wavelengths along each axis, in cells: from 2 to 64 in octaves. */
const WAVELENGTHS = [2, 4, 8, 16, 32, 64];

/** How many numbers tell a network the place of a cell. */
export const POSITION_FEATURES: number = 3 * 2 * WAVELENGTHS.length;

/**
 * Places of the cells of a grid, from its middle, as sines and cosines of several wavelengths along each axis,
 * `[d·h·w, 36]`: the same for cells as far from the middle in grids of any size.
 */
export function positionFeatures(grid: Shape): Float32Array<ArrayBuffer> {
  const [depth, height, width] = grid, features = new Float32Array(elementCount(grid) * POSITION_FEATURES);
  let at = 0;
  for (let x = 0; x < depth; x++) {
    for (let y = 0; y < height; y++) {
      for (let z = 0; z < width; z++) {
        for (const place of [x - (depth - 1) / 2, y - (height - 1) / 2, z - (width - 1) / 2]) {
          for (const wavelength of WAVELENGTHS) {
            features[at++] = Math.sin(2 * Math.PI * place / wavelength);
            features[at++] = Math.cos(2 * Math.PI * place / wavelength);
          }
        }
      }
    }
  }
  return features;
}
