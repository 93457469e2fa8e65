/** Convolutions and matrix products on the device. */
import { elementCount } from "../../shape.ts";
import type { ConvGeometry } from "../backend.ts";
import type { ConvDirection } from "../counting_backend.ts";
import { each, whole } from "./launcher.ts";
import { type DeviceOperations, type Loops, part } from "./loops.ts";
import type { Place } from "./pool.ts";
import { productKernel, stepsOf, tileOf } from "./product_kernel.ts";
import { filterGradientProduct, forwardProduct, gemmProduct, inputGradientProduct, type Product } from "./products.ts";

/** Workgroups that keep a GPU busy: products with fewer tiles are split by their terms. */
const BUSY_GROUPS = 256;

/** Steps that a part of a product has at least. */
const PART_STEPS = 16;

/** Operations of a dispatch, so that the slowest GPU ends it well before a system takes the device away. */
const DISPATCH_WORK = 5e10;

const PRODUCTS: Readonly<Record<ConvDirection, (geometry: ConvGeometry) => Product>> = {
  forward: forwardProduct,
  inputGradient: inputGradientProduct,
  filterGradient: filterGradientProduct,
};

/** How a product is laid out on the device. */
function layoutOf(product: Product) {
  const tile = tileOf(product), { rows, columns, classes } = product;
  const down = Math.ceil(rows / tile.rows), across = Math.ceil(columns / tile.columns), steps = stepsOf(product, tile);
  const wanted = Math.min(Math.floor(BUSY_GROUPS / (down * across * classes)), Math.floor(steps / PART_STEPS));
  // No part without steps.
  const parts = Math.ceil(steps / Math.ceil(steps / Math.max(1, wanted)));
  return { tile, down, across, parts };
}

/** Samples of a convolution that one dispatch may take. */
function samplesAtOnce(geometry: ConvGeometry, bindingLimitBytes: number): number {
  const { input, channels, output, filters, kernel } = geometry;
  const largest = 4 * Math.max(elementCount(input) * channels, elementCount(output) * filters);
  const work = 2 * elementCount(output) * filters * elementCount(kernel) * channels;
  return Math.max(1, Math.min(Math.floor(bindingLimitBytes / largest), Math.floor(DISPATCH_WORK / work)));
}

/** Partial results of a convolution, for plans made without a device. */
export function workspaceBytes(geometry: ConvGeometry, direction: ConvDirection): number {
  const product = PRODUCTS[direction](geometry), { parts } = layoutOf(product);
  const { input, filter, output } = sizesOf(geometry);
  return parts === 1 ? 0 : 4 * parts * { forward: output, inputGradient: input, filterGradient: filter }[direction];
}

function sizesOf({ batch, input, channels, output, filters, kernel }: ConvGeometry) {
  return {
    input: batch * elementCount(input) * channels,
    filter: filters * elementCount(kernel) * channels,
    output: batch * elementCount(output) * filters,
  };
}

/** See the file's comment. */
export function productOperations(loops: Loops) {
  const { launcher } = loops;
  const run = (name: string, product: Product, a: Place, b: Place, c: Place, accumulate: boolean) => {
    const { tile, down, across, parts } = layoutOf(product), size = c.byteLength / 4;
    const target = parts === 1 ? c : loops.scratch(0, parts * size), adds = parts === 1 && accumulate;
    launcher.launch({
      ...{ name, variant: [product.kind, ...Object.values(tile)].join(), code: productKernel(product, tile) },
      operands: { a: whole(a), b: whole(b), c: whole(target) },
      sizes: { ...product.sizes, parts, size, accumulate: Number(adds) },
      ...{ items: 1, grid: () => [down, across, product.classes * parts] },
      workPerItem: 2 * product.classes * product.rows * product.columns * product.stages * product.terms,
    });
    if (parts === 1) return;
    loops.elements({
      ...{ name: `${name}, parts`, variant: String(accumulate), items: size, sizes: { parts, size } },
      operands: { partial: whole(target), c: each(c) },
      body: `var sum = 0.0; for (var k = 0u; k < P.parts; k++) { sum += partial_at(k * P.size + i); }
  set_c(i, sum${accumulate ? " + c_at(i)" : ""});`,
    });
  };
  /** Runs a convolution, some samples at a time where it takes that. */
  const convolve = (
    name: string,
    direction: ConvDirection,
    geometry: ConvGeometry,
    { input, filter, output }: Readonly<Record<"input" | "filter" | "output", Place>>,
    accumulate: boolean,
  ) => {
    const { batch } = geometry, samples = samplesAtOnce(geometry, launcher.bindingLimitBytes);
    for (let first = 0; first < batch; first += samples) {
      const piece = { ...geometry, batch: Math.min(samples, batch - first) };
      const samplesOf = (place: Place) => {
        const sample = place.byteLength / 4 / batch;
        return part(place, first * sample, piece.batch * sample);
      };
      const [large, small] = [samplesOf(input), samplesOf(output)], product = PRODUCTS[direction](piece);
      if (direction === "forward") run(name, product, large, filter, small, false);
      else if (direction === "inputGradient") run(name, product, small, filter, large, accumulate);
      else run(name, product, small, large, filter, accumulate || first > 0);
    }
  };
  return {
    convForward({ geometry }, places) {
      convolve("convForward", "forward", geometry, places, false);
    },
    convInputGradient({ geometry, accumulate }, { dOutput, filter, dInput }) {
      const places = { input: dInput, filter, output: dOutput };
      convolve("convInputGradient", "inputGradient", geometry, places, accumulate);
    },
    convFilterGradient({ geometry, accumulate }, { input, dOutput, dFilter }) {
      const places = { input, filter: dFilter, output: dOutput };
      convolve("convFilterGradient", "filterGradient", geometry, places, accumulate);
    },
    gemm({ accumulate, ...shape }, { a, b, c }) {
      run("gemm", gemmProduct(shape), a, b, c, accumulate);
    },
  } satisfies Partial<DeviceOperations>;
}
