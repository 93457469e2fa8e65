/** How near the changes that a cell of the code makes are to the cell's own place. */
import { UniformSequence } from "../../../base/random.ts";
import type { Grid } from "../../../data/grid.ts";
import type { VoxelBox } from "./places.ts";

/** Names of the measures of one change, in the order of the tables. */
export const PLACE_MEASURES = ["inRegion", "inField", "centreDistance", "meanDistance"] as const;

/**
 * - `inRegion`: share of the change inside the cell's own 16³ voxels
 * - `inField`: share inside the encoder's receptive field of the cell
 * - `centreDistance`: from the change's centre of mass to the region, in voxels, 0 inside
 * - `meanDistance`: of the change to the region, voxel by voxel
 */
export type PlaceMeasure = (typeof PLACE_MEASURES)[number];

/** What one cell's change is like. */
export interface CellStatistics {
  /** Voxels that change, the mean of the variants. */
  readonly changedVoxels: number;
  /** The measures; NaN where nothing changes. */
  readonly own: Readonly<Record<PlaceMeasure, number>>;
  /** The mean of the measures if the same change had to stand for the other cells; NaN where there is none. */
  readonly chance: Readonly<Record<PlaceMeasure, number>>;
}

/** All cells together. */
export interface PlaceStatistics {
  /** Per cell, in the order given. */
  readonly cells: readonly CellStatistics[];
  /** Cells that change anything. */
  readonly changing: number;
  /** Means over the cells that change anything. */
  readonly own: Readonly<Record<PlaceMeasure, number>>;
  /** The same if every change had to stand for the other cells. */
  readonly chance: Readonly<Record<PlaceMeasure, number>>;
  /** `inRegion` if the change of a cell had to stand for another, by both; of the cells that change anything. */
  readonly shares: readonly Float64Array[];
}

/** Random pairings for the p-value, and what their random numbers are for. */
const PAIRINGS = 9999, PAIRING_STREAM = 34;

/**
 * Measures changes against the places of their cells. The comparison keeps the changes as they are and asks the same
 * of other cells, so that a change near a place that always changes, such as the middle of rooms, counts for nothing.
 *
 * @param changes share of the variants in which each voxel differs, float32 `[D, H, W]`, per cell.
 */
export function placeStatistics(
  changes: readonly Float32Array[],
  regions: readonly VoxelBox[],
  fields: readonly VoxelBox[],
  grid: Grid,
): PlaceStatistics {
  const tables = changes.map((change) => measureChange(change, regions, fields, grid));
  const active = tables.flatMap((table, index) => table.mass > 0 ? [index] : []);
  const cells = tables.map((table, index): CellStatistics => {
    const others = regions.flatMap((_, other) => other === index ? [] : [other]);
    return {
      changedVoxels: table.mass,
      own: overMeasures((name) => table[name][index]),
      chance: overMeasures((name) => mean(others.map((other) => table[name][other]))),
    };
  });
  return {
    cells,
    changing: active.length,
    own: overMeasures((name) => mean(active.map((index) => cells[index].own[name]))),
    chance: overMeasures((name) => mean(active.map((index) => cells[index].chance[name]))),
    shares: active.map((index) => tables[index].inRegion.filter((_, cell) => tables[cell].mass > 0)),
  };
}

/** One change measured against the place of every cell. */
interface ChangeTable extends Record<PlaceMeasure, Float64Array> {
  /** Sum of the change. */
  readonly mass: number;
}

function measureChange(
  change: Float32Array,
  regions: readonly VoxelBox[],
  fields: readonly VoxelBox[],
  grid: Grid,
): ChangeTable {
  const table = overMeasures(() => new Float64Array(regions.length));
  const centre = [0, 0, 0];
  let mass = 0;
  forEachChange(change, grid, (share, at) => {
    mass += share;
    for (let axis = 0; axis < 3; axis++) centre[axis] += share * (at[axis] + 0.5);
    for (let cell = 0; cell < regions.length; cell++) {
      if (holds(regions[cell], at)) table.inRegion[cell] += share;
      if (holds(fields[cell], at)) table.inField[cell] += share;
      table.meanDistance[cell] += share * distance(regions[cell], at, 0.5);
    }
  });
  for (const name of ["inRegion", "inField", "meanDistance"] as const) {
    table[name].forEach((value, cell) => table[name][cell] = value / mass);
  }
  const middle = centre.map((sum) => sum / mass) as unknown as Grid;
  regions.forEach((region, cell) => table.centreDistance[cell] = distance(region, middle, 0));
  return { ...table, mass };
}

function forEachChange(change: Float32Array, grid: Grid, visit: (share: number, at: Grid) => void): void {
  for (let x = 0, voxel = 0; x < grid[0]; x++) {
    for (let y = 0; y < grid[1]; y++) {
      for (let z = 0; z < grid[2]; z++, voxel++) if (change[voxel] > 0) visit(change[voxel], [x, y, z]);
    }
  }
}

function holds({ low, high }: VoxelBox, [x, y, z]: Grid): boolean {
  return x >= low[0] && x < high[0] && y >= low[1] && y < high[1] && z >= low[2] && z < high[2];
}

/** From a point to a box, 0 inside; `offset` leads from a voxel's index to its middle. */
function distance({ low, high }: VoxelBox, [x, y, z]: Grid, offset: number): number {
  const dx = Math.max(0, low[0] - x - offset, x + offset - high[0]);
  const dy = Math.max(0, low[1] - y - offset, y + offset - high[1]);
  const dz = Math.max(0, low[2] - z - offset, z + offset - high[2]);
  return Math.sqrt(dx * dx + dy * dy + dz * dz);
}

/**
 * Share of random pairings of changes and cells, scene by scene, whose mean `inRegion` is at least the one found, which
 * counts as one of them (a permutation test: P. Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses",
 * 2005). NaN where no scene has two cells that change it.
 */
export function pairingTest(scenes: readonly Pick<PlaceStatistics, "shares">[]): number {
  const pairings = scenes.map(({ shares }) => shares.map((_, index) => index));
  if (!pairings.some(({ length }) => length > 1)) return NaN;
  const score = () => mean(scenes.flatMap(({ shares }, scene) => shares.map((row, i) => row[pairings[scene][i]])));
  const found = score();
  const random = new UniformSequence({ seed: 0, stream: PAIRING_STREAM, iteration: 0 });
  let atLeast = 1;
  for (let draw = 0; draw < PAIRINGS; draw++) {
    for (const pairing of pairings) {
      for (let i = pairing.length - 1; i > 0; i--) {
        const j = random.below(i + 1);
        [pairing[i], pairing[j]] = [pairing[j], pairing[i]];
      }
    }
    if (score() >= found - 1e-12) atLeast++;
  }
  return atLeast / (PAIRINGS + 1);
}

function overMeasures<T>(value: (name: PlaceMeasure) => T): Record<PlaceMeasure, T> {
  return Object.fromEntries(PLACE_MEASURES.map((name) => [name, value(name)])) as Record<PlaceMeasure, T>;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
