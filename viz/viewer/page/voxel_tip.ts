/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What is under the pointer. */
import type { Volume } from "./client.ts";
import type { SceneView } from "./scene_view.ts";

/** Moves `tip` to the pointer and writes the class and the place of the voxel there; hides it where there is none. */
export function pointAt(event: PointerEvent, tip: HTMLElement, view: SceneView, volumes: readonly Volume[]): void {
  const picked = event.buttons === 0 ? view.pick(event.clientX, event.clientY) : null;
  tip.hidden = picked === null;
  if (!picked) return;
  // Where versions are compared the voxel may be grey; its class is in the volume itself.
  const { labels, grid, classes } = volumes[picked.pane], [x, y, z] = picked.voxel;
  tip.textContent = `${classes.names[labels[(x * grid[1] + y) * grid[2] + z]]}  (${picked.voxel.join(", ")})`;
  const bounds = view.stage.getBoundingClientRect();
  tip.style.left = `${Math.min(event.clientX - bounds.left + 14, bounds.width - tip.offsetWidth - 4)}px`;
  tip.style.top = `${event.clientY - bounds.top + 16}px`;
}
