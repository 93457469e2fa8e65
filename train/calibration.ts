import { calibrate } from "../nn/models/calibrate.ts";
import { Tensor } from "../nn/tensor.ts";
import type { Trainer } from "./trainer.ts";
import type { TrainingData } from "./training_data.ts";

/** Batches of the base stage's size that batch norm's statistics are measured on at each checkpoint. */
export const CALIBRATION_BATCHES = 16;

/**
 * Measures the statistics that batch norm uses outside training, on `count` batches of the training set.
 * @throws {UserError} if a scene cannot be read.
 */
export async function calibrateOn(trainer: Trainer, data: TrainingData, count: number): Promise<void> {
  using batches = new DisposableStack();
  const shape = [data.options.batch, ...data.options.grid];
  const labels: Tensor[] = [];
  for (const scenes of await data.calibrationBatches(count)) {
    labels.push(batches.use(Tensor.from(trainer.backend, scenes, shape, "labels")));
  }
  calibrate(trainer.networks, labels);
}
