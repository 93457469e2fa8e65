/** Which pieces of a surface enclose a volume. */
import { piecesOf } from "./pieces.ts";
import { setNormal } from "./surface.ts";

/** How far a piece may be from closed: a hole of a tenth of one side of a cube is still let pass. */
const MOST_OPEN = 0.05;
/** Least volume of a body, as a share of its area to the power of 3/2; a sheet with two sides has less, by rounding. */
const LEAST_VOLUME = 1e-6;

/** A surface, divided by what its pieces enclose. Corners in voxels, nine numbers per triangle. */
export interface DividedSurface {
  /** Triangles of the closed pieces that face outwards, and of the cavities in them. */
  readonly bodies: Float64Array;
  /** Triangles of all others: of open pieces, and of closed ones that face inwards, such as the walls of a room. */
  readonly sheets: Float64Array;
  /** How many pieces the bodies are. */
  readonly bodyCount: number;
  /** How many pieces the sheets are. */
  readonly sheetCount: number;
}

/**
 * Divides a surface into connected pieces, and these into bodies and sheets. Pieces that are open each for itself are
 * one if they are closed together: where they meet at T-junctions they share no corners.
 *
 * @param corners in voxels, nine numbers per triangle.
 */
export function divideSurface(corners: Float64Array): DividedSurface {
  const pieces = piecesOf(corners).map((triangles) => measure(corners, triangles));
  const open = pieces.filter(({ volume }) => volume === 0), closed = pieces.filter(({ volume }) => volume !== 0);
  const rest = measure(corners, Int32Array.from(open.flatMap(({ triangles }) => [...triangles])));
  if (rest.volume !== 0) closed.push(rest);
  const outward = closed.filter(({ volume }) => volume > 0), inward = closed.filter(({ volume }) => volume < 0);
  // What faces inwards is a cavity within the box around the bodies, and a room where it is larger.
  const low = [0, 1, 2].map((axis) => outward.reduce((least, piece) => Math.min(least, piece.low[axis]), Infinity));
  const high = [0, 1, 2].map((axis) => outward.reduce((most, piece) => Math.max(most, piece.high[axis]), -Infinity));
  const isCavity = (piece: Piece) => low.every((_, i) => piece.low[i] >= low[i] && piece.high[i] <= high[i]);
  const bodies = [...outward, ...inward.filter(isCavity)];
  const sheets = [...rest.volume === 0 ? open : [], ...inward.filter((piece) => !isCavity(piece))];
  return {
    bodies: cornersOf(corners, bodies),
    sheets: cornersOf(corners, sheets),
    bodyCount: bodies.length,
    sheetCount: sheets.length,
  };
}

/** Some triangles of a surface. */
interface Piece {
  readonly triangles: Int32Array;
  /** What they enclose, negative if they face inwards; 0 if they are open. */
  readonly volume: number;
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/**
 * Over a closed surface the moments ∫ x n dA are its volume times the identity, by the divergence theorem and however
 * its triangles meet; over an open one they are not.
 */
function measure(corners: Float64Array, triangles: Int32Array): Piece {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (const triangle of triangles) {
    for (let i = 0; i < 9; i++) {
      low[i % 3] = Math.min(low[i % 3], corners[9 * triangle + i]);
      high[i % 3] = Math.max(high[i % 3], corners[9 * triangle + i]);
    }
  }
  const moments = new Float64Array(9), normal = [0, 0, 0];
  let area = 0;
  for (const triangle of triangles) {
    const abc = corners.subarray(9 * triangle, 9 * triangle + 9);
    setNormal(normal, abc);
    area += Math.hypot(...normal) / 2;
    for (let i = 0; i < 3; i++) {
      const middle = (abc[i] + abc[3 + i] + abc[6 + i]) / 3 - (low[i] + high[i]) / 2;
      for (let j = 0; j < 3; j++) moments[3 * i + j] += middle * normal[j] / 2;
    }
  }
  const volume = (moments[0] + moments[4] + moments[8]) / 3;
  const deviation = Math.hypot(...moments.map((moment, i) => moment - (i % 4 === 0 ? volume : 0)));
  const isClosed = Math.abs(volume) > LEAST_VOLUME * area ** 1.5 && deviation <= MOST_OPEN * Math.abs(volume);
  return { triangles, volume: isClosed ? volume : 0, low, high };
}

function cornersOf(corners: Float64Array, pieces: readonly Piece[]): Float64Array {
  const found = new Float64Array(9 * pieces.reduce((sum, { triangles }) => sum + triangles.length, 0));
  let at = 0;
  for (const { triangles } of pieces) {
    for (const triangle of triangles) {
      found.set(corners.subarray(9 * triangle, 9 * triangle + 9), at);
      at += 9;
    }
  }
  return found;
}
