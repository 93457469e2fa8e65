/** Which networks a model has, and their sizes. */
import type { Size3 } from "../backend/backend.ts";
import { elementCount, type Shape, shapeText } from "../shape.ts";
import { type SystemName, SYSTEMS } from "./systems.ts";

/** What a generator can begin with, as the option `generator` has it; the first is the paper's. */
export const GENERATOR_NAMES = ["dense", "conv"] as const;

/** First layer of a generator: from all numbers of a code to all cells ("dense"), or from each cell to itself ("conv"). */
export type GeneratorName = typeof GENERATOR_NAMES[number];

/** What sets one model apart from another; the paper's is {@link PAPER_MODEL}. */
export interface ModelConfig {
  /** Which networks there are and how codes are made. */
  readonly system: SystemName;
  /** First layer of the generator; of flat codes it is dense. */
  readonly generator: GeneratorName;
  /** Voxels along depth, height (up) and width, each divisible by 16. */
  readonly grid: Size3;
  /** Number of classes; class 0 is empty space. */
  readonly classes: number;
  /** Channels after the four stride-2 convolutions, shallow to deep. */
  readonly channels: readonly [number, number, number, number];
  /** Channels of the latent code, which has one cell per 16³ voxels. */
  readonly latentChannels: number;
  /** Units of the code discriminator's two hidden layers. */
  readonly codeUnits: number;
  /** Channels inside the refiner. */
  readonly refinerChannels: number;
  /** Taps of the strided convolutions along depth, height and width. */
  readonly kernel: Size3;
  /** Taps of the refiner's convolutions on every axis. */
  readonly refinerKernel: number;
}

/** 3D-FCR-alphaGAN as published. */
export const PAPER_MODEL: ModelConfig = {
  system: "fc-alphagan",
  generator: "dense",
  grid: [80, 48, 80],
  classes: 12,
  channels: [64, 128, 256, 512],
  latentChannels: 16,
  codeUnits: 750,
  refinerChannels: 32,
  kernel: [5, 3, 5],
  refinerKernel: 3,
};

/** Voxels along an axis that a cell of a code stands for: four strided layers halve it. */
export const CELL_VOXELS = 16;

/** Latent cells along depth, height and width: one per 16³ voxels. */
export function latentGrid({ grid }: Pick<ModelConfig, "grid">): Size3 {
  return [grid[0] / CELL_VOXELS, grid[1] / CELL_VOXELS, grid[2] / CELL_VOXELS];
}

/** Voxels that so many cells stand for. */
export function voxelsOf([d, h, w]: Size3): Size3 {
  return [d * CELL_VOXELS, h * CELL_VOXELS, w * CELL_VOXELS];
}

/** Sizes of one latent code: `[D/16, H/16, W/16, latentChannels]`, or `[numbers]` of a flat one. */
export function latentShape(config: ModelConfig): Shape {
  const { flatCode } = SYSTEMS[config.system];
  return flatCode === null ? [...latentGrid(config), config.latentChannels] : [flatCode];
}

/** Numbers in one latent code. */
export function latentSize(config: ModelConfig): number {
  return elementCount(latentShape(config));
}

/** Numbers of the deepest volume: what lies between the convolutions and a dense layer, 38,400 in the paper. */
export function deepestSize(config: ModelConfig): number {
  return elementCount(latentGrid(config)) * config.channels[3];
}

/** Checks sizes that come from outside the program. @throws {RangeError} naming the first that no network can have. */
export function checkModelConfig(config: ModelConfig): void {
  if (config.generator === "conv" && SYSTEMS[config.system].flatCode !== null) {
    throw new RangeError(`${config.system}: a flat code has no cells for a convolutional generator`);
  }
  if (config.grid.some((size) => size < 16 || size % 16 !== 0)) {
    throw new RangeError(`grid ${shapeText(config.grid)}: every size must be a positive multiple of 16`);
  }
  const { classes, channels, latentChannels, codeUnits, refinerChannels, kernel, refinerKernel } = config;
  const counts = { classes, latentChannels, codeUnits, refinerChannels };
  for (const [name, value] of [...Object.entries(counts), ...channels.map((value) => ["channels", value] as const)]) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${name} must be a positive whole number, found ${value}`);
    }
  }
  for (const taps of [...kernel, refinerKernel]) {
    if (!Number.isInteger(taps) || taps < 1 || taps % 2 === 0) {
      throw new RangeError(`kernel sizes must be odd, found ${taps}`);
    }
  }
  if (classes > 255) throw new RangeError(`at most 255 classes fit into a label, found ${classes}`);
}
