/** A rank of the measurement: preset, batch and pairs of iterations; rank 0 prints what it waited. */
import { print } from "../../../base/output.ts";
import { roomSource } from "../../../data/rooms/mod.ts";
import { openBackend } from "../../../nn/backend/open.ts";
import type { Group, Numbers } from "../../../nn/group/group.ts";
import { openGroup } from "../../../nn/group/open.ts";
import { Tensor } from "../../../nn/tensor.ts";
import { modelOf } from "../../../run/config.ts";
import { resolveOptions } from "../../../run/options.ts";
import { ofRank } from "../../../train/ranks.ts";
import { Trainer, trainerOptions } from "../../../train/trainer.ts";

/** Seconds that rank 0 waited in each iteration of the base stage. */
export interface Waits {
  readonly atTheEnd: number[];
  readonly alongTheWay: number[];
}

const [preset, batch, pairs] = Deno.args;
const group = await openGroup(600, () => ({ device: "cpu", folder: null }));
let waitsForTheEnd = true;
const measured = new Proxy(group, {
  get(group, name) {
    if (name === "startAllReduce") return startAllReduce;
    const member: unknown = Reflect.get(group, name, group);
    return typeof member === "function" ? member.bind(group) : member;
  },
});

/** Of the same buckets, now or when they are waited for. */
function startAllReduce(x: Numbers): ReturnType<Group["startAllReduce"]> {
  if (!waitsForTheEnd) return group.startAllReduce(x);
  return { poll: () => false, wait: () => group.allReduce(x) };
}

const values = { preset, batch: Number(batch), refineIterations: 0, priorIterations: 0, device: "cpu", threads: 1 };
const options = ofRank(resolveOptions([{ source: "measurement", values }]), group);
using engine = await openBackend("cpu", { threads: options.threads });
using trainer = new Trainer(engine, modelOf(options), trainerOptions(options, false), measured);
trainer.networks.initialize(options.seed);
const source = roomSource({ seed: group.rank, grid: options.grid, count: options.batch });
const scenes = await Promise.all(Array.from({ length: options.batch }, (_, i) => source.read(i)));
const shape = [options.batch, ...options.grid];
using labels = Tensor.from(engine, new Uint8Array(scenes.flatMap((scene) => [...scene])), shape, "labels");
using z = trainer.drawLatent(options.batch, options.seed, 0);
const waits: Waits = { atTheEnd: [], alongTheWay: [] };
// The first two only warm up.
for (let iteration = 0; iteration < 2 * (Number(pairs) + 1); iteration++) {
  waitsForTheEnd = iteration % 2 === 0;
  group.barrier();
  const before = group.secondsWaited ?? 0;
  trainer.iterate("base", labels, z);
  const seconds = (group.secondsWaited ?? 0) - before;
  if (iteration >= 2) (waitsForTheEnd ? waits.atTheEnd : waits.alongTheWay).push(seconds);
}
group.finish();
if (group.rank === 0) print(JSON.stringify(waits));
