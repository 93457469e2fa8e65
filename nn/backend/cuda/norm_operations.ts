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
    batchStatistics({ rows, channels }, { x, statistics }) {
      const width = widthOf(channels, x);
      const launch = columnReductionLaunch(rows, channels, width, launchDevice), blocks = launch.grid[0];
      const [partials] = workspace.parts(pairPartialBytes(launch, channels));
      kernels.launch(`column_moments_${width}`, launch, { rows, channels, x, partials });
      const values = { rows, channels, blocks, partials, statistics };
      kernels.launch("column_moments_finish", columnFinishLaunch(channels, blocks), values);
    },
    batchNorm(shape, addresses) {
      const { rows, channels } = shape;
      if (rows === 0) return;
      const width = widthOf(channels, addresses.x, addresses.y);
      const launch = columnMapLaunch(rows, channels, width, launchDevice);
      kernels.launch(`batch_norm_${width}`, launch, { ...shape, ...addresses });
    },
    batchNormGradientMeans(shape, { means, dGain, dBias, ...inputs }) {
      const { rows, channels } = shape, width = widthOf(channels, inputs.x, inputs.dy);
      const launch = columnReductionLaunch(rows, channels, width, launchDevice), blocks = launch.grid[0];
      const [partials] = workspace.parts(pairPartialBytes(launch, channels));
      kernels.launch(`column_gradients_${width}`, launch, { ...shape, ...inputs, partials });
      const finish = { rows, channels, blocks, partials, means, dGain: dGain ?? NONE, dBias: dBias ?? NONE };
      kernels.launch("column_gradients_finish", columnFinishLaunch(channels, blocks), finish);
    },
    batchNormBackward(shape, addresses) {
      const { rows, channels } = shape, width = widthOf(channels, addresses.x, addresses.dy, addresses.dx);
      const launch = columnMapLaunch(rows, channels, width, launchDevice);
      kernels.launch(`batch_norm_backward_${width}`, launch, { ...shape, ...addresses });
    },
    layerNorm({ samples, ...shape }, addresses) {
      const launch = rowReductionLaunch(samples, shape.features, launchDevice);
      const [partials] = workspace.parts(pairPartialBytes(launch, samples));
      kernels.launch("row_moments", launch, { features: shape.features, x: addresses.x, partials });
      kernels.launch("layer_norm", launch, { ...shape, partials, ...addresses });
    },
    layerNormBackward({ samples, ...shape }, { dx, dGain, dBias, ...inputs }) {
      const launch = rowReductionLaunch(samples, shape.features, launchDevice);
      const [partials] = workspace.parts(pairPartialBytes(launch, samples));
      const given = { ...shape, ...inputs, partials };
      kernels.launch("row_gradients", launch, given);
      kernels.launch("layer_norm_backward", launch, { ...given, dx, dGain: dGain ?? NONE, dBias: dBias ?? NONE });
    },
  } satisfies Partial<DeviceOperations>;
}
