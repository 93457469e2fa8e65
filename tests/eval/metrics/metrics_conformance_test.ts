/** The metrics against numbers of the original program's evaluation (tests/fixtures/conformance/metrics.json). */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { readSafetensors } from "../../../data/formats/safetensors.ts";
import { AveragePrecisionMeter } from "../../../eval/metrics/average_precision.ts";
import { IouMeter } from "../../../eval/metrics/iou.ts";

const FOLDER = new URL("../../fixtures/conformance/", import.meta.url).pathname;
const { tensors } = await readSafetensors(`${FOLDER}metrics.safetensors`);
const { tolerances } = JSON.parse(await Deno.readTextFile(`${FOLDER}metrics.json`));

function numbers(name: string): number[] {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`metrics.safetensors has no ${name}`);
  return Array.from(tensor.data, Number);
}

function compare(name: string, found: ArrayLike<number>, tolerance: number): void {
  numbers(name).forEach((expected, entry) =>
    assertAlmostEquals(found[entry], expected, tolerance, `${name}[${entry}]`)
  );
}

for (const set of ["continuous", "quantised"]) {
  const scenes = tensors.get(`${set}/real`)?.shape[0] ?? 0;
  const parts = (name: string) => {
    const all = numbers(`${set}/${name}`), size = all.length / scenes;
    return Array.from({ length: scenes }, (_, i) => all.slice(i * size, (i + 1) * size));
  };

  Deno.test(`IouMeter: ${set} volumes agree with the original evaluation`, () => {
    const meter = new IouMeter();
    const predicted = parts("recons");
    parts("real").forEach((real, i) => meter.add(Uint8Array.from(real), Uint8Array.from(predicted[i])));
    const table = meter.finish();
    compare(`${set}/iou_reference`, table.iouReference, tolerances["*/iou*"]);
    compare(`${set}/iou`, table.iou, tolerances["*/iou*"]);
    assertEquals([...table.sceneCount], numbers(`${set}/iou_scene_count`));
  });

  Deno.test(`AveragePrecisionMeter: ${set} scores agree with scikit-learn`, async () => {
    await using meter = new AveragePrecisionMeter(2);
    const scores = parts("prob");
    for (const [i, real] of parts("real").entries()) {
      await meter.add(Uint8Array.from(real), Float32Array.from(scores[i]));
    }
    const table = await meter.finish();
    compare(`${set}/ap_reference`, table.apReference, tolerances["*/ap*"]);
    compare(`${set}/ap_present`, table.apPresent, tolerances["*/ap*"]);
    assertEquals([...table.sceneCount], numbers(`${set}/ap_scene_count`));
  });
}
