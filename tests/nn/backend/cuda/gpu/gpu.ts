/** Tests that need a GPU: skipped by a name that says what is missing, small on the emulated device. */
import { openDriver } from "../../../../../ffi/mod.ts";
import type { ConvGeometry, Size3 } from "../../../../../nn/backend/backend.ts";
import { cudaProblem } from "../../../../../nn/backend/cuda/device.ts";

/** Why there is no GPU to test on, or null. */
export const gpuProblem: string | null = cudaProblem();

/** Whether the device is the emulated one of `tests/cuda_emulator`, which wants small sizes. */
export const emulated: boolean = gpuProblem === null && (openDriver().driver?.deviceName(0) ?? "").includes("mulated");

/** Registers a test that is skipped by name without a GPU. */
export function gpuTest(name: string, fn: () => void | Promise<void>): void {
  const skipped = gpuProblem === null ? "" : ` (skipped: ${gpuProblem})`;
  Deno.test({ name: name + skipped, ignore: gpuProblem !== null, fn });
}

/** One value for a real device, another for the emulated one. */
export function sized<T>(sizes: { readonly gpu: T; readonly emulated: T }): T {
  return emulated ? sizes.emulated : sizes.gpu;
}

/** Keeps a figure for the report of `deno task gpu-check`, which names a file of JSON lines in FCR_GPU_NOTES. */
export function note(name: string, value: number | string): void {
  const path = Deno.env.get("FCR_GPU_NOTES");
  if (path) Deno.writeTextFileSync(path, JSON.stringify({ name, value }) + "\n", { append: true });
}

/** Every kind of convolution that the paper's networks have. */
export const LAYERS: readonly ConvGeometry[] = sized({
  gpu: [
    layer(2, [80, 48, 80], 12, 64, [5, 3, 5], 2),
    layer(2, [40, 24, 40], 64, 128, [5, 3, 5], 2),
    layer(2, [20, 12, 20], 128, 256, [5, 3, 5], 2),
    layer(4, [10, 6, 10], 256, 512, [5, 3, 5], 2),
    layer(20, [5, 3, 5], 512, 16, [1, 1, 1], 1),
    layer(2, [80, 48, 80], 12, 32, [3, 3, 3], 1),
    layer(2, [80, 48, 80], 32, 32, [3, 3, 3], 1),
    layer(2, [80, 48, 80], 32, 12, [3, 3, 3], 1),
  ],
  emulated: [
    layer(2, [10, 6, 10], 12, 16, [5, 3, 5], 2),
    layer(3, [4, 3, 4], 32, 16, [1, 1, 1], 1),
    layer(2, [8, 6, 8], 12, 12, [3, 3, 3], 1),
  ],
});

function layer(
  batch: number,
  input: Size3,
  channels: number,
  filters: number,
  kernel: Size3,
  stride: number,
): ConvGeometry {
  const size = (axis: number) => Math.floor((input[axis] + 2 * (kernel[axis] >> 1) - kernel[axis]) / stride) + 1;
  const padding: Size3 = [kernel[0] >> 1, kernel[1] >> 1, kernel[2] >> 1];
  return { batch, input, channels, output: [size(0), size(1), size(2)], filters, kernel, stride, padding };
}

/** `5x3x5/2 12 → 64 at 80x48x80`. */
export function layerName({ input, channels, filters, kernel, stride }: ConvGeometry): string {
  return `${kernel.join("x")}${stride === 1 ? "" : `/${stride}`} ${channels} → ${filters} at ${input.join("x")}`;
}
