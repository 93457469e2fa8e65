/** Scenes larger than those that a run was trained on: new ones, and given ones that go on. */
import { UserError } from "../base/errors.ts";
import { fillNormal } from "../base/random.ts";
import { UNKNOWN_LABEL } from "../data/classes.ts";
import { checkGrid, formatGrid, type Grid, GRID_MULTIPLE, voxelCount } from "../data/grid.ts";
import { checkLabels } from "../data/labels.ts";
import { type GivenScene, grownGrid, type Growth } from "../data/scenes/growth.ts";
import { knownScene, knownVoxels } from "../data/scenes/known_parts.ts";
import { forEachRun, windowOf, windowsOf } from "../nn/canvas.ts";
import { latentGrid, voxelsOf } from "../nn/models/config.ts";
import { decodeCanvas } from "../nn/models/decode_canvas.ts";
import { encode, inferenceTape } from "../nn/models/inference.ts";
import type { Networks } from "../nn/models/networks.ts";
import { type Condition, knownBlocks } from "../nn/prior/condition.ts";
import type { CanvasWindow, FlowPrior } from "../nn/prior/flow_prior.ts";
import { Tensor } from "../nn/tensor.ts";
import { conditionOf, type RoomRequest } from "./room_request.ts";
import { NO_PRIOR } from "./rooms.ts";
import type { Run } from "./run.ts";

/** Stream of the noise of larger scenes; other noise uses others. */
const CANVAS_STREAM = 36;
/** Most voxels of a larger scene, some 100 times the paper's: its labels and codes stay in memory. */
const MOST_VOXELS = 2 ** 25;
/** Most voxels of all scenes that are made by one command: they stay in memory. */
const MOST_TOGETHER = 2 ** 30;

/** Checks that memory holds so many scenes. @throws {UserError} if there are too many */
export function checkTogether(count: number, grid: Grid): void {
  if (count * voxelCount(grid) <= MOST_TOGETHER) return;
  const size = formatGrid(grid);
  throw new UserError(
    `${count} scenes of ${size} are more than ${MOST_TOGETHER} voxels; choose fewer (--count) or smaller ones`,
  );
}

/**
 * A new scene of a grid larger than the run's: uint8 `[D, H, W]`, as the generator gives it.
 *
 * @param grid multiples of 16, none smaller than the run's.
 * @param seed uint32. @param index which scene of the seed.
 * @throws {UserError} if the run has no flow prior or its generator is not convolutional, the grid is too small or too
 *   large, or the run has not what is asked for.
 */
export function newScene(
  run: Run,
  grid: Grid,
  seed: number,
  index = 0,
  request: RoomRequest = {},
): Uint8Array<ArrayBuffer> {
  const { networks, flow } = makerOf(run, grid, request), condition = requestedOf(run, request);
  const canvas = latentGrid({ grid });
  const windows = windowsOf(canvas, latentGrid(run.config)).map((start): CanvasWindow => ({ start, condition }));
  const codes = flow.sampleCanvas(noiseOf(networks, canvas, seed, index), canvas, windows, request);
  return decodeCanvas(networks, codes, canvas, "running");
}

/**
 * A scene that goes on beyond its borders: uint8 of its {@link grownGrid}, in which the given voxels are as they were,
 * which is asserted. Windows with something unknown in them are made up, given what is known in them; cells in none of
 * them have the encoder's codes, so that the decoder sees what lies around.
 *
 * @param given of multiples of 16.
 * @param growth voxels to add on each side, multiples of 16.
 * @param seed uint32. @param index which continuation of the seed.
 * @throws {UserError} as {@link newScene}; for a scene or growth of other than multiples of 16.
 */
export function grownScene(
  run: Run,
  given: GivenScene,
  growth: Growth,
  seed: number,
  index = 0,
  request: RoomRequest = {},
): Uint8Array<ArrayBuffer> {
  checkGiven(run, given);
  if (![...growth.before, ...growth.after].every((voxels) => voxels >= 0 && voxels % GRID_MULTIPLE === 0)) {
    throw new UserError(
      `growth of [${growth.before}] before and [${growth.after}] after: expected multiples of ${GRID_MULTIPLE}, or 0`,
    );
  }
  const { config } = run, { latentChannels: channels } = config, cells = latentGrid(config);
  const grid = grownGrid(given.grid, growth), canvas = latentGrid({ grid });
  const { networks, flow } = makerOf(run, grid, request), condition = requestedOf(run, request);
  const labels = new Uint8Array(voxelCount(grid)), known = new Uint8Array(labels.length);
  const givenVoxels = knownVoxels(given.labels), givenScene = knownScene(given.labels, givenVoxels);
  forEachRun(grid, given.grid, growth.before, 1, (from, at, length) => {
    labels.set(givenScene.subarray(from, from + length), at);
    known.set(givenVoxels.subarray(from, from + length), at);
  });
  const windows = windowsOf(canvas, cells).flatMap((start): CanvasWindow[] => {
    const cut = (volume: Uint8Array) => windowOf(volume, grid, config.grid, voxelsOf(start));
    const mask = cut(known);
    if (mask.every((each) => each === 1)) return [];
    if (mask.every((each) => each === 0)) return [{ start, condition }];
    const scene = cut(labels), code = flow.knownScale.normalised(codesOf(networks, scene, config.grid));
    return [{ start, condition: { ...condition, known: { code, blocks: knownBlocks(scene, mask, config.grid) } } }];
  });
  const codes = flow.sampleCanvas(noiseOf(networks, canvas, seed, index), canvas, windows, request);
  const givenCodes = codesOf(networks, given.labels, given.grid), madeUp = new Uint8Array(codes.length);
  for (const { start } of windows) {
    forEachRun(canvas, cells, start, channels, (_, at, length) => madeUp.fill(1, at, at + length));
  }
  forEachRun(canvas, latentGrid(given), latentGrid({ grid: growth.before }), channels, (from, at, length) => {
    for (let i = 0; i < length; i++) if (madeUp[at + i] === 0) codes[at + i] = givenCodes[from + i];
  });
  const made = decodeCanvas(networks, codes, canvas, "running");
  const grown = made.map((label, voxel) => known[voxel] === 0 ? label : labels[voxel]);
  assertUntouched(grown, given, growth);
  return grown;
}

