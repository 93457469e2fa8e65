/** Runs kits on an engine and compares. */
import { AveragePrecisionMeter } from "../../../eval/metrics/average_precision.ts";
import { IouMeter } from "../../../eval/metrics/iou.ts";
import { UserError } from "../../../base/errors.ts";
import type { Backend } from "../../../nn/backend/backend.ts";
import { REFERENCE_VARIABLES } from "../../../data/reference_weights.ts";
import type { Precision } from "../../../nn/backend/precision.ts";
import { Tape } from "../../../nn/tape.ts";
import { Tensor } from "../../../nn/tensor.ts";
import { argmax } from "../../../nn/ops/one_hot.ts";
import { difference, type GroupResult, groupResult, relativeL2 } from "./compare.ts";
import { ENGINE_NAMES, openEngine } from "./engines.ts";
import { floatsOf, type Kit, type Tolerance, valuesOf } from "./kit.ts";
import { modelResults, type Results } from "./model_results.ts";
import { withRoundingNoise } from "./rounding_noise.ts";

/**
 * Roundings of an engine are not those of {@link withRoundingNoise}: a tensor may be off by so many times as much as in
 * the worst of so many draws. What that is of a single number may be small by chance: it counts at least as much as of
 * half of the tensors of its group.
 */
const NOISE_FACTOR = 2, NOISE_DRAWS = 3;

/** How far each tensor of each group is off. */
type Differences = readonly ReadonlyMap<string, number>[];

/**
 * Checks one kit on an engine; a line per group of its tolerances. These are for float32: an engine of lower precision
 * may differ by what its roundings explain besides.
 */
export async function checkKit(kit: Kit, backend: Backend, precision: Precision = "fp32"): Promise<GroupResult[]> {
  const { json } = kit;
  if (json.config) {
    const noise = precision === "fp32" ? null : await noiseOf(kit, precision);
    return differencesOf(kit, modelResults(kit, backend)).map((differences, i) =>
      groupResult(kit.name, kit.tolerances[i], differences, noise?.[i])
    );
  }
  if (json.cases) return await checkMetrics(kit, backend);
  if (json.optimiser) return checkAdam(kit, backend);
  throw new UserError(`kit ${kit.name} is of no known kind: its json has neither "config" nor "cases" nor "optimiser"`);
}

/** What the roundings of a lower precision explain. */
async function noiseOf(kit: Kit, precision: Exclude<Precision, "fp32">): Promise<Differences> {
  using engine = await openEngine(ENGINE_NAMES[ENGINE_NAMES.length - 1], 2);
  const draws = Array.from(
    { length: NOISE_DRAWS },
    (_, draw) => differencesOf(kit, modelResults(kit, withRoundingNoise(engine, precision, draw))),
  );
  return kit.tolerances.map((_, group) => {
    const worst = new Map(
      [...draws[0][group].keys()].map((name) =>
        [name, Math.max(...draws.map((draw) => draw[group].get(name)!))] as const
      ),
    );
    const median = [...worst.values()].sort((a, b) => a - b)[worst.size >> 1];
    return new Map([...worst].map(([name, value]) => [name, NOISE_FACTOR * Math.max(value, median)]));
  });
}

function differencesOf(kit: Kit, results: Results): Differences {
  return kit.tolerances.map((tolerance) => {
    if (tolerance.metric.includes("change since")) return changeDifferences(kit, results, tolerance);
    const differences = new Map<string, number>();
    for (const name of kit.tensors.keys()) {
      if (!tolerance.matches(name)) continue;
      const found = results.get(name);
      differences.set(name, found ? difference(tolerance.metric, found, valuesOf(kit, name)) : Infinity);
    }
    return differences;
  });
}

/** Weights after training: relative L2 of the change of all variables of one network taken together. */
function changeDifferences(kit: Kit, results: Results, tolerance: Tolerance): Map<string, number> {
  const after = tolerance.group.split("/")[0], before = after === "refined" ? "trained" : "weights";
  const changes = new Map<string, { found: number[]; expected: number[] }>();
  for (const { name, network } of REFERENCE_VARIABLES) {
    if (!kit.tensors.has(`${after}/${name}`)) continue;
    const start = valuesOf(kit, kit.tensors.has(`${before}/${name}`) ? `${before}/${name}` : `weights/${name}`);
    const expected = valuesOf(kit, `${after}/${name}`), found = results.get(`${after}/${name}`);
    const change = changes.get(network) ?? { found: [], expected: [] };
    for (let i = 0; i < start.length; i++) {
      change.expected.push(expected[i] - start[i]);
      change.found.push(found ? found[i] - start[i] : NaN);
    }
    changes.set(network, change);
  }
  return new Map([...changes].map(([network, { found, expected }]) => {
    const distance = relativeL2(found, expected);
    return [`${after}/${network}`, Number.isNaN(distance) ? Infinity : distance];
  }));
}

