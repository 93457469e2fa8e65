/** Plans by geometry and direction. */
import type { ConvGeometry } from "../../backend.ts";
import type { ConvDirection } from "../../counting_backend.ts";
import { TILE, type TileSize } from "../multiply/tile_size.ts";
import type { WordFormat } from "../multiply/word_format.ts";
import type { ConvPlan } from "./conv_plan.ts";
import { planFilterGradient } from "./filter_gradient_plan.ts";
import { planForward } from "./forward_plan.ts";
import { planInputGradient } from "./input_gradient_plan.ts";

const PLANNERS = {
  forward: planForward,
  inputGradient: planInputGradient,
  filterGradient: planFilterGradient,
} as const satisfies Record<ConvDirection, (geometry: ConvGeometry, tile: TileSize, format: WordFormat) => ConvPlan>;

/**
 * The plan of one direction of a convolution, for kernels that work with tiles of this size (default: those of
 * WebAssembly) and, where {@link fillsWords} allows it, words of this format.
 */
export function planConv(
  geometry: ConvGeometry,
  direction: ConvDirection,
  tile: TileSize = TILE,
  format: WordFormat = "float32",
): ConvPlan {
  return PLANNERS[direction](geometry, tile, fillsWords(geometry, direction) ? format : "float32");
}

/**
 * Whether the numbers that are summed over make whole words of two: an even number of channels or filters. Otherwise
 * the operation stays in float32. The filter gradient sums over positions, of which a missing one is zero.
 */
function fillsWords({ channels, filters }: ConvGeometry, direction: ConvDirection): boolean {
  return direction === "filterGradient" || (direction === "forward" ? channels : filters) % 2 === 0;
}

/** Bytes of workspace that one direction of a convolution takes on the CPU engine. */
export function convWorkspaceBytes(
  geometry: ConvGeometry,
  direction: ConvDirection,
  tile: TileSize = TILE,
  format: WordFormat = "float32",
): number {
  return planConv(geometry, direction, tile, format).workspace.bytes;
}
