/** Tables of `--mode noise`. */
import { csvText } from "../../../base/csv.ts";
import { pairingTest, PLACE_MEASURES, type PlaceMeasure, type PlaceStatistics } from "./change_statistics.ts";
import { markdownTable } from "../../../base/table.ts";
import type { Cell } from "./places.ts";
import type { Run } from "../../run.ts";

/** Changes of one scene. */
export interface SceneChanges {
  /** Cells of the code. */
  readonly cells: readonly Cell[];
  /** What their changes are like. */
  readonly statistics: PlaceStatistics;
}

const COLUMNS: Readonly<Record<PlaceMeasure, string>> = {
  inRegion: "share_in_region",
  inField: "share_in_field",
  centreDistance: "centre_distance_voxels",
  meanDistance: "mean_distance_voxels",
};

const TITLES: Readonly<Record<PlaceMeasure, string>> = {
  inRegion: "share of the change in the cell's 16³ voxels",
  inField: "share in the encoder's receptive field of the cell",
  centreDistance: "centre of the change to the cell's voxels, in voxels",
  meanDistance: "changed voxels to the cell's voxels, mean, in voxels",
};

/** Content of `noise.csv`: a row per scene and cell; `nan` for a cell that changes nothing. */
export function noiseCsv(scenes: readonly SceneChanges[]): string {
  const measures = PLACE_MEASURES.flatMap((name) => [COLUMNS[name], `${COLUMNS[name]}_other_cells`]);
  const rows = scenes.flatMap(({ cells, statistics }, scene) =>
    cells.map((cell, index) => {
      const { changedVoxels, own, chance } = statistics.cells[index];
      const values = PLACE_MEASURES.flatMap((name) => [own[name], chance[name]]);
      return [scene, ...cell, changedVoxels, ...values];
    })
  );
  return csvText([["scene", "c", "l", "d", "changed_voxels", ...measures], ...rows]);
}

/** Content of `noise.md`: the means over all scenes and cells beside those of a comparison, and how to read them. */
export function noiseReport(scenes: readonly SceneChanges[], run: Run): string {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const over = (side: "own" | "chance", name: PlaceMeasure) => {
    const values = scenes.map(({ statistics }) => statistics[side][name]).filter((value) => !Number.isNaN(value));
    return mean(values);
  };
  const shown = (name: PlaceMeasure, value: number) =>
    Number.isNaN(value) ? "–" : name.startsWith("in") ? `${(100 * value).toFixed(1)} %` : value.toFixed(1);
  const rows = PLACE_MEASURES.map((name) => {
    const own = over("own", name), chance = over("chance", name);
    const ratio = own / chance;
    return [
      TITLES[name],
      shown(name, own),
      shown(name, chance),
      Number.isFinite(ratio) ? `${ratio.toFixed(2)} ×` : "–",
    ];
  });
  const cells = scenes[0].cells.length, region = 16 ** 3 / run.voxels;
  const changing = scenes.reduce((sum, { statistics }) => sum + statistics.changing, 0);
  const pValue = pairingTest(scenes.map(({ statistics }) => statistics));
  return [
    "# Does each cell of the code govern its place?",
    "",
    `Each of the ${cells} cells of the code of ${scenes.length === 1 ? "a scene" : `${scenes.length} scenes`} was ` +
    `perturbed alone with 9 vectors from N(0, 1). ${changing} of ${cells * scenes.length} cells changed a voxel; ` +
    `a cell changes ${
      mean(scenes.flatMap(({ statistics }) => statistics.cells.map((c) => c.changedVoxels))).toFixed(0)
    } ` +
    `of ${run.voxels} voxels on average. A cell's own 16³ voxels are ${(100 * region).toFixed(1)} % of the grid.`,
    "",
    markdownTable([["", "own cell", "other cells", "ratio"], ...rows]),
    "",
    "*Other cells* asks the same of the cells that were not perturbed: what one would find if cells had no places of " +
    "their own, as rooms change more in some places than in others whatever cell is touched. Of random pairings of " +
    "changes with cells, a share of " +
    `${Number.isNaN(pValue) ? "–" : pValue.toFixed(4)} puts at least as much change into the cells' own voxels ` +
    "(permutation test).",
    "",
    "The encoder's receptive field is what a cell is computed from. The generator has none: its first layer is dense, " +
    "so every cell could change every voxel.",
    "",
  ].join("\n");
}
