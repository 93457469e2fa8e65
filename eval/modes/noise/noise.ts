/** `--mode noise`: each cell of a scene's code perturbed alone, and where the scene changes by it. */
import { join } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { readTextFile, writeFileAtomic } from "../../../base/files.ts";
import { Progress } from "../../../base/progress.ts";
import { fillNormal } from "../../../base/random.ts";
import { readNpy, writeLabelsAsInt64, writeNpy } from "../../../data/formats/npy.ts";
import { changeLegend, renderChanges } from "../../../viz/draw/changes.ts";
import type { Image } from "../../../viz/draw/image.ts";
import { encodeIndexedPng } from "../../../viz/draw/png.ts";
import { frameOf, renderVolume } from "../../../viz/draw/render.ts";
import { pictureSheet } from "../../../viz/draw/sheet.ts";
import {
  codesWithout,
  decodeCodes,
  type EncodedScenes,
  encodeScenes,
  readRooms,
  sceneInputs,
  writeCodes,
} from "../../codes.ts";
import { type Mode, SHARED_FLAGS } from "../../mode.ts";
import { paragraphsOf, tablesOf } from "../../report.ts";
import type { UnseenScenes } from "../../unseen_scenes.ts";
import type { Workspace } from "../../workspace.ts";
import { placeStatistics } from "./change_statistics.ts";
import { noiseCsv, noiseReport, type SceneChanges } from "./noise_tables.ts";
import { type Cell, cellsOf, ownRegion, receptiveField } from "./places.ts";

const FLAGS = SHARED_FLAGS;

/** Variants of a scene per cell, as in the reference: the unperturbed one and so many with noise less one. */
const NOISE_VARIANTS = 10;
/** What the noise's random numbers are for; the sampled codes use others. */
const NOISE_STREAM = 33;

/** Size of one cell's picture of changes: smaller where there are many. */
const FEW_CELLS = 12, LARGE_CELL = { width: 280, height: 210 }, SMALL_CELL = { width: 170, height: 128 };

/** The mode. */
export const NOISE: Mode<typeof FLAGS> = {
  name: "noise",
  help: "each cell of the code perturbed",
  flags: FLAGS,
  picture: "noise*.png",
  ofAll: ({ count: _, ...flags }) => flags,
  scenes: ({ count = 1 }) => count, // each is a decoding of 10 rooms per cell
  leftOut: ({ workspace: { run } }) =>
    run.codeShape.length === 4 ? null : "The code of this run is flat: no cells to perturb.",
  work: async ({ workspace, scenes, flags: { seed = 0 } }) => await perturbCells(workspace, scenes, seed),
  async section({ workspace: { out }, scenes }) {
    const markdown = await readTextFile(join(out, "noise.md"));
    return {
      id: "noise",
      title: "Cells of the code",
      text: paragraphsOf(markdown),
      pictures: Array.from({ length: scenes.count }, (_, scene) => ({
        file: `noise${scene}.png`,
        alt: "A room, and for each cell of its code the same room in grey with the voxels that change in red",
        caption: "The redder a voxel, the more of the 9 variants change it.",
      })),
      tables: tablesOf(markdown, "Where the change is, mean over cells"),
      files: ["noise.csv", "noise.md"],
    };
  },
};

/** `120` for cell [1, 2, 0] as in the reference, with dashes where an axis has more than ten cells. */
export function cellName(cell: Cell, cells: readonly number[]): string {
  return cell.join(cells.some((size) => size > 10) ? "-" : "");
}

/** The 9 noise vectors of a scene, float32 `[9, channels]` from N(0, 1): the same for all its cells. */
export function noiseVectors(seed: number, scene: number, channels: number): Float32Array<ArrayBuffer> {
  const noise = new Float32Array((NOISE_VARIANTS - 1) * channels);
  fillNormal(noise, { seed, stream: NOISE_STREAM, iteration: scene });
  return noise;
}

