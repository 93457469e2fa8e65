/** Conversion of operands to bfloat16 and of results back, with channels padded to what fast engines read. */
import type { ConvolutionProblem } from "../../../../ffi/mod.ts";
import type { ConvGeometry } from "../../backend.ts";
import type { KernelLibrary } from "../kernel_library.ts";
import { elementwiseLaunch, type LaunchDevice, paddedLaunch } from "../launches.ts";
import { elementCount } from "../../../shape.ts";
import { OUTPUT_INDEX } from "./problem.ts";

/** A tensor as rows of channels: in float32 as the engine keeps it, in bfloat16 as cuDNN sees it. */
interface RowsOfChannels {
  readonly rows: number;
  readonly paddedRows: number;
  readonly channels: number;
  readonly paddedChannels: number;
}

type Addresses = readonly [x: bigint, w: bigint, y: bigint];

/** Moves x, w and y between float32 and bfloat16. */
export class Bf16Operands {
  constructor(private readonly kernels: KernelLibrary, private readonly device: LaunchDevice) {}

  /** Converts what the operation reads of the operands `which` from `source` (float32) to `target` (bfloat16). */
  load(
    geometry: ConvGeometry,
    problem: ConvolutionProblem,
    which: readonly (0 | 1 | 2)[],
    source: Addresses,
    target: Addresses,
  ): void {
    const all = layouts(geometry, problem);
    for (const index of which) {
      if (index !== OUTPUT_INDEX[problem.operation]) this.#toBf16(all[index], source[index], target[index]);
    }
  }

  /** Converts what the operation wrote from `source` (bfloat16) to `target` (float32), or adds it there. */
  store(
    geometry: ConvGeometry,
    problem: ConvolutionProblem,
    source: Addresses,
    target: Addresses,
    accumulate: boolean,
  ): void {
    const index = OUTPUT_INDEX[problem.operation];
    this.#fromBf16(layouts(geometry, problem)[index], source[index], target[index], accumulate);
  }

  #toBf16({ rows, paddedRows, channels, paddedChannels }: RowsOfChannels, x: bigint, y: bigint): void {
    if (rows === paddedRows && channels === paddedChannels) {
      const count = rows * channels;
      this.kernels.launch("to_bf16", elementwiseLaunch(count, this.device), { count, x, y });
      return;
    }
    const launch = paddedLaunch(paddedRows, paddedChannels, this.device);
    this.kernels.launch("to_bf16_padded", launch, {
      rows: paddedRows,
      filledRows: rows,
      channels,
      paddedChannels,
      x,
      y,
    });
  }

  #fromBf16({ rows, channels, paddedChannels }: RowsOfChannels, x: bigint, y: bigint, adds: boolean): void {
    const accumulate = Number(adds);
    if (channels === paddedChannels) {
      const count = rows * channels;
      this.kernels.launch("from_bf16", elementwiseLaunch(count, this.device), { count, x, y, accumulate });
      return;
    }
    const launch = paddedLaunch(rows, paddedChannels, this.device);
    this.kernels.launch("from_bf16_padded", launch, { rows, channels, paddedChannels, x, y, accumulate });
  }
}

/** x `[n·D·H·W, C]`, w `[K·taps, C]`, y `[n·D'·H'·W', K]`. */
function layouts(geometry: ConvGeometry, problem: ConvolutionProblem): RowsOfChannels[] {
  const { batch, input, output, kernel, channels, filters } = geometry, taps = elementCount(kernel);
  const activation = (voxels: number, own: number, paddedChannels: number) => ({
    rows: batch * voxels,
    paddedRows: batch * voxels,
    channels: own,
    paddedChannels,
  });
  return [
    activation(elementCount(input), channels, problem.channels),
    { rows: filters * taps, paddedRows: problem.filters * taps, channels, paddedChannels: problem.channels },
    activation(elementCount(output), filters, problem.filters),
  ];
}
