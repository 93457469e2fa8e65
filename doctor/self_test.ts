/** One convolution per direction and precision on a GPU, compared with the CPU engine. */
import type { Backend, ConvGeometry, DeviceBuffer } from "../nn/backend/backend.ts";
import { ROUNDING_LIMITS } from "../nn/backend/convolution_check.ts";
import { CpuBackend } from "../nn/backend/cpu/cpu_backend.ts";
import { CudaBackend } from "../nn/backend/cuda/cuda_backend.ts";
import { type Precision, PRECISIONS } from "../nn/backend/precision.ts";
import { elementCount } from "../nn/shape.ts";

/** How one operation compares. */
export interface SelfTestResult {
  readonly precision: Precision;
  readonly operation: "forward" | "inputGradient" | "filterGradient";
  /** Largest difference from the CPU engine, divided by √(length of the sums). */
  readonly error: number;
  /** Largest that rounding explains. */
  readonly limit: number;
  readonly passed: boolean;
}

/** A layer of the refiner's kind, with the 12 channels that bfloat16 pads. */
const GEOMETRY: ConvGeometry = {
  batch: 2,
  input: [10, 6, 10],
  channels: 12,
  output: [5, 3, 5],
  filters: 32,
  kernel: [5, 3, 5],
  stride: 2,
  padding: [2, 1, 2],
};

/** Runs all nine. @throws {UserError} if the GPU cannot be opened. */
export async function selfTest(device: number, notice: (message: string) => void): Promise<SelfTestResult[]> {
  using cpu = await CpuBackend.open({ threads: 1 });
  const expected = convolutions(cpu), results: SelfTestResult[] = [];
  for (const precision of PRECISIONS) {
    using gpu = await CudaBackend.open({ device, precision, notice });
    for (const [operation, values] of convolutions(gpu)) {
      const reference = expected.get(operation) ?? new Float32Array(0);
      const sums = {
        forward: elementCount(GEOMETRY.kernel) * GEOMETRY.channels,
        inputGradient: elementCount(GEOMETRY.kernel) * GEOMETRY.filters / GEOMETRY.stride ** 3,
        filterGradient: GEOMETRY.batch * elementCount(GEOMETRY.output),
      }[operation];
      const largest = values.reduce((most, value, index) => Math.max(most, Math.abs(value - reference[index])), 0);
      // A NaN is no small difference.
      const error = values.every(Number.isFinite) ? largest / Math.sqrt(sums) : Infinity,
        limit = ROUNDING_LIMITS[precision];
      results.push({ precision, operation, error, limit, passed: error <= limit });
    }
  }
  return results;
}

/** The three results on the same random operands. */
function convolutions(backend: Backend): Map<SelfTestResult["operation"], Float32Array> {
  const { batch, input, channels, output, filters, kernel } = GEOMETRY;
  const sizes = [
    batch * elementCount(input) * channels,
    filters * elementCount(kernel) * channels,
    batch * elementCount(output) * filters,
  ];
  using stack = new DisposableStack();
  const start = (buffer: DeviceBuffer) => ({ buffer, byteOffset: 0 });
  const buffers = [...sizes, ...sizes].map((size) =>
    start(stack.adopt(backend.allocate(size * 4, "self-test"), (buffer) => backend.release(buffer)))
  );
  const [x, w, y, dx, dw, out] = buffers;
  [x, w, y].forEach((span, stream) =>
    backend.randomNormal({ count: sizes[stream], seed: 1, stream, iteration: 0, mean: 0, deviation: 1 }, { x: span })
  );
  const shape = { geometry: GEOMETRY, accumulate: false };
  backend.convForward(shape, { input: x, filter: w, output: out });
  backend.convInputGradient(shape, { dOutput: y, filter: w, dInput: dx });
  backend.convFilterGradient(shape, { input: x, dOutput: y, dFilter: dw });
  const read = (index: number, span: typeof x) => {
    const values = new Float32Array(sizes[index]);
    backend.download(span, values);
    return values;
  };
  return new Map([["forward", read(2, out)], ["inputGradient", read(0, dx)], ["filterGradient", read(1, dw)]]);
}
