/**
 * A few iterations of both stages on a batch that is spread over the ranks. Rank 0 writes what came of it to the folder
 * that is given; every rank prints a hash of its weights.
 */
import { createHash } from "node:crypto";
import { print } from "../../base/output.ts";
import { roomSource } from "../../data/rooms/mod.ts";
import { openBackend } from "../../nn/backend/open.ts";
import type { DeviceName } from "../../nn/backend/device_name.ts";
import type { Group } from "../../nn/group/group.ts";
import { openCollectives, withCollectives } from "../../nn/group/nccl_collectives.ts";
import { openGroup } from "../../nn/group/open.ts";
import { Tensor } from "../../nn/tensor.ts";
import { modelOf } from "../../run/config.ts";
import { resolveOptions } from "../../run/options.ts";
import type { PhaseName } from "../../train/schedule.ts";
import { ofRank } from "../../train/ranks.ts";
import { Trainer, trainerOptions } from "../../train/trainer.ts";

/** Scenes of a batch, of all ranks together. */
const BATCH = 4;
const PATIENCE_SECONDS = 100;

/** What {@link trainTogether} gives. */
export interface Trained {
  /** Gradients of every network's step in the first iteration of each stage, by stage, place and network. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
  /** Weights after each stage, by stage and network. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  /** Losses of the last iterations. */
  readonly losses: Readonly<Record<string, number>>;
}

/**
 * Trains with the tiny preset for `iterations` of each stage, each from the initial weights: differences of the first
 * would be larger in the second, whose Adam begins with steps of the sign of the gradients.
 */
export async function trainTogether(alone: Group, iterations: number, device: DeviceName): Promise<Trained> {
  const batches = { batch: BATCH, refineBatch: BATCH, priorBatch: BATCH };
  const values = { preset: "tiny", device, learningRate: 1e-4, ...batches };
  const options = ofRank(resolveOptions([{ source: "test", values }]), alone);
  using engine = await openBackend(options.device, { threads: 1, deterministic: true });
  using collectives = await openCollectives(alone, engine, PATIENCE_SECONDS, () => {});
  const group = withCollectives(alone, collectives);
  using trainer = new Trainer(engine, modelOf(options), trainerOptions(options, false), group);
  const source = roomSource({ seed: 7, grid: options.grid, count: 64 }), n = BATCH / group.size;
  const gradients: Record<string, Float32Array> = {}, weights: Record<string, Float32Array> = {};
  for (const phase of ["base", "refine"] as const satisfies PhaseName[]) {
    trainer.networks.initialize(options.seed);
    for (let iteration = 0; iteration < iterations; iteration++) {
      const first = iteration * BATCH + group.rank * n;
      const scenes = await Promise.all(Array.from({ length: n }, (_, i) => source.read((first + i) % 64)));
      const all = new Uint8Array(scenes.flatMap((scene) => [...scene]));
      using labels = Tensor.from(engine, all, [n, ...options.grid], "labels");
      using z = trainer.drawLatent(n, options.seed, iteration);
      let place = 0;
      trainer.iterate(phase, labels, z, {
        onGradients(network, tensor) {
          if (iteration === 0) gradients[`${phase} ${place++} ${network}`] = tensor.toFloat32();
        },
      });
    }
    for (const { network, values } of trainer.networks.parameterSets) {
      weights[`${phase} ${network}`] = values.toFloat32();
    }
  }
  const losses = trainer.readLosses();
  group.finish();
  return { gradients, weights, losses };
}

if (import.meta.main) {
  const [folder, iterations, device] = Deno.args as [string, string, DeviceName];
  const group = await openGroup(PATIENCE_SECONDS, () => ({ device, folder: `${folder}.ranks` }));
  const { gradients, weights, losses } = await trainTogether(group, Number(iterations), device);
  const hash = createHash("sha256");
  for (const values of Object.values(weights)) hash.update(values);
  if (group.rank === 0) {
    for (const [name, values] of Object.entries({ ...gradients, ...weights })) {
      await Deno.writeFile(`${folder}/${name}`, new Uint8Array(values.buffer));
    }
  }
  print(JSON.stringify({ hash: hash.digest("hex"), losses }));
}
