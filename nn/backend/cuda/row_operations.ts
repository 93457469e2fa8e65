/** Operations on rows that are moved, added, summed and normalised one by one, on the device. */
import { permutedRows } from "../permutation.ts";
import { type DeviceOperations, flat, type KernelContext, widthOf } from "./kernel_context.ts";
import { columnMapLaunch, groupSumsLaunch, rowBlockLaunch, sumPartialBytes } from "./launches.ts";

/** See the file's comment. */
export function rowOperations(context: KernelContext) {
  const { workspace, kernels, launchDevice } = context;
  return {
    permute(shape, { x, y }) {
      const { rows, length, sizes, steps } = permutedRows(shape), width = widthOf(length, x, y);
      const [, size1, size2, size3] = sizes, [step0, step1, step2, step3] = steps;
      const values = { rows, length, size1, size2, size3, step0, step1, step2, step3, x, y };
      kernels.launch(`permute_${width}`, columnMapLaunch(rows, length, width, launchDevice), values);
    },
    addRows({ outer, groups, repeat, channels }, { x, rows: added, y }) {
      const rows = outer * groups * repeat, width = widthOf(channels, x, added, y);
      const values = { rows, groups, repeat, channels, x, added, y };
      kernels.launch(`add_rows_${width}`, columnMapLaunch(rows, channels, width, launchDevice), values);
    },
    sumRows({ outer, groups, repeat, channels, accumulate }, { x, rows }) {
      const launch = groupSumsLaunch(groups, outer * repeat, channels, launchDevice), count = groups * channels;
      const [partials] = workspace.parts(sumPartialBytes(launch, count));
      kernels.launch("group_sums", launch, { outer, groups, repeat, channels, x, partials });
      const finish = { blocks: launch.grid[0], partials, rows, accumulate: Number(accumulate) };
      flat(context, "group_sums_finish", count, { count, ...finish });
    },
    modulatedNorm(shape, addresses) {
      const rows = shape.samples * shape.cells;
      kernels.launch("modulated_norm", rowBlockLaunch(rows, 128, launchDevice), { ...shape, rows, ...addresses });
    },
    modulatedNormBackward(shape, { dModulation, ...addresses }) {
      const { samples, cells, channels } = shape, rows = samples * cells;
      if (dModulation !== null) {
        const launch = columnMapLaunch(samples, channels, 1, launchDevice);
        kernels.launch("modulation_gradients", launch, { ...shape, ...addresses, dModulation });
      }
      // After it: dx may take the place of dy.
      const launch = rowBlockLaunch(rows, 128, launchDevice);
      kernels.launch("modulated_norm_backward", launch, { ...shape, rows, ...addresses });
    },
  } satisfies Partial<DeviceOperations>;
}
