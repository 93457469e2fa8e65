/** How products are laid out on a device, and the memory that this takes: known without one. */
import type { ConvGeometry } from "../backend.ts";
import type { ConvDirection } from "../counting_backend.ts";
import { OPERATIONS } from "../operations.ts";
import { stepsOf, tileOf } from "./product_kernel.ts";
import { filterGradientProduct, forwardProduct, inputGradientProduct, type Product } from "./products.ts";

/** Workgroups that keep a GPU busy, or the processor: products with fewer tiles are split by their terms. */
const BUSY_GROUPS = { gpu: 256, software: 16 } as const;

/** Steps that a part of a product has at least. */
const LEAST_STEPS = 16;

/**
 * Steps that a part has at most. Mesa's software device ends all loops of a thread, without a word, once they have gone
 * round 65,535 times together; a step has some 50 rounds.
 */
const MOST_STEPS = 1024;

/** The three directions as products. */
export const PRODUCTS: Readonly<Record<ConvDirection, (geometry: ConvGeometry) => Product>> = {
  forward: forwardProduct,
  inputGradient: inputGradientProduct,
  filterGradient: filterGradientProduct,
};

/** Tiles down and across C, and parts that the steps are split into. */
export function layoutOf(product: Product, software: boolean) {
  const tile = tileOf(product, software), { rows, columns, classes } = product;
  const down = Math.ceil(rows / tile.rows), across = Math.ceil(columns / tile.columns), steps = stepsOf(product, tile);
  const busy = Math.floor(BUSY_GROUPS[software ? "software" : "gpu"] / (down * across * classes));
  // No part without steps. Pieces along the terms, which are no longer than a part, add to what the earlier ones left.
  const wanted = Math.max(1, Math.ceil(steps / MOST_STEPS), Math.min(busy, Math.floor(steps / LEAST_STEPS)));
  const parts = product.along === "terms" ? 1 : Math.ceil(steps / Math.ceil(steps / wanted));
  return { tile, down, across, parts, termsAtOnce: MOST_STEPS * tile.terms };
}

const RESULTS = {
  forward: OPERATIONS.convForward.operands.output,
  inputGradient: OPERATIONS.convInputGradient.operands.dInput,
  filterGradient: OPERATIONS.convFilterGradient.operands.dFilter,
} as const;

/** Bytes of the partial results of a convolution whose steps are split: on a GPU, which is split into more. */
export function webGpuWorkspaceBytes(geometry: ConvGeometry, direction: ConvDirection): number {
  const { parts } = layoutOf(PRODUCTS[direction](geometry), false);
  return parts === 1 ? 0 : 4 * parts * RESULTS[direction].count({ geometry, accumulate: false });
}
