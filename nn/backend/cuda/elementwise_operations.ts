/** Element-wise operations, and those from labels to numbers and back, on the device. */
import { rowLength } from "../buffer.ts";
import { type DeviceOperations, flat, type KernelContext, tileOf, widthOf } from "./kernel_context.ts";
import { columnMapLaunch, rowTileLaunch } from "./launches.ts";

/** See the file's comment. */
export function elementwiseOperations(context: KernelContext) {
  const { staging, kernels, launchDevice, stepSizes } = context;
  return {
    fill(shape, { x }, types) {
      flat(context, "fill", shape.count, { ...shape, x }, types.x);
    },
    copy({ byteLength }, { x, y }) {
      if (byteLength > 0) staging.compute.copy("DeviceToDevice", y, x, byteLength);
    },
    axpby(shape, { x, y }, types) {
      flat(context, "axpby", shape.count, { ...shape, x, y }, types.x);
    },
    randomNormal(shape, { x }) {
      flat(context, "random_normal", shape.count, { ...shape, x });
    },
    oneHot({ rows, classes }, { labels, x }, types) {
      if (rows === 0) return;
      const stored = rowLength(classes, types.x), width = widthOf(stored, x);
      const launch = columnMapLaunch(rows, stored, width, launchDevice);
      kernels.launch(`one_hot_${width}`, launch, { rows, classes, stored, labels, x }, types.x);
    },
    maskUnknown({ rows, classes }, { labels, x }, types) {
      const values = { count: rows, classes, stored: rowLength(classes, types.x), labels, x };
      flat(context, "mask_unknown", rows, values, types.x);
    },
    argmax({ rows, classes }, { x, labels: y }, types) {
      if (rows === 0) return;
      const launch = rowTileLaunch(rows, classes, 1, launchDevice);
      kernels.launch(`argmax_${tileOf(classes)}`, launch, { rows, classes, x, y }, types.x);
    },
    activation(shape, { x, y }, types) {
      flat(context, "activation", shape.count, { ...shape, x, y }, types.x);
    },
    activationBackward(shape, { y, dy, dx }, types) {
      flat(context, "activation_backward", shape.count, { ...shape, y, dy, dx }, types.y);
    },
    addActivation(shape, { a, b, y }, types) {
      flat(context, "add_activation", shape.count, { ...shape, a, b, y }, types.y);
    },
    silu(shape, { x, y }) {
      flat(context, "silu", shape.count, { ...shape, x, y });
    },
    siluBackward(shape, { x, dy, dx }) {
      flat(context, "silu_backward", shape.count, { ...shape, x, dy, dx });
    },
    clip(shape, { squares, x }) {
      flat(context, "clip", shape.count, { ...shape, squares, x });
    },
    gaussianSample(shape, addresses) {
      flat(context, "gaussian_sample", shape.count, { ...shape, ...addresses });
    },
    gaussianBackward({ count, factor }, { logVariance, noise, dSample: dy, dLogVariance: dx }) {
      flat(context, "gaussian_backward", count, { count, factor: factor / 2, logVariance, noise, dy, dx });
    },
    bceLogitsBackward({ count, target, scale, accumulate }, { logits, dLogits: dx }) {
      const factors = { target, factor: scale / count, accumulate: Number(accumulate) };
      flat(context, "bce_logits_backward", count, { count, ...factors, logits, dx });
    },
    adam(shape, addresses) {
      const { count, beta1, beta2, epsilon } = shape;
      flat(context, "adam", count, {
        ...{ count, beta1, beta2, epsilon },
        ...stepSizes.next(shape),
        oneMinusBeta1: 1 - beta1,
        oneMinusBeta2: 1 - beta2,
        ...addresses,
      });
    },
  } satisfies Partial<DeviceOperations>;
}