/** Share of the variants in which a voxel has another label than in the first, float32 `[D, H, W]`. */
export function changeFrequency(variants: readonly Uint8Array[]): Float32Array<ArrayBuffer> {
  const [base, ...others] = variants;
  const frequency = new Float32Array(base.length);
  for (const other of others) {
    for (let voxel = 0; voxel < base.length; voxel++) if (other[voxel] !== base[voxel]) frequency[voxel]++;
  }
  return frequency.map((count) => count / others.length);
}

/** The most frequent class among the variants where the first is empty; 0 elsewhere. Labels `[D, H, W]`. */
export function usualFilling([base, ...others]: readonly Uint8Array[]): Uint8Array {
  const counts = new Uint8Array(256);
  return base.map((label, voxel) => {
    if (label !== 0) return 0;
    counts.fill(0);
    let usual = 0;
    for (const other of others) {
      const filled = other[voxel];
      if (filled !== 0 && ++counts[filled] > counts[usual]) usual = filled;
    }
    return usual;
  });
}

/**
 * Adds the same 9 noise vectors to each cell of the codes of scenes, one cell at a time. For scene `b` and
 * cell `c, l, d` writes `noise<b>_<c><l><d>.npy` (int64 labels `[10, D, H, W]`, refined if there is a refiner, variant
 * 0 unperturbed), `noise_z<b>_<c><l><d>.npy` (float32 codes) and `noise_change<b>_<c><l><d>.npy` (float32 `[D, H, W]`,
 * how often each voxel changes); per scene `noise<b>.png`; for all `noise.csv` and `noise.md`: how near the changes
 * are to their cells.
 *
 * @param seed uint32; scene b of a seed gets the same noise however many there are.
 * @returns the report, Markdown.
 * @throws {UserError} if the code has no cells.
 */
export async function perturbCells(workspace: Workspace, scenes: UnseenScenes, seed: number): Promise<string> {
  const { run, out, ledger, batch, say } = workspace;
  const cells = cellsOf(cellGrid(workspace)), { count } = scenes;
  const encoded = await encodeScenes(run, scenes, batch);
  const total = count * cells.length * NOISE_VARIANTS;
  using progress = new Progress("perturbing", total, "rooms");
  const changes: SceneChanges[] = [];
  let done = 0, skipped = 0;
  for (let scene = 0; scene < count; scene++) {
    const inputs = { seed, ...sceneInputs(run, encoded.fingerprints, batch, scene) };
    for (const cell of cells) {
      const worked = await ledger.once(
        `noise${scene}_${nameOf(workspace, cell)}`,
        inputs,
        () => perturb(workspace, encoded, scene, cell, seed, (n) => progress.update(done += n)),
      );
      if (worked) continue;
      skipped++;
      progress.update(done += NOISE_VARIANTS);
    }
    const frequencies = await readFrequencies(workspace, scene, cells);
    await ledger.once(`noise${scene}`, inputs, async () => {
      await writeFileAtomic(join(out, `noise${scene}.png`), await drawScene(workspace, scene, cells, frequencies));
      return [`noise${scene}.png`];
    });
    changes.push({ cells, statistics: statisticsOf(workspace, cells, frequencies) });
  }
  if (skipped > 0) say(`${skipped} of ${count * cells.length} cells were finished already and stay as they are.`);
  const report = noiseReport(changes, run);
  await writeFileAtomic(join(out, "noise.csv"), noiseCsv(changes));
  await writeFileAtomic(join(out, "noise.md"), report);
  return report;
}

/** Cells of the run's code along each axis. @throws {UserError} if its code is one vector without places. */
function cellGrid({ run }: Workspace): Cell {
  if (run.codeShape.length === 4) return [run.codeShape[0], run.codeShape[1], run.codeShape[2]];
  throw new UserError(
    `${run.root} has a flat code of ${run.codeSize} numbers without cells, so there is no place to compare a change ` +
      `with; --mode noise needs a run with a convolutional code (--model fc-vae or fc-alphagan of deno task train)`,
  );
}

function nameOf(workspace: Workspace, cell: Cell): string {
  return cellName(cell, cellGrid(workspace));
}

