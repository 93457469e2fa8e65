/** On a GPU: ⟨conv(x, w), y⟩ = ⟨x, inputGradient(y, w)⟩ = ⟨w, filterGradient(x, y)⟩ at the paper's layer sizes. */
import { assert } from "@std/assert";
import { elementCount } from "../../../../../nn/shape.ts";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { gpuTest, layerName, LAYERS, note } from "./gpu.ts";
import { convolveAll } from "./operands.ts";

/** Of the difference, in deviations of the inner product: one float32 rounding of each of its numbers is 6e-8. */
const LIMIT = 1e-5;

for (const geometry of LAYERS) {
  gpuTest(`adjointness on a GPU: ${layerName(geometry)}`, async () => {
    using backend = await CudaBackend.open();
    const { operands: { x, w, y }, results } = convolveAll(backend, geometry);
    const { batch, output, filters, kernel, channels } = geometry;
    const deviation = Math.sqrt(batch * elementCount(output) * filters * elementCount(kernel) * channels);
    const forward = inner(results.forward, y) / deviation;
    const input = inner(results.inputGradient, x) / deviation, filter = inner(results.filterGradient, w) / deviation;
    const worst = Math.max(Math.abs(input - forward), Math.abs(filter - forward));
    note(`adjointness ${layerName(geometry)}: difference in deviations (limit ${LIMIT})`, worst);
    assert(worst <= LIMIT, `off by ${worst} deviations, limit ${LIMIT}`);
  });
}

/** ⟨a, b⟩ in double precision. */
function inner(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
