/**
 * Statistics of batch norm for inference, from many batches with the weights of the moment.
 *
 * An average kept while training lags behind weights that move, and mixes codes of scenes with random ones; on small
 * batches that costs much of the accuracy. So the statistics are measured when they are needed, at each checkpoint:
 * "Precise BN" (Wu & Johnson, "Rethinking 'Batch' in BatchNorm", 2021, section 3.1).
 */
import { oneHot } from "../ops/one_hot.ts";
import type { ParameterSet } from "../parameters.ts";
import { type NormStatistics, Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import type { Networks } from "./networks.ts";

/**
 * Sets the running statistics of encoder and generator to those of `batches`, each uint8 labels `[n, D, H, W]`: first
 * of the encoder, then of the generator on the codes of the calibrated encoder.
 */
export function calibrate(networks: Networks, batches: readonly Tensor[]): void {
  const { backend, encoder, generator, config } = networks;
  const encode = (statistics: NormStatistics, meter: StatisticsMeter | null, use: (codes: Tensor) => void) => {
    for (const labels of batches) {
      using tape = new Tape(backend, { statistics, onStatistics: (...seen) => meter?.add(...seen) });
      use(encoder.forward(tape, oneHot(tape, labels, config.classes)));
    }
  };
  const ofEncoder = new StatisticsMeter(encoder.parameters);
  encode("batch", ofEncoder, () => {});
  ofEncoder.store();
  const ofGenerator = new StatisticsMeter(generator.parameters);
  encode("running", null, (codes) => {
    using tape = new Tape(backend, { onStatistics: (...seen) => ofGenerator.add(...seen) });
    generator.forward(tape, codes);
  });
  ofGenerator.store();
}

/** Sums of means and of second moments over batches, in double precision. */
class StatisticsMeter {
  readonly #sums = new Map<string, { batches: number; mean: Float64Array; square: Float64Array }>();

  constructor(readonly set: ParameterSet) {}

  /** `statistics` `[1, 2, channels]` of one batch. */
  add(set: ParameterSet, norm: string, statistics: Tensor): void {
    if (set !== this.set) return;
    const values = statistics.toFloat32(), channels = values.length / 2;
    const sums = this.#sums.get(norm) ??
      { batches: 0, mean: new Float64Array(channels), square: new Float64Array(channels) };
    sums.batches++;
    for (let c = 0; c < channels; c++) {
      sums.mean[c] += values[c];
      sums.square[c] += values[channels + c] + values[c] ** 2;
    }
    this.#sums.set(norm, sums);
  }

  /** Writes mean and variance over all batches together, which were of equal size, as the running statistics. */
  store(): void {
    for (const [norm, { batches, mean, square }] of this.#sums) {
      const channels = mean.length, values = new Float32Array(2 * channels);
      for (let c = 0; c < channels; c++) {
        values[c] = mean[c] / batches;
        values[channels + c] = Math.max(0, square[c] / batches - (mean[c] / batches) ** 2);
      }
      this.set.backend.upload(values, this.set.statisticsOf(norm).value);
    }
  }
}
