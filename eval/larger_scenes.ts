/** Scenes larger than those that a run was trained on: new ones, and given ones that go on. */
import { fillNormal } from "../base/random.ts";
import { type Grid, voxelCount } from "../data/grid.ts";
import { knownScene, knownVoxels } from "../data/scenes/known_parts.ts";
import { forEachRun, windowOf, windowsOf } from "../nn/canvas.ts";
import { latentGrid, voxelsOf } from "../nn/models/config.ts";
import { decodeCanvas } from "../nn/models/decode_canvas.ts";
import { encode, inferenceTape } from "../nn/models/inference.ts";
import type { Networks } from "../nn/models/networks.ts";
import { type Condition, knownBlocks } from "../nn/prior/condition.ts";
import type { CanvasWindow, FlowPrior, SamplerOptions } from "../nn/prior/flow_prior.ts";
import { Tensor } from "../nn/tensor.ts";

/** Stream of the noise of larger scenes; other noise uses others. */
const CANVAS_STREAM = 36;

/** What makes them: networks of a convolutional generator, and a flow. */
export interface SceneMaker {
  readonly networks: Networks;
  readonly flow: FlowPrior;
}

/** Which of all possible scenes, and what is asked of it. */
export interface SceneChoice {
  /** uint32. */
  readonly seed: number;
  /** Which scene of the seed, from 0. */
  readonly index: number;
  /** What is asked of every window of the scene. */
  readonly condition: Condition;
  /** How to draw. */
  readonly sampler: SamplerOptions;
}

/** Voxels that a scene grows by on each axis, multiples of 16. */
export interface Growth {
  /** Before its first voxel. */
  readonly before: Grid;
  /** Behind its last. */
  readonly after: Grid;
}

/** A scene. */
export interface GivenScene {
  /** uint8 `[D, H, W]`. */
  readonly labels: Uint8Array;
  /** Size in voxels, each a multiple of 16. */
  readonly grid: Grid;
}

/** A new scene: labels uint8 of a grid that is no smaller than the run's. */
export function newScene({ networks, flow }: SceneMaker, grid: Grid, choice: SceneChoice): Uint8Array<ArrayBuffer> {
  const canvas = latentGrid({ grid: grid }), { condition } = choice;
  const windows = windowsOf(canvas, latentGrid(networks.config)).map((start): CanvasWindow => ({ start, condition }));
  const codes = flow.sampleCanvas(noiseOf(networks, canvas, choice), canvas, windows, choice.sampler);
  return decodeCanvas(networks, codes, canvas, "running");
}

/** The grid of a scene that has grown. */
export function grownGrid(grid: Grid, { before, after }: Growth): Grid {
  const size = (axis: number) => before[axis] + grid[axis] + after[axis];
  return [size(0), size(1), size(2)];
}

/**
 * A scene that goes on: labels uint8 of its {@link grownGrid}, in which the given ones are as they were. Windows with
 * something unknown in them are made up, given what is known in them; cells in none of them have the encoder's codes, so
 * that the decoder sees what lies around.
 */
export function grownScene(
  { networks, flow }: SceneMaker,
  given: GivenScene,
  growth: Growth,
  choice: SceneChoice,
): Uint8Array<ArrayBuffer> {
  const { config } = networks, { latentChannels: channels } = config, cells = latentGrid(config);
  const grid = grownGrid(given.grid, growth), canvas = latentGrid({ grid: grid });
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
    if (mask.every((each) => each === 0)) return [{ start, condition: choice.condition }];
    const scene = cut(labels), code = flow.knownScale.normalised(codesOf(networks, scene, config.grid));
    return [{
      start,
      condition: { ...choice.condition, known: { code, blocks: knownBlocks(scene, mask, config.grid) } },
    }];
  });
  const codes = flow.sampleCanvas(noiseOf(networks, canvas, choice), canvas, windows, choice.sampler);
  const givenCodes = codesOf(networks, given.labels, given.grid), madeUp = new Uint8Array(codes.length);
  for (const { start } of windows) {
    forEachRun(canvas, cells, start, channels, (_, at, length) => madeUp.fill(1, at, at + length));
  }
  forEachRun(canvas, latentGrid(given), latentGrid({ grid: growth.before }), channels, (from, at, length) => {
    for (let i = 0; i < length; i++) if (madeUp[at + i] === 0) codes[at + i] = givenCodes[from + i];
  });
  const made = decodeCanvas(networks, codes, canvas, "running");
  return made.map((label, voxel) => known[voxel] === 0 ? label : labels[voxel]);
}

/** The encoder's code of a scene of any grid: float32 `[d, h, w, channels]`. */
function codesOf(networks: Networks, labels: Uint8Array, grid: Grid): Float32Array<ArrayBuffer> {
  using tensor = Tensor.from(networks.backend, labels, [1, ...grid], "labels");
  using tape = inferenceTape(networks, "running");
  return encode(tape, networks, tensor).toFloat32();
}

function noiseOf({ config }: Networks, canvas: Grid, { seed, index }: SceneChoice): Float32Array<ArrayBuffer> {
  const noise = new Float32Array(voxelCount(canvas) * config.latentChannels);
  fillNormal(noise, { seed, stream: CANVAS_STREAM, iteration: index });
  return noise;
}
