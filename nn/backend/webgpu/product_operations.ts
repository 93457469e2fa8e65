/** Convolutions and matrix products on the device. */
import { elementCount } from "../../shape.ts";
import type { ConvGeometry } from "../backend.ts";
import type { ConvDirection } from "../counting_backend.ts";
import { DISPATCH_WORK, each, type Operand, whole } from "./launcher.ts";
import { type DeviceOperations, type Loops, part } from "./loops.ts";
import type { Place } from "./pool.ts";
import { layoutOf, PRODUCTS } from "./planned_workspace.ts";
import { productKernel } from "./product_kernel.ts";
import { gemmProduct, type Product } from "./products.ts";

/** Samples of a convolution that one dispatch may take. */
function samplesAtOnce(geometry: ConvGeometry, bindingLimitBytes: number): number {
  const { input, channels, output, filters, kernel } = geometry;
  const largest = 4 * Math.max(elementCount(input) * channels, elementCount(output) * filters);
  const work = 2 * elementCount(output) * filters * elementCount(kernel) * channels;
  return Math.max(1, Math.min(Math.floor(bindingLimitBytes / largest), Math.floor(DISPATCH_WORK / work)));
}

/** See the file's comment. */
export function productOperations(loops: Loops) {
  const { launcher } = loops;
  const run = (name: string, product: Product, a: Operand, b: Operand, c: Operand, accumulate: boolean) => {
    const { rows, columns, along, classes, stages, terms } = product,
      { tile, down, across, parts, termsAtOnce } = layoutOf(product, launcher.link.facts.software);
    const size = c.place.byteLength / 4, target = parts === 1 ? c : whole(loops.scratch(0, parts * size));
    const items = along === null ? 1 : product[along];
    launcher.launch({
      ...{ name, variant: [product.kind, ...Object.values(tile)].join(), code: () => productKernel(product, tile) },
      ...{ operands: { a, b, c: target }, items, itemsAtOnce: along === "terms" ? termsAtOnce : items },
      sizes: { ...product.sizes, parts, size, accumulate: Number(parts === 1 && accumulate) },
      grid: (items) => [
        along === "rows" ? Math.ceil(items / tile.rows) : down,
        along === "columns" ? Math.ceil(items / tile.columns) : across,
        classes * parts,
      ],
      workPerItem: 2 * classes * rows * columns * stages * terms / items,
    });
    if (parts === 1) return;
    loops.elements({
      ...{ name: `${name}, parts`, variant: String(accumulate), items: size, sizes: { parts, size } },
      operands: { partial: target, c: each(c.place) },
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
        return whole(part(place, first * sample, piece.batch * sample));
      };
      const [large, small] = [samplesOf(input), samplesOf(output)], product = PRODUCTS[direction](piece);
      const taps = whole(filter);
      if (direction === "forward") run(name, product, large, taps, small, false);
      else if (direction === "inputGradient") run(name, product, small, taps, large, accumulate);
      else run(name, product, small, large, taps, accumulate || first > 0);
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
      const { batch, m, n, k, transposeA, transposeB } = shape, limit = launcher.bindingLimitBytes;
      // Along the axis on which the largest of them can be cut: the weights of a dense layer may be too large to bind.
      const ofB = transposeB ? "columns" : "terms", ofA = transposeA && a.byteLength > limit ? "terms" : "rows";
      const along = batch > 1 ? null : b.byteLength > limit ? ofB : ofA;
      const left = along === "rows" && !transposeA ? k : along === "terms" && transposeA ? m : null;
      const right = along === "columns" && transposeB ? k : along === "terms" && !transposeB ? n : null;
      const operands = [[a, left], [b, right], [c, along === "rows" ? n : null]] as const;
      const [first, second, result] = operands.map(([place, perItem]) => ({ place, perItem, margin: 0 }));
      run("gemm", gemmProduct(shape, along), first, second, result, accumulate);
    },
  } satisfies Partial<DeviceOperations>;
}
