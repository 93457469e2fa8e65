import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UNKNOWN_LABEL } from "../../../data/classes.ts";
import { IouMeter } from "../../../eval/metrics/iou.ts";

const labels = (voxels: number) => fc.uint8Array({ minLength: voxels, maxLength: voxels, max: 11 });
/** Labels of which some are unknown. */
const sparse = (voxels: number) => labels(voxels).map((all) => all.map((label) => label === 7 ? UNKNOWN_LABEL : label));

/** Intersection and sizes of the sets of one-hot indices `voxel·12 + class` that `keep` lets in. */
function sets(a: Uint8Array, b: Uint8Array, keep: (category: number) => boolean) {
  const of = (volume: Uint8Array) =>
    new Set([...volume].map((c, i) => [i * 12 + c, c]).filter(([, c]) => keep(c)).map(([i]) => i));
  const [left, right] = [of(a), of(b)];
  return { both: left.intersection(right).size, either: left.union(right).size, sizes: left.size + right.size };
}

Deno.test("IouMeter: equals set arithmetic on one-hot volumes of what is known, over the scenes where a class occurs", () => {
  const scenes = fc.array(fc.tuple(sparse(20), labels(20)), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(scenes, (pairs) => {
    const meter = new IouMeter();
    for (const [real, predicted] of pairs) meter.add(real, predicted);
    const table = meter.finish();
    const known = pairs.map(([a, b]) => [a, b].map((volume) => volume.filter((_, i) => a[i] !== UNKNOWN_LABEL)));
    for (let entry = 0; entry < 13; entry++) {
      const keep = (category: number) => entry === 12 ? category > 0 : category === entry;
      const present = known.map(([a, b]) => sets(a, b, keep)).filter(({ sizes }) => sizes > 0);
      assertEquals(table.sceneCount[entry], present.length);
      if (present.length === 0) {
        assert(Number.isNaN(table.iou[entry]) && Number.isNaN(table.iouReference[entry]));
        continue;
      }
      const ofScenes = table.byScene.map((scene) => scene[entry]).filter((value) => !Number.isNaN(value));
      assertEquals(ofScenes, present.map(({ both, sizes }) => both / sizes));
      const mean = (value: (scene: typeof present[0]) => number) =>
        present.reduce((sum, scene) => sum + value(scene), 0) / present.length;
      assertAlmostEquals(table.iouReference[entry], mean(({ both, sizes }) => both / sizes), 1e-12);
      assertAlmostEquals(table.iou[entry], mean(({ both, either }) => both / either), 1e-12);
    }
  }));
});

Deno.test("IouMeter: equal volumes have IoU 1 and 0.5 by the published formula", () => {
  const meter = new IouMeter();
  meter.add(Uint8Array.of(0, 1, 2), Uint8Array.of(0, 1, 2));
  const { iou, iouReference, scenes } = meter.finish();
  assertEquals([iou[1], iou[12], iouReference[2], iouReference[12], scenes], [1, 1, 0.5, 0.5, 1]);
});

Deno.test("IouMeter: refuses unequal lengths and labels that are no class, and adds nothing then", () => {
  const meter = new IouMeter();
  assertThrows(() => meter.add(new Uint8Array(3), new Uint8Array(2)), RangeError, "3 true labels but 2");
  assertThrows(() => meter.add(Uint8Array.of(0), Uint8Array.of(12)), RangeError, "label 12");
  assertEquals(meter.finish().scenes, 0);
});
