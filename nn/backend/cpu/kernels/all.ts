/** Every operation in WebAssembly but the products. */
import type { OperationName } from "../../calls.ts";
import type { CpuOperation, WasmOperation } from "../operation.ts";
import { activation, activationBackward, addActivation } from "./activation.ts";
import { adam } from "./adam.ts";
import { addRows, sumRows } from "./add_rows.ts";
import { argmax } from "./argmax.ts";
import { axpby } from "./axpby.ts";
import { batchNorm } from "./batch_norm.ts";
import { batchNormBackward, batchNormGradientMeans } from "./batch_norm_backward.ts";
import { batchStatistics } from "./batch_statistics.ts";
import { bceLogits, bceLogitsBackward } from "./bce_logits.ts";
import { classWeights } from "./class_weights.ts";
import { copy } from "./copy.ts";
import { fill } from "./fill.ts";
import { gaussianBackward, gaussianDivergence, gaussianSample } from "./gaussian.ts";
import { layerNorm } from "./layer_norm.ts";
import { layerNormBackward } from "./layer_norm_backward.ts";
import { maskUnknown } from "./mask_unknown.ts";
import { modulatedNorm } from "./modulated_norm.ts";
import { modulatedNormBackward } from "./modulated_norm_backward.ts";
import { oneHot } from "./one_hot.ts";
import { permute } from "./permute.ts";
import { randomNormal } from "./random_normal.ts";
import { reconstructionLoss } from "./reconstruction_loss.ts";
import { silu, siluBackward } from "./silu.ts";
import { softmax } from "./softmax.ts";
import { softmaxBackward } from "./softmax_backward.ts";
import { clip, sumOfSquares } from "./sum_of_squares.ts";

/** Operations that multiply matrices or volumes; `ProductKernels` carry them out. */
export type ProductName = "convForward" | "convInputGradient" | "convFilterGradient" | "gemm";

/** An implementation of every operation but the products. */
export type ElementwiseOperations = { readonly [Name in Exclude<OperationName, ProductName>]: CpuOperation<Name> };

/** The operations. */
export const ELEMENTWISE = {
  ...{ fill, copy, axpby, permute, addRows, sumRows, sumOfSquares, clip, randomNormal },
  ...{ oneHot, maskUnknown, argmax },
  ...{ activation, activationBackward, addActivation, silu, siluBackward },
  ...{ batchStatistics, batchNorm, batchNormGradientMeans, batchNormBackward, layerNorm, layerNormBackward },
  ...{ modulatedNorm, modulatedNormBackward },
  ...{ softmax, softmaxBackward, classWeights, reconstructionLoss, bceLogits, bceLogitsBackward },
  ...{ gaussianSample, gaussianDivergence, gaussianBackward },
  adam,
} satisfies { [Name in Exclude<OperationName, ProductName>]: WasmOperation<Name> };

/** The kernels of {@link ELEMENTWISE}: what an engine is opened with. */
export const ELEMENTWISE_KERNELS = Object.values(ELEMENTWISE).flatMap(({ kernels }) => kernels);
