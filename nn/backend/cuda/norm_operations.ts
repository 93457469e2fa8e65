/** Batch and layer norm on the device. */
import { type DeviceOperations, type KernelContext, NONE, widthOf } from "./kernel_context.ts";
import {
  columnFinishLaunch,
  columnMapLaunch,
  columnReductionLaunch,
  pairPartialBytes,
  rowReductionLaunch,
} from "./launches.ts";

/** See the file's comment. */
export function normOperations({ workspace, kernels, launchDevice }: KernelContext) {
  return {
    batchStatistics({ rows, channels }, { x, statistics }, types) {
      const width = widthOf(channels, x);
      const launch = columnReductionLaunch(rows, channels, width, launchDevice), blocks = launch.grid[0];
      const [partials] = workspace.parts(pairPartialBytes(launch, channels));
      kernels.launch(`column_moments_${width}`, launch, { rows, channels, x, partials }, types.x);
      const values = { rows, channels, blocks, partials, statistics };
      kernels.launch("column_moments_finish", columnFinishLaunch(channels, blocks), values);
    },
    batchNorm(shape, addresses, types) {
      const { rows, channels } = shape;
      if (rows === 0) return;
      const width = widthOf(channels, addresses.x, addresses.y);
      const launch = columnMapLaunch(rows, channels, width, launchDevice);
      kernels.launch(`batch_norm_${width}`, launch, { ...shape, ...addresses }, types.x);
    },
    batchNormGradientMeans(shape, { means, dGain, dBias, ...inputs }, types) {
      const { rows, channels } = shape, width = widthOf(channels, inputs.x, inputs.dy);
      const launch = columnReductionLaunch(rows, channels, width, launchDevice), blocks = launch.grid[0];
      const [partials] = workspace.parts(pairPartialBytes(launch, channels));
      kernels.launch(`column_gradients_${width}`, launch, { ...shape, ...inputs, partials }, types.x);
      const finish = { rows, channels, blocks, partials, means, dGain: dGain ?? NONE, dBias: dBias ?? NONE };
      kernels.launch("column_gradients_finish", columnFinishLaunch(channels, blocks), finish);
    },
    batchNormBackward(shape, addresses, types) {
      const { rows, channels } = shape, width = widthOf(channels, addresses.x, addresses.dy, addresses.dx);
      const launch = columnMapLaunch(rows, channels, width, launchDevice);
      kernels.launch(`batch_norm_backward_${width}`, launch, { ...shape, ...addresses }, types.x);
    },
    layerNorm({ samples, ...shape }, addresses, types) {
      const launch = rowReductionLaunch(samples, shape.features, launchDevice);
      const [partials] = workspace.parts(pairPartialBytes(launch, samples));
      kernels.launch("row_moments", launch, { features: shape.features, x: addresses.x, partials }, types.x);
      kernels.launch("layer_norm", launch, { ...shape, partials, ...addresses }, types.x);
    },
    layerNormBackward({ samples, ...shape }, { dx, dGain, dBias, ...inputs }, types) {
      const launch = rowReductionLaunch(samples, shape.features, launchDevice);
      const [partials] = workspace.parts(pairPartialBytes(launch, samples));
      const given = { ...shape, ...inputs, partials };
      kernels.launch("row_gradients", launch, given, types.x);
      const outputs = { dx, dGain: dGain ?? NONE, dBias: dBias ?? NONE };
      kernels.launch("layer_norm_backward", launch, { ...given, ...outputs }, types.x);
    },
  } satisfies Partial<DeviceOperations>;
}
