/** Softmax, losses and sums of squares on the device. */
import { type DeviceOperations, type KernelContext, NONE, tileOf } from "./kernel_context.ts";
import {
  classCountsLaunch,
  countPartialBytes,
  elementwiseLaunch,
  MAXIMUM_CLASSES,
  rowBlockLaunch,
  rowTileLaunch,
  SINGLE_BLOCK,
  sumPartialBytes,
} from "./launches.ts";

/** See the file's comment. */
export function lossOperations({ workspace, kernels, launchDevice }: KernelContext) {
  return {
    softmax({ rows, classes }, { logits: x, probabilities: y }, types) {
      if (rows === 0) return;
      if (classes > MAXIMUM_CLASSES) {
        return kernels.launch("softmax_long", rowBlockLaunch(rows, 256, launchDevice), { rows, classes, x, y });
      }
      const launch = rowTileLaunch(rows, classes, 1, launchDevice);
      kernels.launch(`softmax_${tileOf(classes)}`, launch, { rows, classes, x, y }, types.logits);
    },
    softmaxBackward({ rows, classes, reconstruction }, addresses, types) {
      if (rows === 0) return;
      if (classes > MAXIMUM_CLASSES && addresses.dProbabilities !== null && reconstruction === null) {
        const { probabilities: p, dProbabilities: dp, dLogits: dx } = addresses;
        const launch = rowBlockLaunch(rows, 256, launchDevice);
        return kernels.launch("softmax_backward_long", launch, { rows, classes, p, dp, dx });
      }
      const { gamma, epsilon, scale, samples } = reconstruction ?? { gamma: 1, epsilon: 0, scale: 0, samples: 1 };
      const launch = rowTileLaunch(rows, classes, 2, launchDevice);
      const values = {
        ...{ rows, classes, gamma, epsilon },
        p: addresses.probabilities,
        dp: addresses.dProbabilities ?? NONE,
        labels: addresses.labels ?? NONE,
        weights: addresses.classWeights ?? NONE,
        oneMinusGamma: 1 - gamma,
        factor: scale / samples,
        dx: addresses.dLogits,
      };
      kernels.launch(`softmax_backward_${tileOf(classes)}`, launch, values, types.dLogits);
    },
    classWeights({ count, classes }, { labels, weights }) {
      const launch = classCountsLaunch(count, classes, launchDevice);
      const [partials] = workspace.parts(countPartialBytes(launch, classes));
      kernels.launch("class_counts", launch, { count, classes, labels, partials });
      kernels.launch("class_weights", SINGLE_BLOCK, { classes, blocks: launch.grid[0], partials, weights });
    },
    reconstructionLoss(shape, { labels, classWeights: weights, probabilities: p, loss: out }, types) {
      const { rows, classes, samples, gamma, epsilon } = shape;
      const launch = rowTileLaunch(rows, classes, 1, launchDevice);
      const [partials] = workspace.parts(sumPartialBytes(launch));
      const factors = { gamma, oneMinusGamma: 1 - gamma, epsilon };
      const values = { rows, classes, labels, weights, ...factors, p, partials };
      kernels.launch(`reconstruction_loss_${tileOf(classes)}`, launch, values, types.probabilities);
      const finish = { blocks: launch.grid[0], factor: 1 / samples, partials, out, accumulate: 0 };
      kernels.launch("sum_finish", SINGLE_BLOCK, finish);
    },
    sumOfSquares({ count, factor }, { x, sum: out }) {
      const launch = elementwiseLaunch(count, launchDevice), [partials] = workspace.parts(sumPartialBytes(launch));
      kernels.launch("square_sums", launch, { count, x, partials });
      const finish = { blocks: launch.grid[0], factor, partials, out, accumulate: 0 };
      kernels.launch("sum_finish", SINGLE_BLOCK, finish);
    },
    bceLogits({ count, target, accumulate }, addresses) {
      kernels.launch("bce_logits", SINGLE_BLOCK, { count, target, accumulate: Number(accumulate), ...addresses });
    },
    gaussianDivergence({ count, samples }, addresses) {
      kernels.launch("gaussian_divergence", SINGLE_BLOCK, { count, factor: 0.5 / samples, ...addresses });
    },
  } satisfies Partial<DeviceOperations>;
}
