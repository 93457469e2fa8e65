import { assert, assertAlmostEquals, assertEquals, assertLess, assertRejects } from "@std/assert";
import { UniformSequence } from "../../../base/random.ts";
import { AveragePrecisionMeter } from "../../../eval/metrics/average_precision.ts";
import { sceneAveragePrecision } from "../../../eval/metrics/scene_ap.ts";

const sanitizers = { sanitizeOps: true, sanitizeResources: true };

function scene(voxels: number, seed: number): { labels: Uint8Array; scores: Float32Array } {
  const random = new UniformSequence({ seed, stream: 0, iteration: 0 });
  return {
    labels: Uint8Array.from({ length: voxels }, () => random.below(seed % 2 ? 12 : 6)),
    scores: Float32Array.from({ length: voxels * 12 }, () => random.next()),
  };
}

Deno.test(
  "AveragePrecisionMeter: threads change nothing, scenes may be reused, nothing leaks",
  sanitizers,
  async () => {
    const scenes = [1, 2, 3, 4, 5].map((seed) => scene(50, seed));
    const tables = [];
    for (const threads of [1, 3]) {
      await using meter = new AveragePrecisionMeter(threads);
      const labels = new Uint8Array(50), scores = new Float32Array(600);
      for (const each of scenes) {
        labels.set(each.labels);
        scores.set(each.scores);
        await meter.add(labels, scores);
      }
      tables.push(await meter.finish());
    }
    assertEquals(tables[0], tables[1]);
    const each = scenes.map(({ labels, scores }) => sceneAveragePrecision(labels, scores));
    assertEquals([tables[0].scenes, tables[0].sceneCount[0], tables[0].sceneCount[9]], [5, 5, 3]);
    const chairs = each.map((values) => values[9]).filter((value) => !Number.isNaN(value));
    const sum = chairs.reduce((a, b) => a + b);
    assertAlmostEquals(tables[0].apReference[9], sum / 5, 1e-15);
    assertAlmostEquals(tables[0].apPresent[9], sum / 3, 1e-15);
  },
);

Deno.test("AveragePrecisionMeter: a class that never occurs has 0 and NaN", sanitizers, async () => {
  await using meter = new AveragePrecisionMeter(1);
  await meter.add(new Uint8Array(2), new Float32Array(24).fill(0.5));
  const { apReference, apPresent } = await meter.finish();
  assertEquals([apReference[0], apReference[12], apPresent[0]], [1, 0, 1]);
  assert(Number.isNaN(apPresent[12]));
});

Deno.test(
  "AveragePrecisionMeter: a bad scene is an error of finish, and the threads still end",
  sanitizers,
  async () => {
    await using meter = new AveragePrecisionMeter(2);
    await meter.add(new Uint8Array(1), new Float32Array(12).fill(NaN));
    await meter.add(new Uint8Array(1), new Float32Array(12));
    await assertRejects(() => meter.finish(), RangeError, "not a probability");
  },
);

Deno.test("AveragePrecisionMeter: a full-size scene of uniform scores takes at most three seconds", async () => {
  const { labels, scores } = scene(80 * 48 * 80, 7);
  await using meter = new AveragePrecisionMeter(1);
  await meter.add(labels, scores);
  await meter.finish();
  const started = performance.now();
  await meter.add(labels, scores);
  await meter.finish();
  assertLess(performance.now() - started, 3000);
});
