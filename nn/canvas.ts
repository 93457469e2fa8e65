/**
 * Grids of cells larger than those that a prior learned, its canvases, and windows of them: pieces as large as what it
 * learned.
 */
import type { Size3 } from "./backend/backend.ts";

/**
 * Where windows begin on an axis: half a window apart, rounded down, the last one at the end.
 *
 * @param canvas cells of the axis. @param window cells of a window, at most as many.
 */
export function windowStarts(canvas: number, window: number): number[] {
  const step = Math.max(1, Math.floor(window / 2)), last = canvas - window;
  return [...Array.from({ length: Math.ceil(last / step) }, (_, i) => i * step), last];
}

/** First cells of all windows of a canvas; each cell is in at least one of them. */
export function windowsOf(canvas: Size3, window: Size3): Size3[] {
  const [xs, ys, zs] = canvas.map((cells, axis) => windowStarts(cells, window[axis]));
  return xs.flatMap((x) => ys.flatMap((y) => zs.map((z): Size3 => [x, y, z])));
}

/**
 * How much each cell of a window counts on a canvas, `[wd, wh, ww]`: Hann's window along each axis, 1 in the middle. Near
 * the border a window knows little of what lies around; a plain mean shows where windows end, and takes more of the
 * variance of codes.
 */
export function windowWeights(window: Size3): Float32Array<ArrayBuffer> {
  const [xs, ys, zs] = window.map((cells) => {
    const hann = Array.from(
      { length: cells },
      (_, cell) => Math.sin(Math.PI * (Math.min(cell, cells - 1 - cell) + 0.5) / cells) ** 2,
    );
    return hann.map((value) => value / Math.max(...hann));
  });
  return Float32Array.from(xs.flatMap((x) => ys.flatMap((y) => zs.map((z) => x * y * z))));
}

/**
 * Shows the runs of numbers that a window and its canvas have in common: where each begins in the window, in the canvas,
 * and how long it is.
 *
 * @param start the first cell of the window. @param channels numbers of a cell.
 */
export function forEachRun(
  canvas: Size3,
  window: Size3,
  start: Size3,
  channels: number,
  body: (inWindow: number, inCanvas: number, length: number) => void,
): void {
  const length = window[2] * channels;
  for (let x = 0, inWindow = 0; x < window[0]; x++) {
    for (let y = 0; y < window[1]; y++, inWindow += length) {
      body(inWindow, (((start[0] + x) * canvas[1] + start[1] + y) * canvas[2] + start[2]) * channels, length);
    }
  }
}

/** The numbers of a window, `[wd, wh, ww, channels]`, out of those of its canvas, `[d, h, w, channels]`. */
export function windowOf<T extends Float32Array | Uint8Array>(
  values: T,
  canvas: Size3,
  window: Size3,
  start: Size3,
  channels = 1,
): T {
  const cut = new (values.constructor as new (length: number) => T)(window[0] * window[1] * window[2] * channels);
  forEachRun(canvas, window, start, channels, (inWindow, inCanvas, length) => {
    cut.set(values.subarray(inCanvas, inCanvas + length), inWindow);
  });
  return cut;
}
