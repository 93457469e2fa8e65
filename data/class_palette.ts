/** Colours for classes that come without one, apart from each other also for people with a colour vision deficiency. */
import { CLASS_NAMES, type ClassColor, PALETTE } from "./classes.ts";

/**
 * The colours made for this by M. Okabe and K. Ito ("Color Universal Design", 2008), without black; the palest last.
 */
const OKABE_ITO: readonly ClassColor[] = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [213, 94, 0],
  [86, 180, 233],
  [204, 121, 167],
  [240, 228, 66],
];

/**
 * What protanopia, deuteranopia and tritanopia make of linear RGB: Machado, Oliveira, Fernandes, "A physiologically-based
 * model for simulation of color vision deficiency", IEEE TVCG 15 (2009), severity 1.
 */
const DEFICIENCIES: readonly (readonly number[])[] = [
  [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900],
];

/** Steps per channel of the colours to choose from; 10³ leave more than 255 after the darkest are gone. */
const LEVELS = 10;
/** Lightness (OKLab, 0 to 1) that a chosen colour has at least: shading needs room below it. */
const DARKEST = 0.42;
/** Behind the voxels: a class must stand out from it. */
const WHITE: ClassColor = [255, 255, 255];

/**
 * Fills the gaps in a list of colours. A class of a published name takes its published colour unless that is taken; the
 * others take those of Okabe and Ito, then always the colour that differs most from all there are, as seen by whoever
 * sees the least difference. The same names and colours always give the same palette.
 *
 * @param names of the classes by label.
 * @param given colour of each, or undefined.
 */
export function fillPalette(names: readonly string[], given: readonly (ClassColor | undefined)[]): ClassColor[] {
  const taken = given.filter((color) => color !== undefined);
  const isFree = (color: ClassColor) => !taken.some((other) => other.join() === color.join());
  const published = names.map((name, label): ClassColor | undefined => {
    const color = PALETTE[CLASS_NAMES.indexOf(name as (typeof CLASS_NAMES)[number])];
    if (given[label] || !color || !isFree(color)) return given[label];
    taken.push(color);
    return color;
  });
  const choice = new ColorChoice([WHITE, ...taken]);
  const wishes = OKABE_ITO.filter(isFree);
  return published.map((color, label) => {
    if (color) return color;
    // Empty is not drawn, so it takes none of the good colours.
    const chosen = label === 0 && isFree([240, 240, 240]) ? [240, 240, 240] as const : wishes.shift() ?? choice.best();
    choice.add(chosen);
    return chosen;
  });
}

/** Least difference (Euclidean, in OKLab) of two colours over normal vision and three deficiencies. */
export function perceivedDifference(one: ClassColor, other: ClassColor): number {
  return difference(seenColors(one), seenColors(other));
}

/** Keeps for each candidate its least difference to the colours chosen so far. */
class ColorChoice {
  readonly #candidates: ClassColor[] = [];
  readonly #seen: Float64Array[] = [];
  readonly #nearest: number[] = [];

  constructor(taken: readonly ClassColor[]) {
    const level = (step: number) => Math.round(step * 255 / (LEVELS - 1));
    for (let i = 0; i < LEVELS ** 3; i++) {
      const color = [i / LEVELS ** 2, i / LEVELS, i].map((step) => level(Math.floor(step) % LEVELS));
      const candidate: ClassColor = [color[0], color[1], color[2]], seen = seenColors(candidate);
      if (seen[0] < DARKEST) continue;
      this.#candidates.push(candidate);
      this.#seen.push(seen);
      this.#nearest.push(Infinity);
    }
    for (const color of taken) this.add(color);
  }

  add(color: ClassColor): void {
    const seen = seenColors(color);
    this.#seen.forEach((each, i) => this.#nearest[i] = Math.min(this.#nearest[i], difference(each, seen)));
  }

  best(): ClassColor {
    return this.#candidates[this.#nearest.indexOf(Math.max(...this.#nearest))];
  }
}

/** A colour in OKLab as four kinds of eyes see it: 12 numbers. */
function seenColors(color: ClassColor): Float64Array {
  const linear = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const seen = [linear, ...DEFICIENCIES.map((matrix) => apply(matrix, linear))];
  return Float64Array.from(seen.flatMap(okLab));
}

function difference(one: Float64Array, other: Float64Array): number {
  let least = Infinity;
  for (let at = 0; at < one.length; at += 3) {
    least = Math.min(least, Math.hypot(one[at] - other[at], one[at + 1] - other[at + 1], one[at + 2] - other[at + 2]));
  }
  return least;
}

/** Linear RGB to OKLab (B. Ottosson, "A perceptual color space for image processing", 2020). */
function okLab(linear: readonly number[]): number[] {
  const clamped = linear.map((value) => Math.min(1, Math.max(0, value)));
  const roots = apply(
    [
      0.4122214708,
      0.5363325363,
      0.0514459929,
      0.2119034982,
      0.6806995451,
      0.1073969566,
      0.0883024619,
      0.2817188376,
      0.6299787005,
    ],
    clamped,
  ).map(Math.cbrt);
  return apply(
    [
      0.2104542553,
      0.793617785,
      -0.0040720468,
      1.9779984951,
      -2.428592205,
      0.4505937099,
      0.0259040371,
      0.7827717662,
      -0.808675766,
    ],
    roots,
  );
}

/** A 3 × 3 matrix, row by row, times a vector. */
function apply(matrix: readonly number[], vector: readonly number[]): number[] {
  return [0, 3, 6].map((row) => matrix[row] * vector[0] + matrix[row + 1] * vector[1] + matrix[row + 2] * vector[2]);
}
