/** The measures of generated scenes on cases small enough to work out by hand, and on distributions that are known. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { fillNormal, UniformSequence } from "../../../../base/random.ts";
import { adjacencyCounts } from "../../../../eval/metrics/generation/adjacency.ts";
import { binomialShare, bootstrapMean } from "../../../../eval/metrics/generation/bootstrap.ts";
import { sceneComponents } from "../../../../eval/metrics/generation/components.ts";
import { type Points, pointsOf, squaredRadii } from "../../../../eval/metrics/generation/distances.ts";
import { jensenShannon, pooledDivergence } from "../../../../eval/metrics/generation/divergence.ts";
import { FrechetProducts } from "../../../../eval/metrics/generation/frechet.ts";
import { InnerProducts } from "../../../../eval/metrics/generation/inner_products.ts";
import { kernelDistance } from "../../../../eval/metrics/generation/kernel_distance.ts";
import { manifoldShares } from "../../../../eval/metrics/generation/manifold.ts";
import { matchingShares } from "../../../../eval/metrics/generation/matching.ts";
import {
  copyingProbability,
  filledVoxels,
  NearestScenes,
  sceneDistance,
} from "../../../../eval/metrics/generation/memorisation.ts";
import { nearestNeighbourHits } from "../../../../eval/metrics/generation/nearest_neighbour.ts";
import { classCounts, filledPercent, occupancyCounts } from "../../../../eval/metrics/generation/occupancy.ts";

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const ones = (count: number) => new Float64Array(count).fill(1);

/** Normal points with a mean and a deviation per axis. */
function normalPoints(count: number, seed: number, centre: number[], deviations: number[]): Points {
  const values = new Float32Array(count * centre.length);
  fillNormal(values, { seed, stream: 7, iteration: 0 });
  return pointsOf(
    values.map((value, i) => value * deviations[i % centre.length] + centre[i % centre.length]),
    centre.length,
  );
}

/** For the Fréchet distance of two sets of points. */
const frechet = (a: Points, b: Points) => new FrechetProducts(new InnerProducts(a, b));

const line = (...values: number[]) => pointsOf(Float64Array.from(values), 1);

Deno.test("jensenShannon: 0 for equal, 1 for disjoint, worked out by hand between, symmetric, blind to scale", () => {
  assertEquals(jensenShannon([1, 2, 3], [10, 20, 30]), 0);
  assertEquals(jensenShannon([1, 0], [0, 5]), 1);
  // p = (1, 0), q = (1/2, 1/2): m = (3/4, 1/4).
  const byHand = 0.5 * Math.log2(4 / 3) + 0.5 * (0.5 * Math.log2(2 / 3) + 0.5 * Math.log2(2));
  assertAlmostEquals(jensenShannon([3, 0], [1, 1]), byHand, 1e-12);
  assertEquals(jensenShannon([0, 0], [1, 1]), NaN);
  const counts = fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 });
  fc.assert(fc.property(counts, counts, (p, q) => {
    fc.pre(p.some(Boolean) && q.some(Boolean));
    const bits = jensenShannon(p, q);
    assert(bits >= 0 && bits <= 1);
    assertAlmostEquals(jensenShannon(q, p), bits, 1e-12);
    assertAlmostEquals(jensenShannon(p.map((value) => 3 * value), q), bits, 1e-9);
  }));
});

Deno.test("bootstrapMean: 95 of 100 intervals of normal samples hold the true mean; the same for the same seed", () => {
  let holds = 0;
  for (let seed = 0; seed < 200; seed++) {
    const { values } = normalPoints(40, seed, [3], [2]);
    const { value, low, high } = bootstrapMean(values, { seed, replicates: 100 });
    assert(low < value && value < high);
    if (low <= 3 && 3 <= high) holds++;
  }
  assert(holds >= 176 && holds <= 199, `${holds} of 200`); // 190 expected, three deviations of a binomial
  const { values } = normalPoints(40, 1, [3], [2]);
  assertEquals(bootstrapMean(values, { seed: 4, replicates: 50 }), bootstrapMean(values, { seed: 4, replicates: 50 }));
  assertEquals(bootstrapMean([7], { seed: 0, replicates: 50 }), { value: 7, low: 7, high: 7 });
  assertEquals(bootstrapMean([], { seed: 0, replicates: 50 }).value, NaN);
  const capped = bootstrapMean([0, 1, 1, 1], { seed: 0, replicates: 50, range: [0, 1] });
  assertEquals(capped.high, 1);
});

