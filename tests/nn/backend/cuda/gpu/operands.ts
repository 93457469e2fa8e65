/** Operands of a convolution on a device and their copies on the host. */
import type { Backend, ConvGeometry, Span } from "../../../../../nn/backend/backend.ts";
import type { ConvDirection } from "../../../../../nn/backend/counting_backend.ts";
import { elementCount } from "../../../../../nn/shape.ts";

/** The three tensors x, w, y of a convolution. */
export interface HostOperands {
  readonly x: Float32Array<ArrayBuffer>;
  readonly w: Float32Array<ArrayBuffer>;
  readonly y: Float32Array<ArrayBuffer>;
}

/** Numbers in x, w and y. */
function operandSizes({ batch, input, output, kernel, channels, filters }: ConvGeometry) {
  const x = batch * elementCount(input) * channels, y = batch * elementCount(output) * filters;
  return { x, w: filters * elementCount(kernel) * channels, y } as const;
}

/** Standard normal x, w, y, and what each direction makes of the two others: y from x and w, and so on. */
export function convolveAll(
  backend: Backend,
  geometry: ConvGeometry,
): { operands: HostOperands; results: Readonly<Record<ConvDirection, Float32Array<ArrayBuffer>>> } {
  const sizes = operandSizes(geometry);
  using held = new DisposableStack();
  const tensor = (size: number): Span => {
    const buffer = held.adopt(backend.allocate(size * 4, "test"), (own) => backend.release(own));
    return { buffer, byteOffset: 0 };
  };
  const normal = (size: number, stream: number) => {
    const span = tensor(size);
    backend.randomNormal({ count: size, seed: 7, stream, iteration: 0, mean: 0, deviation: 1 }, { x: span });
    return span;
  };
  const read = (span: Span, size: number) => {
    const values = new Float32Array(size);
    backend.download(span, values);
    return values;
  };
  const x = normal(sizes.x, 0), w = normal(sizes.w, 1), y = normal(sizes.y, 2);
  const dx = tensor(sizes.x), dw = tensor(sizes.w), out = tensor(sizes.y);
  const shape = { geometry, accumulate: false };
  backend.convForward(shape, { input: x, filter: w, output: out });
  backend.convInputGradient(shape, { dOutput: y, filter: w, dInput: dx });
  backend.convFilterGradient(shape, { input: x, dOutput: y, dFilter: dw });
  return {
    operands: { x: read(x, sizes.x), w: read(w, sizes.w), y: read(y, sizes.y) },
    results: {
      forward: read(out, sizes.y),
      inputGradient: read(dx, sizes.x),
      filterGradient: read(dw, sizes.w),
    },
  };
}
