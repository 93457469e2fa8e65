import { assertShape } from "../shape.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * mean + exp(½·logVariance)·noise, a draw from N(mean, variance) where `noise` is one from N(0, 1), all `[n, …]`
 * (Kingma & Welling, "Auto-Encoding Variational Bayes", 2014, section 2.4). Writes into `loss` `[1]` the divergence
 * KL(N(mean, variance) ‖ N(0, 1)), summed over a code and averaged over the n codes (their appendix B).
 */
export function sampleGaussian(
  tape: Tape,
  { mean, logVariance }: { readonly mean: Tensor; readonly logVariance: Tensor },
  noise: Tensor,
  loss: Tensor,
): Tensor {
  const { backend } = tape, count = mean.size, samples = mean.shape[0];
  assertShape("variances of codes", logVariance.shape, mean.shape);
  assertShape("noise of codes", noise.shape, mean.shape);
  const sample = tape.allocate(mean.shape, "latent codes");
  backend.gaussianSample({ count }, { mean, logVariance, noise, sample });
  backend.gaussianDivergence({ count, samples }, { mean, logVariance, loss });
  tape.record({
    op: "sampleGaussian",
    inputs: [mean, logVariance],
    outputs: [sample, loss],
    saved: [mean, logVariance, noise],
    vjp: ([given]) => {
      const factor = tape.weightOf(loss) / samples;
      const dSample = given ?? tape.allocate(sample.shape, "activation gradients");
      if (!given) backend.fill({ count, value: 0 }, { x: dSample });
      tape.addGradient(mean, (dMean, add) => {
        backend.axpby({ count, a: 1, b: add ? 1 : 0 }, { x: dSample, y: dMean });
        backend.axpby({ count, a: factor, b: 1 }, { x: mean, y: dMean });
      });
      tape.addGradient(logVariance, (dLogVariance, add) => {
        if (add) throw new RangeError("the variances must have no other reader");
        backend.gaussianBackward({ count, factor }, { logVariance, noise, dSample, dLogVariance });
      });
    },
  });
  return sample;
}