Deno.test("pooledDivergence: is that of all scenes together, with an interval around it inside 0 to 1", () => {
  const a = [[4, 0], [0, 4]], b = [[2, 2], [3, 1]];
  const { value, low, high } = pooledDivergence(a, b, { seed: 0, replicates: 100 });
  assertAlmostEquals(value, jensenShannon([4, 4], [5, 3]), 1e-12);
  assert(0 <= low && low <= value && value < high && high <= 1);
});

Deno.test("occupancyCounts: filled voxels per block of 4, also where the grid is no multiple of 4", () => {
  const labels = new Uint8Array(6 * 4 * 5);
  const at = (x: number, y: number, z: number) => (x * 4 + y) * 5 + z;
  for (const [x, y, z] of [[0, 0, 0], [3, 3, 3], [0, 0, 4], [5, 0, 0], [5, 3, 4]]) labels[at(x, y, z)] = 3;
  assertEquals([...occupancyCounts(labels, [6, 4, 5])], [2, 1, 1, 1]);
  const counts = classCounts(labels, 12);
  assertEquals([counts[0], counts[3]], [115, 5]);
  assertAlmostEquals(filledPercent(counts, [6, 4, 5]), 100 * 5 / 120, 1e-12);
});

Deno.test("adjacencyCounts: pairs of faces, each once, without those of two empty voxels", () => {
  // A 2x2x2 scene: class 1 below (y = 0), class 2 above at x = 0, empty above at x = 1.
  const labels = Uint8Array.from([1, 1, 2, 2, 1, 1, 0, 0]);
  const counts = adjacencyCounts(labels, [2, 2, 2], 3);
  // Of 12 pairs: 1-1 four, 1-2 two, 2-2 one, 0-1 two, 0-2 two, 0-0 one.
  assertEquals([...counts], [0, 2, 2, 0, 4, 2, 0, 0, 1]);
});

Deno.test("adjacencyCounts: agrees with looking at all six neighbours of every voxel", () => {
  const grid = [3, 4, 2] as const, classes = 4;
  fc.assert(fc.property(fc.uint8Array({ minLength: 24, maxLength: 24, max: classes - 1 }), (labels) => {
    const naive = new Float64Array(classes * classes);
    for (let v = 0; v < 24; v++) {
      const [x, y, z] = [Math.floor(v / 8), Math.floor(v / 2) % 4, v % 2];
      for (const [i, j, k] of [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]) {
        const [a, b, c] = [x + i, y + j, z + k];
        if (a < 0 || b < 0 || c < 0 || a >= 3 || b >= 4 || c >= 2) continue;
        const pair = [labels[v], labels[(a * 4 + b) * 2 + c]].sort();
        if (pair[1] !== 0) naive[pair[0] * classes + pair[1]] += 0.5;
      }
    }
    assertEquals(adjacencyCounts(labels, [...grid], classes), naive);
  }));
});

Deno.test("sceneComponents: corners join pieces of a class, only faces hold a voxel in place", () => {
  const grid = [5, 5, 5] as [number, number, number], labels = new Uint8Array(125);
  const set = (x: number, y: number, z: number, label: number) => labels[(x * 5 + y) * 5 + z] = label;
  for (let x = 0; x < 5; x++) for (let z = 0; z < 5; z++) set(x, 0, z, 2); // a floor of 25 voxels
  set(0, 1, 0, 8); // stands on the floor
  set(1, 2, 1, 8); // touches it at a corner: same piece, but floats
  set(4, 4, 4, 8); // apart
  set(4, 4, 3, 11); // leans at that one: floats as well
  const { perClass, specks, floating } = sceneComponents(labels, grid, 12);
  assertEquals([perClass[2], perClass[8], perClass[11], perClass[0]], [1, 2, 1, 0]);
  assertEquals(specks, 3, "all pieces but the floor");
  assertEquals([floating[2], floating[8], floating[11], floating[0]], [0, 2, 1, 0]);
  const nothing = sceneComponents(new Uint8Array(125), grid, 12);
  assertEquals([mean(nothing.perClass), nothing.specks, mean(nothing.floating)], [0, 0, 0]);
});

