/** Every kernel of the engine, compiled together when it opens. */
import type { Kernel } from "../threads/kernel.ts";
import { activationBackwardKernel, activationKernel, addActivationKernel } from "./activation.ts";
import { adamKernel } from "./adam.ts";
import { argmax12Kernel, argmaxKernel } from "./argmax.ts";
import { axpbyKernel, scaleKernel } from "./axpby.ts";
import { batchNormKernel } from "./batch_norm.ts";
import {
  batchNormInputGradientKernel,
  columnGradientsKernel,
  columnGradientSumsKernel,
} from "./batch_norm_backward.ts";
import { columnStatisticsKernel, columnSumsKernel } from "./batch_statistics.ts";
import { bceLogitsBackwardKernel, bceLogitsKernel } from "./bce_logits.ts";
import { classWeightsKernel, countLabelsKernel } from "./class_weights.ts";
import { copyKernel } from "./copy.ts";
import { fillKernel } from "./fill.ts";
import { GAUSSIAN_KERNELS } from "./gaussian.ts";
import { layerNormKernel, sampleStatisticsKernel, sampleSumsKernel } from "./layer_norm.ts";
import {
  layerNormInputGradientKernel,
  sampleGradientsKernel,
  sampleGradientSumsKernel,
} from "./layer_norm_backward.ts";
import { oneHotKernel } from "./one_hot.ts";
import { randomNormalKernel } from "./random_normal.ts";
import { negativeMeanKernel, reconstructionLoss12Kernel, reconstructionLossKernel } from "./reconstruction_loss.ts";
import { softmax12Kernel, softmaxKernel } from "./softmax.ts";
import { SOFTMAX_BACKWARD_KERNELS } from "./softmax_backward.ts";

/** A kernel that is not listed here cannot be run. */
export const ELEMENTWISE_KERNELS: readonly Kernel[] = [
  fillKernel,
  axpbyKernel,
  scaleKernel,
  copyKernel,
  activationKernel,
  activationBackwardKernel,
  addActivationKernel,
  adamKernel,
  oneHotKernel,
  argmaxKernel,
  argmax12Kernel,
  randomNormalKernel,
  columnSumsKernel,
  columnStatisticsKernel,
  batchNormKernel,
  columnGradientSumsKernel,
  columnGradientsKernel,
  batchNormInputGradientKernel,
  sampleSumsKernel,
  sampleStatisticsKernel,
  layerNormKernel,
  sampleGradientSumsKernel,
  sampleGradientsKernel,
  layerNormInputGradientKernel,
  softmaxKernel,
  softmax12Kernel,
  ...SOFTMAX_BACKWARD_KERNELS,
  reconstructionLossKernel,
  reconstructionLoss12Kernel,
  negativeMeanKernel,
  countLabelsKernel,
  classWeightsKernel,
  bceLogitsKernel,
  bceLogitsBackwardKernel,
  ...GAUSSIAN_KERNELS,
];
