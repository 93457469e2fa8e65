/** Sizes of the five networks. */
import type { Size3 } from "../backend/backend.ts";
import { shapeText } from "../shape.ts";

/** What sets one model apart from another; the paper's is {@link PAPER_MODEL}. */
export interface ModelConfig {
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
  grid: [80, 48, 80],
  classes: 12,
  channels: [64, 128, 256, 512],
  latentChannels: 16,
  codeUnits: 750,
  refinerChannels: 32,
  kernel: [5, 3, 5],
  refinerKernel: 3,
};

/** Latent cells along depth, height and width: one per 16³ voxels. */
export function latentGrid({ grid }: ModelConfig): Size3 {
  return [grid[0] / 16, grid[1] / 16, grid[2] / 16];
}

/** Numbers in one latent code. */
export function latentSize(config: ModelConfig): number {
  const [d, h, w] = latentGrid(config);
  return d * h * w * config.latentChannels;
}

/** Checks sizes that come from outside the program. @throws {RangeError} naming the first that no network can have. */
export function checkModelConfig(config: ModelConfig): void {
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
