/** What a run's decoder makes of its own codes of real scenes. */
import { concatenate } from "../../../base/bytes.ts";
import { IouMeter } from "../../metrics/iou.ts";
import type { Run } from "../../run.ts";

/** Reconstructions before the refiner, labels `[D, H, W]` each, computed `batch` at a time. */
export function reconstructions(run: Run, scenes: readonly Uint8Array[], batch: number): Uint8Array[] {
  const rooms: Uint8Array[] = [];
  for (let start = 0; start < scenes.length; start += batch) {
    const chunk = scenes.slice(start, start + batch), n = chunk.length;
    const { labels } = run.decode(run.encode(concatenate(chunk), n), n, false).plain;
    for (let i = 0; i < n; i++) rooms.push(labels.slice(i * run.voxels, (i + 1) * run.voxels));
  }
  return rooms;
}

/** True IoU of all classes but empty, the mean over the scenes. NaN without scenes. */
export function meanIou(scenes: readonly Uint8Array[], others: readonly Uint8Array[], classes: number): number {
  const meter = new IouMeter(classes);
  scenes.forEach((scene, i) => meter.add(scene, others[i]));
  return meter.finish().iou[classes];
}