/**
 * A scene through encoder and generator as a whole, with no windows: uint8 `[D, H, W]`.
 *
 * @throws {UserError} as {@link newScene}; for a scene of other than multiples of 16.
 */
export function reconstructedScene(run: Run, given: GivenScene): Uint8Array<ArrayBuffer> {
  checkGiven(run, given);
  const { networks } = makerOf(run, given.grid, {});
  return decodeCanvas(networks, codesOf(networks, given.labels, given.grid), latentGrid(given), "running");
}

/** What is known of the given scene is there to the voxel. */
function assertUntouched(grown: Uint8Array, { labels, grid }: GivenScene, growth: Growth): void {
  const there = windowOf(grown, grownGrid(grid, growth), grid, growth.before);
  const voxel = there.findIndex((label, i) => labels[i] !== UNKNOWN_LABEL && label !== labels[i]);
  if (voxel >= 0) throw new Error(`a continuation changes voxel ${voxel} of the scene that was given`);
}

/** Checks that a scene has labels of the run and a size that it can take. @throws {UserError} */
function checkGiven({ config: { classes } }: Run, { labels, grid }: GivenScene): void {
  checkGrid(grid, "given scene");
  if (labels.length !== voxelCount(grid)) {
    throw new UserError(
      `a scene of ${formatGrid(grid)} has ${voxelCount(grid)} voxels, the given scene ${labels.length}`,
    );
  }
  checkLabels(labels, "given scene", grid, classes);
}

/** What is asked of every window of a scene. */
function requestedOf({ labels, classes }: Run, request: RoomRequest): Condition {
  return conditionOf(request, labels, classes.names);
}

/** What makes scenes of a grid. @throws {UserError} if the run cannot, or not of this grid */
function makerOf(run: Run, grid: Grid, { prior = "flow" }: RoomRequest): { networks: Networks; flow: FlowPrior } {
  const { config: { generator, grid: own }, networks, priors } = run, size = formatGrid(grid);
  checkGrid(grid, `scenes of ${size}`);
  if (generator !== "conv" || run.options.mirrored) {
    throw new UserError(
      `${run.root}: scenes larger than the grid need a generator that begins with a convolution; train a run with ` +
        `--generator conv`,
    );
  }
  if (!priors || prior !== "flow") {
    throw new UserError(`${run.root}: only a flow prior makes scenes larger than the grid. ${NO_PRIOR}`);
  }
  if (run.statistics !== "running") {
    throw new UserError(`${run.root}: scenes larger than the grid need stored statistics of batch norm: --bn running`);
  }
  if (grid.some((voxels, axis) => voxels < own[axis])) {
    throw new UserError(
      `scenes of ${size} voxels are smaller than this run's ${formatGrid(own)}; choose a larger size`,
    );
  }
  if (voxelCount(grid) > MOST_VOXELS) {
    throw new UserError(
      `scenes of ${size} are ${voxelCount(grid)} voxels, at most ${MOST_VOXELS}; choose a smaller size`,
    );
  }
  return { networks, flow: priors.flow };
}

/** The encoder's code of a scene of any grid: float32 `[d, h, w, channels]`. */
function codesOf(networks: Networks, labels: Uint8Array, grid: Grid): Float32Array<ArrayBuffer> {
  using tensor = Tensor.from(networks.backend, labels, [1, ...grid], "labels");
  using tape = inferenceTape(networks, "running");
  return encode(tape, networks, tensor).toFloat32();
}

function noiseOf({ config }: Networks, canvas: Grid, seed: number, index: number): Float32Array<ArrayBuffer> {
  const noise = new Float32Array(voxelCount(canvas) * config.latentChannels);
  fillNormal(noise, { seed, stream: CANVAS_STREAM, iteration: index });
  return noise;
}