/** The series of Adam steps on given gradients; the parameters stand in a plain buffer. */
function checkAdam(kit: Kit, backend: Backend): GroupResult[] {
  const { lr, beta1, beta2, eps } = kit.json.optimiser;
  const initial = floatsOf(kit, "initial"), gradients = floatsOf(kit, "grad");
  const [steps, n] = gradients.shape;
  using parameters = Tensor.from(backend, initial.data, [n], "parameters");
  using m = Tensor.from(backend, new Float32Array(n), [n], "m");
  using v = Tensor.from(backend, new Float32Array(n), [n], "v");
  const worst = new Map<string, Map<string, number>>(kit.tolerances.map(({ group }) => [group, new Map()]));
  for (let k = 0; k < steps; k++) {
    using gradient = Tensor.from(backend, gradients.data.slice(k * n, (k + 1) * n), [n], "gradient");
    const shape = { count: n, learningRate: lr, beta1, beta2, epsilon: eps, step: k + 1 };
    backend.adam(shape, { parameters, gradients: gradient, m, v });
    for (const [name, tensor] of [["var", parameters], ["m", m], ["v", v]] as const) {
      const tolerance = kit.tolerances.find(({ matches }) => matches(name));
      const expected = floatsOf(kit, name).data.subarray(k * n, (k + 1) * n);
      if (tolerance) {
        worst.get(tolerance.group)?.set(`${name}[${k}]`, difference(tolerance.metric, tensor.toFloat32(), expected));
      }
    }
  }
  return kit.tolerances.map((tolerance) => groupResult(kit.name, tolerance, worst.get(tolerance.group)!));
}

async function checkMetrics(kit: Kit, backend: Backend): Promise<GroupResult[]> {
  const results: Results = new Map();
  for (const name of Object.keys(kit.json.cases)) {
    const real = kit.tensors.get(`${name}/real`)!, labels = Uint8Array.from(valuesOf(kit, `${name}/real`));
    const scores = floatsOf(kit, `${name}/prob`);
    const scenes = real.shape[0], voxels = labels.length / scenes, classes = scores.shape.at(-1)!;
    using tape = new Tape(backend);
    using tensor = Tensor.from(backend, scores.data, scores.shape, "scores");
    const predicted = argmax(tape, tensor).toUint8();
    results.set(`${name}/recons`, predicted);
    const iou = new IouMeter();
    await using ap = new AveragePrecisionMeter(2);
    for (let i = 0; i < scenes; i++) {
      const scene = labels.subarray(i * voxels, (i + 1) * voxels);
      iou.add(scene, predicted.subarray(i * voxels, (i + 1) * voxels));
      await ap.add(scene, scores.data.subarray(i * voxels * classes, (i + 1) * voxels * classes));
    }
    const table = iou.finish(), precision = await ap.finish();
    results.set(`${name}/iou`, table.iou).set(`${name}/iou_reference`, table.iouReference);
    results.set(`${name}/iou_scene_count`, table.sceneCount).set(`${name}/ap_scene_count`, precision.sceneCount);
    results.set(`${name}/ap_reference`, precision.apReference).set(`${name}/ap_present`, precision.apPresent);
  }
  // A count matches both the pattern of its values and that of the counts; the later, exact one is meant.
  const toleranceOf = (name: string) => kit.tolerances.findLast(({ matches }) => matches(name));
  return kit.tolerances.map((tolerance) => {
    const names = [...kit.tensors.keys()].filter((name) => toleranceOf(name) === tolerance);
    const differences = names.map((name) => {
      const found = results.get(name);
      return [name, found ? difference(tolerance.metric, found, valuesOf(kit, name)) : Infinity] as const;
    });
    return groupResult(kit.name, tolerance, new Map(differences));
  });
}
