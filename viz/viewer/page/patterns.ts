/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** A pattern per class, so that classes can be told apart without colours: on the voxels and in the legend alike. */
import type { ClassSet } from "../../../data/classes.ts";

/** How far a pattern darkens its colour. */
export const PATTERN_STRENGTH = 0.42;

/** Lines every `period` voxels along `direction` of a face's plane; a second direction makes a lattice, `dots` dots. */
interface Pattern {
  readonly kind: 0 | 1 | 2 | 3;
  readonly direction: readonly [u: number, v: number];
  readonly period: number;
}

const NONE = 0, LINES = 1, LATTICE = 2, DOTS = 3;

const PATTERNS: readonly Pattern[] = ([
  [NONE, [0, 0], 1], // empty
  [LINES, [1, -1], 4], // ceiling
  [NONE, [0, 0], 1], // floor
  [LINES, [0, 1], 5], // wall
  [LATTICE, [1, 0], 4], // window
  [DOTS, [1, 0], 2], // chair
  [LINES, [1, 1], 2.4], // bed
  [LINES, [1, 0], 2], // sofa
  [LATTICE, [1, 1], 3.4], // table
  [DOTS, [1, 1], 2.2], // tvs
  [LINES, [1, -1], 2.4], // furn
  [DOTS, [1, 0], 3.6], // objs
] as const).map(([kind, direction, period]) => ({ kind, direction, period }));

/** The pattern of a class; beyond the published number they begin again. */
function patternOf(label: number): Pattern {
  return PATTERNS[label === 0 ? 0 : 1 + (label - 1) % (PATTERNS.length - 1)];
}

/** Four numbers per class for the shader: kind, direction along u and v divided by the period, unused. */
export function patternUniform(classCount: number): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(4 * classCount);
  for (let label = 0; label < classCount; label++) {
    const { kind, direction: [u, v], period } = patternOf(label);
    const length = period * (Math.hypot(u, v) || 1);
    numbers.set([kind, u / length, v / length, 0], 4 * label);
  }
  return numbers;
}

/** `patternAt(pattern, uv)` is 1 on a pattern's lines and dots, 0 between; the same as {@link patternAt}. */
export const PATTERN_GLSL = `
float patternAt(vec4 pattern, vec2 uv) {
  vec2 phase = fract(vec2(dot(uv, pattern.yz), dot(uv, vec2(-pattern.z, pattern.y))));
  if (pattern.x < 0.5) return 0.0;
  if (pattern.x < 1.5) return step(phase.x, 0.32);
  if (pattern.x < 2.5) return max(step(phase.x, 0.24), step(phase.y, 0.24));
  return step(length(phase - 0.5), 0.3);
}`;

/** Whether the pattern of a class is dark at a point of a face, in voxels. */
export function patternAt(label: number, u: number, v: number): boolean {
  const { kind, direction: [du, dv], period } = patternOf(label);
  if (kind === NONE) return false;
  const length = period * Math.hypot(du, dv);
  const fract = (value: number): number => value - Math.floor(value);
  const x = fract((u * du + v * dv) / length), y = fract((v * du - u * dv) / length);
  if (kind === LINES) return x <= 0.32;
  return kind === LATTICE ? x <= 0.24 || y <= 0.24 : Math.hypot(x - 0.5, y - 0.5) <= 0.3;
}

/** Draws the swatch of a class for the legend. */
export function drawSwatch(
  canvas: HTMLCanvasElement,
  { names, palette }: ClassSet,
  label: number,
  patterned: boolean,
): void {
  const context = canvas.getContext("2d")!;
  const { width, height } = canvas;
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const dark = patterned && patternAt(label, (i % width) / 5, Math.floor(i / width) / 5);
    palette[label].forEach((value, c) => image.data[4 * i + c] = value * (dark ? 1 - PATTERN_STRENGTH : 1));
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  canvas.title = names[label];
}
