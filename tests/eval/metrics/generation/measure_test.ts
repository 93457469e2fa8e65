/** All measures together on procedural rooms: real scenes come out near the ideal, spoilt ones far from it. */
import { assert, assertEquals } from "@std/assert";
import { UniformSequence } from "../../../../base/random.ts";
import { CLASS_NAMES, UNKNOWN_LABEL } from "../../../../data/classes.ts";
import { roomSource } from "../../../../data/rooms/mod.ts";
import { measureGeneration, type NamedScenes, type SetMeasures } from "../../../../eval/metrics/generation/measure.ts";
import { METRIC_NAMES, type MetricName, METRICS } from "../../../../eval/metrics/generation/metric.ts";
import { occupancyCounts } from "../../../../eval/metrics/generation/occupancy.ts";
import { openBackend } from "../../../../nn/backend/open.ts";
import { assertNothingHeld, heldBytes } from "../../../helpers/held_bytes.ts";

const GRID = [32, 16, 32] as [number, number, number], VOXELS = 32 * 16 * 32, SCENES = 24;

async function rooms(first: number, count: number): Promise<Uint8Array[]> {
  using source = roomSource({ seed: 3, grid: GRID, count: first + count });
  return await Promise.all(Array.from({ length: count }, (_, i) => source.read(first + i)));
}

/** A stand-in for an encoder: how full each block of 4x4x4 voxels is, per half of the classes. */
function encode(labels: Uint8Array, n: number): Float32Array {
  const codes = Array.from({ length: n }, (_, i) => {
    const scene = labels.subarray(i * VOXELS, (i + 1) * VOXELS);
    return [(label: number) => label > 4, (label: number) => label !== 0].flatMap((keep) => [
      ...occupancyCounts(scene.map((label) => keep(label) ? label : 0), GRID),
    ]);
  });
  return Float32Array.from(codes.flat());
}

/** The scene with its voxels in random order. */
function shuffled(labels: Uint8Array, seed: number): Uint8Array {
  const random = new UniformSequence({ seed, stream: 1, iteration: 0 }), voxels = labels.slice();
  for (let i = voxels.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [voxels[i], voxels[j]] = [voxels[j], voxels[i]];
  }
  return voxels;
}

async function measure(
  generated: NamedScenes[],
  unseen: NamedScenes | null,
  options: { seed?: number; reconstructions?: NamedScenes | null; training?: readonly Uint8Array[] } = {},
): Promise<SetMeasures[]> {
  const { seed = 0, reconstructions = null, training = await rooms(0, 2 * SCENES) } = options;
  using backend = await openBackend("cpu", { threads: 2 });
  const before = heldBytes(backend);
  let done = 0, all = 0;
  const sets = await measureGeneration({
    grid: GRID,
    classNames: CLASS_NAMES,
    training: { count: training.length, read: (index) => Promise.resolve(training[index]) },
    references: SCENES,
    unseen,
    reconstructions,
    generated,
    encode,
    batch: 10,
    backend,
    seed,
    replicates: 40,
    onProgress: (now, total) => [done, all] = [now, total],
  });
  assertEquals(done, all, "all that was announced is done");
  assertNothingHeld(backend, before);
  return sets;
}

Deno.test("measureGeneration: training scenes near the ideal, shuffled voxels and labels far from it, copies known", async () => {
  const real = await rooms(100, SCENES), training = await rooms(0, 2 * SCENES);
  const permuted = real.map((labels) => labels.map((label) => label === 0 ? 0 : (label + 4) % 11 + 1));
  const sets = await measure([
    { name: "real", scenes: await rooms(200, SCENES) },
    { name: "voxels", scenes: real.map(shuffled) },
    { name: "labels", scenes: permuted },
    { name: "copies", scenes: training.slice(0, SCENES) },
    { name: "other copies", scenes: training.slice(SCENES) },
    { name: "empty", scenes: real.map(({ length }) => new Uint8Array(length)) },
  ], { name: "unseen", scenes: real });
  const names = sets.map(({ name }) => name), kinds = sets.map(({ kind }) => kind);
  assertEquals(kinds, ["training", "unseen", ...names.slice(2).map(() => "generated")]);
  assertEquals(names, ["training", "unseen", "real", "voxels", "labels", "copies", "other copies", "empty"]);
  const of = (set: string, metric: keyof typeof METRICS) => sets[names.indexOf(set)].metrics[metric]!.value;

  for (const set of ["unseen", "real"]) {
    for (const metric of ["occupancy_jsd", "class_frequency_jsd", "class_adjacency_jsd"] as const) {
      assert(of(set, metric) < 0.1, `${set} ${metric} ${of(set, metric)}`);
    }
    assert(of(set, "precision") > 0.7 && of(set, "recall") > 0.7 && of(set, "coverage") > 0.7);
    assert(Math.abs(of(set, "density") - 1) < 0.4);
    assert(Math.abs(of(set, "nearest_neighbour_accuracy") - 0.5) < 0.25);
    assert(of(set, "floating_percent") < 2);
  }
  assert(Math.abs(of("real", "copying_probability") - 0.5) < 0.3);

  // Shuffled voxels keep their frequencies and lose every place.
  assert(Math.abs(of("voxels", "class_frequency_jsd") - of("unseen", "class_frequency_jsd")) < 1e-9);
  assert(of("voxels", "class_adjacency_jsd") > 0.25 && of("voxels", "occupancy_jsd") > 0.15);
  for (const metric of ["precision", "recall", "density", "coverage"] as const) {
    assert(of("voxels", metric) < 0.1, `${metric} ${of("voxels", metric)}`); // not 0: the balls of odd rooms are large
  }
  assertEquals(of("voxels", "nearest_neighbour_accuracy"), 1);
  assert(of("voxels", "frechet_distance") > 2.5 * of("unseen", "frechet_distance"));
  assert(of("voxels", "pieces") > 20 * of("training", "pieces"));
  assert(of("voxels", "floating_percent") > 20 && of("voxels", "nearest_training_distance") > 0.9);
  assert(of("voxels", "copying_probability") < 0.01);

  for (const set of ["voxels", "labels"]) {
    assertEquals(of(set, "classifier_accuracy"), 1);
    assertEquals(sets[names.indexOf(set)].metrics.reconstruction_classifier_accuracy, undefined, "there are none");
  }
  assert(of("voxels", "matched_share") < 0.1, `${of("voxels", "matched_share")}`);
  assert(of("voxels", "minimum_matching_distance") > 1.5 * of("unseen", "minimum_matching_distance"));
  assert(of("voxels", "kernel_distance") > 10 * Math.abs(of("unseen", "kernel_distance")));

  // Shuffled labels keep every place and lose their frequencies.
  assert(of("labels", "class_frequency_jsd") > 0.3 && of("labels", "class_adjacency_jsd") > 0.3);
  assert(Math.abs(of("labels", "occupancy_jsd") - of("unseen", "occupancy_jsd")) < 1e-9);
  assert(of("labels", "nearest_training_distance") > 0.8);

  for (const set of ["copies", "other copies"]) {
    assertEquals(of(set, "nearest_training_distance"), 0);
    assertEquals(of(set, "copying_probability"), 1);
  }
  assert(of("copies", "frechet_distance") < 1e-3 * of("unseen", "frechet_distance"));
  assertEquals(of("copies", "nearest_neighbour_accuracy"), 0);
  assertEquals([of("copies", "matched_share"), of("copies", "minimum_matching_distance")], [1, 0]);
  assertEquals(of("copies", "classifier_accuracy"), 0.5, "the same scenes at the same places");
  assertEquals([...sets[5].nearest!.indices], Array.from({ length: SCENES }, (_, i) => i));
  assertEquals([...sets[6].nearest!.indices], Array.from({ length: SCENES }, (_, i) => SCENES + i));

  assertEquals(of("empty", "filled_percent"), 0);
  assertEquals(of("empty", "class_frequency_jsd"), NaN, "no voxels, no frequencies");
  assertEquals(of("empty", "nearest_training_distance"), 1);
});

