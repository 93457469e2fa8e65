/**
 * A few iterations of both stages on a batch that is spread over the ranks. Rank 0 writes what came of it to the folder
 * that is given; every rank prints a hash of its weights.
 */
import { createHash } from "node:crypto";
import { print } from "../../base/output.ts";
import { roomSource } from "../../data/rooms/mod.ts";
import { openBackend } from "../../nn/backend/open.ts";
import type { Group } from "../../nn/group/group.ts";
import { openGroup } from "../../nn/group/open.ts";
import { Tensor } from "../../nn/tensor.ts";
import { modelOf } from "../../run/config.ts";
import { resolveOptions } from "../../run/options.ts";
import type { PhaseName } from "../../train/schedule.ts";
import { Trainer, trainerOptions } from "../../train/trainer.ts";

/** Scenes of a batch, of all ranks together. */
const BATCH = 4;

/** What {@link trainTogether} gives. */
export interface Trained {
  /** Gradients of every network's step in the first iteration of each stage, by stage, place and network. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
  /** Weights at the end, by network. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  /** Losses of the last iterations. */
  readonly losses: Readonly<Record<string, number>>;
}

/** Trains with the tiny preset for `iterations` of each stage. */
export async function trainTogether(group: Group, iterations: number): Promise<Trained> {
  const options = resolveOptions([{ source: "test", values: { preset: "tiny", device: "cpu", learningRate: 1e-4 } }]);
  using engine = await openBackend("cpu", { threads: 1 });
  using trainer = new Trainer(engine, modelOf(options), trainerOptions(options, false), group);
  trainer.networks.initialize(options.seed);
  const source = roomSource({ seed: 7, grid: options.grid, count: 64 }), n = BATCH / group.size;
  const gradients: Record<string, Float32Array> = {};
  for (const phase of ["base", "refine"] as const satisfies PhaseName[]) {
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
  }
  const { parameterSets } = trainer.networks;
  const weights = Object.fromEntries(parameterSets.map(({ network, values }) => [network, values.toFloat32()]));
  return { gradients, weights, losses: trainer.readLosses() };
}

if (import.meta.main) {
  const [folder, iterations] = Deno.args, group = openGroup(100);
  const { gradients, weights, losses } = await trainTogether(group, Number(iterations));
  const hash = createHash("sha256");
  for (const values of Object.values(weights)) hash.update(values);
  if (group.rank === 0) {
    for (const [name, values] of Object.entries({ ...gradients, ...weights })) {
      await Deno.writeFile(`${folder}/${name}`, new Uint8Array(values.buffer));
    }
  }
  group.finish();
  print(JSON.stringify({ hash: hash.digest("hex"), losses }));
}
