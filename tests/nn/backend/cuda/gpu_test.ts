/** Group 3: on a real GPU, the backend suite in every precision, and adjointness at the paper's layer sizes. */
import { assertAlmostEquals } from "@std/assert";
import { CudaBackend } from "../../../../nn/backend/cuda/cuda_backend.ts";
import type { ConvGeometry } from "../../../../nn/backend/backend.ts";
import { cudaProblem } from "../../../../nn/backend/cuda/device.ts";
import { PRECISIONS } from "../../../../nn/backend/cuda/precision.ts";
import { backendSuite } from "../suite.ts";

/** √n-scaled bounds: float32 sums in any order, operands rounded to TF32 and bfloat16. */
const SUM_TOLERANCES = { fp32: 1e-5, tf32: 6e-3, bf16: 5e-2 } as const;

const LAYERS: readonly ConvGeometry[] = [
  layer(4, [80, 48, 80], 12, 64, [5, 3, 5], 2),
  layer(4, [40, 24, 40], 64, 128, [5, 3, 5], 2),
  layer(4, [10, 6, 10], 256, 512, [5, 3, 5], 2),
  layer(2, [80, 48, 80], 32, 32, [3, 3, 3], 1),
];

function layer(
  batch: number,
  input: readonly [number, number, number],
  channels: number,
  filters: number,
  kernel: readonly [number, number, number],
  stride: number,
): ConvGeometry {
  const size = (axis: number) => Math.floor((input[axis] + 2 * (kernel[axis] >> 1) - kernel[axis]) / stride) + 1;
  const padding = [kernel[0] >> 1, kernel[1] >> 1, kernel[2] >> 1] as const;
  return { batch, input, channels, output: [size(0), size(1), size(2)], filters, kernel, stride, padding };
}

const problem = cudaProblem();

if (problem === null) {
  for (const precision of PRECISIONS) {
    const open = () => CudaBackend.open({ precision, deterministic: true, cacheFolder: null });
    backendSuite(`cuda ${precision}`, open, { sumTolerance: SUM_TOLERANCES[precision] });
  }
}

for (const geometry of LAYERS) {
  const { channels, filters, input } = geometry, skipped = problem === null ? "" : ` (skipped: ${problem})`;
  Deno.test({
    name: `adjointness on a GPU: ${channels} → ${filters} at ${input.join("x")}${skipped}`,
    ignore: problem !== null,
    fn: async () => {
      using backend = await CudaBackend.open({ cacheFolder: null });
      const [x, w, y] = products(backend, geometry);
      // ⟨conv(x, w), y⟩ = ⟨x, inputGradient(y, w)⟩ = ⟨w, filterGradient(x, y)⟩; each is a sum with deviation `scale`.
      const volume = (size: readonly number[]) => size.reduce((product, length) => product * length, 1);
      const terms = geometry.batch * volume(geometry.output) * filters * volume(geometry.kernel) * channels;
      const scale = Math.sqrt(terms);
      assertAlmostEquals(x / scale, y / scale, 1e-4);
      assertAlmostEquals(w / scale, y / scale, 1e-4);
    },
  });
}

/** The three inner products on standard normal operands, added up in double precision. */
function products(backend: CudaBackend, geometry: ConvGeometry): [x: number, w: number, y: number] {
  const volume = (size: readonly number[]) => size.reduce((product, length) => product * length, 1);
  const { batch, input, output, kernel, channels, filters } = geometry;
  const sizes = [
    batch * volume(input) * channels,
    filters * volume(kernel) * channels,
    batch * volume(output) * filters,
  ];
  const spans = [...sizes, ...sizes].map((size) => ({ buffer: backend.allocate(size * 4, "test"), byteOffset: 0 }));
  const [x, w, y, dx, dw, out] = spans;
  [x, w, y].forEach((span, stream) =>
    backend.randomNormal(sizes[stream], { seed: 7, stream, iteration: 0 }, 0, 1, span)
  );
  backend.convForward(geometry, x, w, out);
  backend.convInputGradient(geometry, y, w, dx, false);
  backend.convFilterGradient(geometry, x, y, dw, false);
  const inner = (index: number, a: typeof x, b: typeof x): number => {
    const [left, right] = [a, b].map((span) => {
      const values = new Float32Array(sizes[index]);
      backend.download(span, values);
      return values;
    });
    return left.reduce((sum, value, i) => sum + value * right[i], 0);
  };
  const result: [number, number, number] = [inner(0, x, dx), inner(1, w, dw), inner(2, out, y)];
  for (const { buffer } of spans) backend.release(buffer);
  return result;
}
