/** What bathrooms have; class "objs", as in the class map of SSCNet, but for the cabinet under the basin. */
import { LABEL } from "./label.ts";
import type { Spot } from "./spot.ts";

/** A bathtub: four rims around a bottom. */
export function bathtub(spot: Spot): void {
  const { width, depth } = spot, rim = 0.15, height = 0.54;
  spot.put(LABEL.objs, [rim, width - rim], [rim, depth - rim], [0, 0.18]);
  for (const a of [0, width - rim]) spot.put(LABEL.objs, [a, a + rim], [0, depth], [0, height]);
  for (const b of [0, depth - rim]) spot.put(LABEL.objs, [rim, width - rim], [b, b + rim], [0, height]);
}

/** A toilet with its cistern at the back. */
export function toilet(spot: Spot): void {
  const { width, depth } = spot;
  spot.put(LABEL.objs, [0, width], [0, 0.18], [0, 0.9]);
  spot.put(LABEL.objs, [0.06, width - 0.06], [0.18, depth], [0, 0.42]);
}

/** A basin on a cabinet. */
export function washstand(spot: Spot): void {
  const { width, depth } = spot;
  spot.fill(LABEL.furn, [0, 0.72]);
  spot.put(LABEL.objs, [0.15, width - 0.15], [0, depth], [0.72, 0.9]);
}