Deno.test("sceneComponents: rows at the end of one line and the start of the next do not touch", () => {
  const labels = new Uint8Array(2 * 2 * 3);
  labels[2] = labels[3] = 5; // z = 2 of the first line, z = 0 of the second
  assertEquals(sceneComponents(labels, [2, 2, 3], 12).perClass[5], 2);
});

Deno.test("FrechetProducts: samples of two normal distributions, closed form", () => {
  // Diagonal covariances: |μ₁−μ₂|² + Σ (σ₁ − σ₂)² = 9 + 16 + 1 + 4 + 0.
  const a = normalPoints(400, 1, [0, 0, 5], [1, 3, 2]), b = normalPoints(300, 2, [3, 4, 5], [2, 1, 2]);
  const distance = frechet(a, b).distance([ones(400), ones(300)]);
  assert(Math.abs(distance - 30) < 3, `${distance}`);
});

Deno.test("FrechetProducts: exact for covariances that do not commute", () => {
  // Two pairs of points about a centre have this covariance exactly; of 2x2 matrices, tr M^½ = √(tr M + 2 √det M).
  const cross = (x: number, y: number, angle: number, long: number, short: number) => {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const points = [[long, 0], [-long, 0], [0, short], [0, -short]].map((
      [u, v],
    ) => [x + c * u - s * v, y + s * u + c * v]);
    const [p, q] = [2 * long ** 2 / 3, 2 * short ** 2 / 3];
    const covariance = [p * c * c + q * s * s, (p - q) * c * s, p * s * s + q * c * c]; // xx, xy, yy
    return { points: pointsOf(Float64Array.from(points.flat()), 2), covariance };
  };
  const a = cross(0, 0, 0.3, 4, 1), b = cross(1, 2, 1.2, 3, 2);
  const [[axx, axy, ayy], [bxx, bxy, byy]] = [a.covariance, b.covariance];
  const trace = axx * bxx + 2 * axy * bxy + ayy * byy;
  const determinant = (axx * ayy - axy ** 2) * (bxx * byy - bxy ** 2);
  const expected = 5 + axx + ayy + bxx + byy - 2 * Math.sqrt(trace + 2 * Math.sqrt(determinant));
  assertAlmostEquals(frechet(a.points, b.points).distance([ones(4), ones(4)]), expected, 1e-6);
});

Deno.test("FrechetProducts: of few points exactly, with weights as repeated points, 0 for the same set", () => {
  // One axis: (mean difference)² + (difference of standard deviations)².
  const a = line(0, 2, 4), b = line(1, 1, 4);
  const deviation = (values: number[]) => Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)) * 3 / 2);
  const byHand = (deviation([0, 2, 4]) - deviation([1, 1, 4])) ** 2;
  assertAlmostEquals(frechet(a, b).distance([ones(3), ones(3)]), byHand, 1e-9);
  const repeated = frechet(line(0, 0, 4, 4, 4), b).distance([ones(5), ones(3)]);
  assertAlmostEquals(frechet(a, b).distance([Float64Array.of(2, 0, 3), ones(3)]), repeated, 1e-9);
  const wide = normalPoints(10, 3, Array(50).fill(1), Array(50).fill(2));
  assertAlmostEquals(frechet(wide, wide).distance([ones(10), ones(10)]), 0, 1e-5);
  assertEquals(frechet(line(1), b).distance([ones(1), ones(3)]), NaN);
  assertThrows(() => frechet(line(1), wide), RangeError, "1 and of 50");
});

Deno.test("squaredRadii: distance to the k-th other point, also among equal points", () => {
  assertEquals([...squaredRadii(line(0, 1, 3, 10), 2)], [9, 4, 9, 81]);
  assertEquals([...squaredRadii(line(5, 5, 6), 1)], [0, 0, 1]);
  assertEquals([...squaredRadii(line(1, 2), 2)], [Infinity, Infinity]);
});

Deno.test("manifoldShares: worked out on a line", () => {
  // Radii to the 3rd neighbour of 0, 1, 2, 3: 3, 2, 2, 3; of the fake 3.5: 99.5.
  const { precision, recall } = manifoldShares(line(0, 1, 2, 3), line(3.5, 100, 101, 103));
  assertEquals([...precision], [1, 0, 0, 0]);
  assertEquals([...recall], [1, 1, 1, 1], "the radius of 3.5 reaches to 103");
  // Radii to the 5th neighbour of 0..5: 5, 4, 3, 3, 4, 5. The fake 0.5 is in every ball, 9 in that of 5 alone.
  assertEquals([...manifoldShares(line(0, 1, 2, 3, 4, 5), line(0.5, 9)).density], [6 / 5, 1 / 5]);
  assertEquals([...manifoldShares(line(0, 1, 2, 3, 4, 5), line(9, 9.5)).coverage], [0, 0, 0, 0, 0, 1]);
  assertEquals(manifoldShares(line(0, 1), line(0, 1)).precision.length, 0, "too few points");
});

