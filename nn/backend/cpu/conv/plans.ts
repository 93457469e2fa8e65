/** Plans by geometry and direction. */
import type { ConvGeometry } from "../../backend.ts";
import type { ConvDirection } from "../../counting_backend.ts";
import { TILE, type TileSize } from "../multiply/tile_size.ts";
import type { ConvPlan } from "./conv_plan.ts";
import { planFilterGradient } from "./filter_gradient_plan.ts";
import { planForward } from "./forward_plan.ts";
import { checkGeometry } from "./geometry.ts";
import { planInputGradient } from "./input_gradient_plan.ts";

const PLANNERS = {
  forward: planForward,
  inputGradient: planInputGradient,
  filterGradient: planFilterGradient,
} as const satisfies Record<ConvDirection, (geometry: ConvGeometry, tile: TileSize) => ConvPlan>;

/**
 * The plan of one direction of a convolution, for kernels that work with tiles of this size (default: those of
 * WebAssembly). @throws {RangeError} on sizes that do not fit
 */
export function planConv(geometry: ConvGeometry, direction: ConvDirection, tile: TileSize = TILE): ConvPlan {
  checkGeometry(geometry);
  return PLANNERS[direction](geometry, tile);
}

/** Bytes of workspace that one direction of a convolution takes on the CPU engine. */
export function convWorkspaceBytes(
  geometry: ConvGeometry,
  direction: ConvDirection,
  tile: TileSize = TILE,
): number {
  return planConv(geometry, direction, tile).workspace.bytes;
}