/** Decodes and writes the variants of one cell; names of the files. */
async function perturb(
  workspace: Workspace,
  { codes }: EncodedScenes,
  scene: number,
  cell: Cell,
  seed: number,
  onDecoded: (rooms: number) => void,
): Promise<string[]> {
  const { run, out, batch } = workspace;
  const { codeSize, config: { grid, latentChannels } } = run;
  const [, height, width] = cellGrid(workspace);
  const noise = noiseVectors(seed, scene, latentChannels);
  const first = ((cell[0] * height + cell[1]) * width + cell[2]) * latentChannels;
  const variants = new Float32Array(NOISE_VARIANTS * codeSize);
  for (let variant = 0; variant < NOISE_VARIANTS; variant++) {
    const code = variants.subarray(variant * codeSize, (variant + 1) * codeSize);
    code.set(codes.subarray(scene * codeSize, (scene + 1) * codeSize));
    for (let c = 0; variant > 0 && c < latentChannels; c++) {
      code[first + c] += noise[(variant - 1) * latentChannels + c];
    }
  }
  const { plain, refined } = decodeCodes(run, variants, batch, codesWithout(codes, codeSize, scene), onDecoded);
  const rooms = refined ?? plain, name = `${scene}_${nameOf(workspace, cell)}.npy`;
  await writeLabelsAsInt64(join(out, `noise${name}`), [NOISE_VARIANTS, ...grid], rooms);
  await writeCodes(join(out, `noise_z${name}`), run, [variants]);
  await writeNpy(join(out, `noise_change${name}`), { dtype: "float32", shape: grid, data: changeFrequency(rooms) });
  return [`noise${name}`, `noise_z${name}`, `noise_change${name}`];
}

async function readFrequencies(workspace: Workspace, scene: number, cells: readonly Cell[]): Promise<Float32Array[]> {
  const read: Float32Array[] = [];
  for (const cell of cells) {
    const path = join(workspace.out, `noise_change${scene}_${nameOf(workspace, cell)}.npy`);
    const { data } = await readNpy(path);
    if (!(data instanceof Float32Array) || data.length !== workspace.run.voxels) {
      throw new UserError(`${path} is not what this evaluation wrote; remove it and call the same command again`);
    }
    read.push(data);
  }
  return read;
}

/**
 * A room in colour, and what changes in it with each cell of its code: PNG bytes. A block of rows for each level of
 * cells, the upper level first; in it a row for each cell along the first axis, a column for each along the third.
 */
async function drawScene(
  workspace: Workspace,
  scene: number,
  cells: readonly Cell[],
  frequencies: readonly Float32Array[],
): Promise<Uint8Array> {
  const { run: { config: { grid }, classes }, out } = workspace, [depth, height, width] = cellGrid(workspace);
  const variantsOf = (cell: Cell) => readRooms(join(out, `noise${scene}_${nameOf(workspace, cell)}.npy`));
  const [room] = await variantsOf(cells[0]);
  const size = cells.length <= FEW_CELLS ? LARGE_CELL : SMALL_CELL;
  const rendering = { ...size, frame: frameOf(room, grid, { classes }), classes };
  const rows: (Image | null)[][] = [[renderVolume(room, grid, rendering), ...new Array<null>(width - 1).fill(null)]];
  const rowTitles = ["the room"];
  for (let l = height - 1; l >= 0; l--) {
    for (let c = 0; c < depth; c++) {
      const row: Image[] = [];
      for (let d = 0; d < width; d++) {
        const filling = usualFilling(await variantsOf([c, l, d]));
        row.push(renderChanges(room, filling, frequencies[(c * height + l) * width + d], grid, rendering));
      }
      rows.push(row);
      rowTitles.push(`cell ${c} ${l} *`);
    }
  }
  const columnTitles = Array.from({ length: width }, (_, d) => `* = ${d}`);
  return encodeIndexedPng(pictureSheet(rows, { rowTitles, columnTitles, legend: changeLegend }));
}

function statisticsOf({ run }: Workspace, cells: readonly Cell[], frequencies: readonly Float32Array[]) {
  const { config: { grid, kernel }, options: { mirrored } } = run;
  const fields = cells.map((cell) => receptiveField(cell, grid, kernel, mirrored));
  return placeStatistics(frequencies, cells.map(ownRegion), fields, grid);
}