Deno.test("manifoldShares: samples of one distribution, of distributions apart, and of a part of one", () => {
  const draw = (seed: number, centre: number[], deviations = [1, 1]) => normalPoints(300, seed, centre, deviations);
  const real = draw(1, [0, 0]);
  const same = manifoldShares(real, draw(2, [0, 0])), apart = manifoldShares(real, draw(3, [50, 50]));
  assert(mean(same.precision) > 0.85 && mean(same.recall) > 0.85);
  assert(Math.abs(mean(same.density) - 1) < 0.15, `${mean(same.density)}`);
  assert(mean(same.coverage) > 0.9, "0.97 expected: 1 - 2^-5");
  for (const shares of Object.values(apart)) assertEquals(mean(shares), 0);
  const narrow = manifoldShares(real, draw(4, [0, 0], [0.1, 0.1]));
  assert(mean(narrow.precision) > 0.95 && mean(narrow.recall) < 0.1, "all within, little covered");
  assert(mean(narrow.coverage) < 0.3);
  const wide = manifoldShares(real, draw(5, [0, 0], [20, 20]));
  assert(mean(wide.precision) < 0.1 && mean(wide.recall) > 0.5, "few within, much covered");
});

Deno.test("nearestNeighbourHits: half for one distribution, one for two, below half for copies, ties count half", () => {
  const a = normalPoints(200, 1, [0, 0], [1, 1]), b = normalPoints(250, 2, [0, 0], [1, 1]);
  const same = mean(nearestNeighbourHits(a, b));
  assert(Math.abs(same - 0.5) < 0.08, `${same}`);
  assertEquals(nearestNeighbourHits(a, b).length, 400, "as many of the larger set as the smaller has");
  assertEquals(mean(nearestNeighbourHits(a, normalPoints(200, 3, [90, 0], [1, 1]))), 1);
  assertEquals(mean(nearestNeighbourHits(a, a)), 0, "copies");
  assertEquals([...nearestNeighbourHits(line(0, 2), line(1, 9))], [0, 0, 0, 0]);
  assertEquals([...nearestNeighbourHits(line(0, 2, 20), line(-2, 30, 31))], [0.5, 1, 0, 0, 1, 1]);
});

Deno.test("sceneDistance: share of differing voxels among those filled in either", () => {
  const a = Uint8Array.of(0, 1, 1, 2, 0, 0), b = Uint8Array.of(0, 1, 2, 0, 3, 0);
  const filled = b.filter((label) => label !== 0).length;
  assertEquals(sceneDistance(filledVoxels(a), b, filled), 3 / 4);
  assertEquals(sceneDistance(filledVoxels(a), a, 3), 0);
  assertEquals(sceneDistance(filledVoxels(new Uint8Array(6)), new Uint8Array(6), 0), 0);
  assertEquals(sceneDistance(filledVoxels(new Uint8Array(6)), a, 3), 1);
  const scenes = fc.uint8Array({ minLength: 30, maxLength: 30, max: 3 });
  fc.assert(fc.property(scenes, scenes, (p, q) => {
    const count = (labels: Uint8Array) => labels.filter((label) => label !== 0).length;
    const distance = sceneDistance(filledVoxels(p), q, count(q));
    assertEquals(distance, sceneDistance(filledVoxels(q), p, count(p)));
    const either = [...p.keys()].filter((i) => p[i] || q[i]);
    const naive = either.filter((i) => p[i] !== q[i]).length / (either.length || 1);
    assertAlmostEquals(distance, naive, 1e-12);
  }));
});

Deno.test("NearestScenes: keeps the first nearest and its place", () => {
  const near = new NearestScenes([Uint8Array.of(1, 1, 0, 0), Uint8Array.of(0, 0, 5, 5)]);
  for (const scene of [[2, 2, 2, 2], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 5, 5]]) near.show(Uint8Array.from(scene));
  assertEquals([...near.distances], [0.5, 0]);
  assertEquals([...near.indices], [1, 3]);
});