Deno.test("measureGeneration: every measure where it applies, with its interval; equal seeds give equal intervals", async () => {
  const unseen = { name: "unseen", scenes: await rooms(100, 8) }, real = { name: "real", scenes: await rooms(200, 8) };
  const decoded = { reconstructions: { name: "reconstructions", scenes: unseen.scenes.map(shuffled) } };
  const sets = await measure([real], unseen, decoded);
  const ofTraining = METRIC_NAMES.filter((name) => METRICS[name].ideal === "training");
  assertEquals(Object.keys(sets[0].metrics).sort(), ofTraining.sort());
  const without = (...left: MetricName[]) => METRIC_NAMES.filter((name) => !left.includes(name)).sort();
  const ofUnseen = without("copying_probability", "reconstruction_classifier_accuracy");
  assertEquals(Object.keys(sets[1].metrics).sort(), ofUnseen);
  assertEquals(Object.keys(sets[2].metrics).sort(), without("reconstruction_classifier_accuracy"));
  assertEquals(Object.keys(sets[3].metrics).sort(), [...METRIC_NAMES].sort());
  for (const { metrics } of sets) {
    for (const [name, { value, low, high }] of Object.entries(metrics)) {
      assert(low <= value && value <= high, `${name}: ${low} ${value} ${high}`);
    }
  }
  assert(sets[3].metrics.frechet_distance!.high > sets[3].metrics.frechet_distance!.value);
  assertEquals(await measure([real], unseen, decoded), sets);
  const other = await measure([real], unseen, { ...decoded, seed: 1 });
  assertEquals(other[3].metrics.frechet_distance!.value, sets[3].metrics.frechet_distance!.value);
  assert(other[3].metrics.frechet_distance!.high !== sets[3].metrics.frechet_distance!.high);
  for (const { classes } of sets) {
    const filled = classes.slice(1).reduce((sum, { percent }) => sum + percent, 0);
    assert(Math.abs(filled - 100) < 1e-9, `${filled}`);
  }
});

Deno.test("measureGeneration: one scene, and no unseen ones, leave NaN and holes instead of failing", async () => {
  const [, only] = await measure([{ name: "only", scenes: await rooms(9, 1) }], null);
  assertEquals(only.scenes, 1);
  assertEquals(only.metrics.precision!.value, NaN);
  assertEquals(only.metrics.frechet_distance!.value, NaN);
  assertEquals(only.metrics.copying_probability, undefined);
  assertEquals([only.metrics.classifier_accuracy!.value, only.metrics.kernel_distance!.value], [NaN, NaN]);
  assert(only.metrics.class_frequency_jsd!.value > 0);
});

Deno.test("measureGeneration: where training scenes are unknown, made-up ones are looked at as if they were", async () => {
  const hide = (scenes: Uint8Array[]) => scenes.map((scene) => scene.slice().fill(UNKNOWN_LABEL, VOXELS / 2));
  const whole = await rooms(9, 1), training = hide(await rooms(0, 2 * SCENES));
  const [, made] = await measure([{ name: "made", scenes: whole }], null, { training });
  const known = whole[0].subarray(0, VOXELS / 2), filled = known.filter((label) => label !== 0).length;
  assertEquals(made.metrics.filled_percent!.value, 100 * filled / VOXELS);
});
