/** The options of a new run: what was asked for, what its scenes want, and what `--preset auto` comes to on this machine. */
import { memorySize } from "../base/text.ts";
import { gpuMemoryBytes } from "../nn/backend/device_name.ts";
import { plannedEngine } from "../nn/backend/open.ts";
import { memoryLimitBytes, type TrainOptions } from "../run/config.ts";
import { partOf } from "./batch_part.ts";
import { memoryPlan } from "./memory_plan.ts";
import { type OptionLayer, resolveOptions } from "../run/options.ts";
import type { PresetName } from "../run/train_options.ts";
import { checkSceneGrid, scenesLike } from "./training_data.ts";

/** Least memory of a GPU that "auto" chooses the paper's sizes for: a card sold with 12 GB has a little less in GiB. */
const LEAST_GPU_BYTES = 12e9;

/**
 * The options of a new run. Scenes on disk have a grid and classes of their own, which hold unless others were asked for.
 *
 * @param notice is told which preset "auto" came to, and why.
 * @param ranks processes that train together, each with its part of every batch.
 * @throws {UserError} for a bad option, or scenes that cannot be read or are of another grid than the one asked for.
 */
export async function newRunOptions(
  layers: readonly OptionLayer[],
  notice: (message: string) => void = () => {},
  ranks = 1,
): Promise<TrainOptions> {
  const options = resolveOptions(layers);
  const scenes = await scenesLike(options);
  const onScenes = (options: TrainOptions): TrainOptions => {
    if (scenes === null) return options;
    const { grid, classes } = scenes;
    if (layers.some(({ values }) => values.grid !== undefined)) checkSceneGrid(options.data, grid, options.grid);
    return { ...options, grid, ...classes && { classes } };
  };
  const asked = layers.findLast(({ values }) => values.preset !== undefined)?.values.preset ?? "auto";
  if (asked !== "auto") return onScenes(options);
  const withPreset = (preset: PresetName) =>
    onScenes(resolveOptions([...layers, { source: "--preset auto", values: { preset } }]));
  const { preset, why } = choosePreset(withPreset("full"), gpuMemoryBytes(options.device), ranks);
  notice(`Preset ${preset} for --preset auto: ${why}`);
  return withPreset(preset);
}

/**
 * The paper's sizes on a GPU of 12 GB or more, if their plan stays below the memory limit; else those for a processor.
 * With the reason for people, e.g. `cuda:0 has 23.5 GiB, the plan of full, the paper's, takes 5.4 GiB`.
 *
 * @param full the run's options as they would be with the preset `full`, on the scenes at hand.
 * @param gpuBytes memory of the GPU; null on a processor.
 */
function choosePreset(full: TrainOptions, gpuBytes: number | null, ranks: number): { preset: PresetName; why: string } {
  if (gpuBytes === null) {
    const who = full.device === "webgpu" ? "WebGPU does not tell its memory" : "a processor computes";
    return { preset: "small", why: `${who}; full, the paper's, is for a GPU of 12 GB or more` };
  }
  const has = `${full.device} has ${memorySize(gpuBytes)}`;
  if (gpuBytes < LEAST_GPU_BYTES) return { preset: "small", why: `${has}; full, the paper's, is for 12 GB or more` };
  const limit = Math.min(memoryLimitBytes(full), gpuBytes);
  const plans = memoryPlan(partOf(full, { size: ranks }), plannedEngine(full.device, full.precision, limit), limit);
  const most = Math.max(0, ...plans.map(({ peakBytes }) => peakBytes));
  const where = ranks > 1 ? ` on each of ${ranks} ranks` : "";
  const takes = `the plan of full, the paper's, takes ${memorySize(most)}${where}`;
  return most <= limit
    ? { preset: "full", why: `${has}, ${takes}; --preset small is done in minutes` }
    : { preset: "small", why: `${takes}, the limit is ${memorySize(limit)}` };
}