Deno.test("NearestScenes: finds what comparing every voxel of every pair finds", () => {
  const random = new UniformSequence({ seed: 1, stream: 1, iteration: 0 });
  const draw = (fill: number) =>
    Uint8Array.from({ length: 6000 }, () => random.next() < fill ? 1 + random.below(2) : 0);
  const scenes = [0.5, 0.9, 0.1, 0].map(draw), shown = [0.2, 0.95, 0.5, 0.6, 0.4, 0.05].map(draw);
  for (const near of [0.5, 0.1]) { // also copies with some voxels changed
    shown.push(...scenes.map((scene) => scene.map((label) => random.next() < near ? label : random.below(3))));
  }
  const nearest = new NearestScenes(scenes);
  for (const scene of shown) nearest.show(scene);
  scenes.forEach((scene, i) => {
    const distances = shown.map((other) => {
      const either = [...scene.keys()].filter((voxel) => scene[voxel] || other[voxel]);
      return either.filter((voxel) => scene[voxel] !== other[voxel]).length / (either.length || 1);
    });
    assertAlmostEquals(nearest.distances[i], Math.min(...distances), 1e-12);
    assertEquals(nearest.indices[i], distances.indexOf(Math.min(...distances)));
  });
});

Deno.test("copyingProbability: one for copies, half for equals, weights as repetition", () => {
  assertEquals(copyingProbability([0, 0], [0.3, 0.2]), 1);
  assertEquals(copyingProbability([0.4, 0.4], [0.3, 0.2]), 0);
  assertEquals(copyingProbability([0.1, 0.3], [0.1, 0.3]), 0.5);
  assertEquals(copyingProbability([0.1, 0.9], [0.5], [[3, 1], [1]]), 0.75);
});

Deno.test("kernelDistance: by hand, about 0 for one distribution however few points, and a set drawn anew", () => {
  const distance = (a: Points, b: Points, replicates = 2) =>
    kernelDistance(new InnerProducts(a, b), { seed: 0, replicates });
  // Kernel (xy + 1)³ of 0, 1 and 2, 3: 1 within the first, 343 within the second, across 1, 1, 27 and 64.
  assertAlmostEquals(distance(line(0, 1), line(2, 3)).value, 1 + 343 - 2 * (1 + 1 + 27 + 64) / 4, 1e-9);
  const sameSource = Array.from({ length: 60 }, (_, i) => {
    const of = (seed: number) => normalPoints(12, seed, [0, 0], [1, 1]);
    return distance(of(2 * i), of(2 * i + 1)).value;
  });
  const average = mean(sameSource), error = Math.sqrt(mean(sameSource.map((x) => (x - average) ** 2)) / 60);
  assert(Math.abs(average) < 3 * error, `${average} with a standard error of ${error}`);
  assert(sameSource.some((value) => value < 0), "unbiased, so below 0 at times");
  const { value, low, high } = distance(normalPoints(60, 1, [0, 0], [1, 1]), normalPoints(50, 2, [2, 0], [1, 1]), 50);
  assert(low > 0 && low < value && value < high);
  assertEquals(distance(line(1), line(2, 3)).value, NaN);
});

Deno.test("matchingShares: real points that are some fake one's nearest, distances to the nearest fake one", () => {
  const { matched, distance } = matchingShares(line(0, 10, 20), line(1, 2, 13));
  assertEquals([[...matched], [...distance]], [[1, 1, 0], [1, 3, 7]]);
  const same = matchingShares(line(0, 10), line(0, 10));
  assertEquals([[...same.matched], [...same.distance]], [[1, 1], [0, 0]]);
  assertEquals([...matchingShares(line(), line(1)).matched], []);
});

Deno.test("binomialShare: Wilson's interval, also where all trials end alike", () => {
  const { value, low, high } = binomialShare(5, 10);
  assertEquals(value, 0.5);
  assertAlmostEquals(low, 0.2366, 1e-4); // published examples round 1.96
  assertAlmostEquals(high, 0.7634, 1e-4);
  const all = binomialShare(20, 20);
  assertEquals([all.value, all.high], [1, 1]);
  assertAlmostEquals(all.low, 0.8389, 1e-4);
  assertEquals(binomialShare(0, 0).value, NaN);
});
