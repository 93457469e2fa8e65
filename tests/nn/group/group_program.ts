/**
 * What each rank of a test of collectives does; prints a line of JSON. With "silent" the last rank stays away. Arguments:
 * what, and where ranks meet that no MPI joins: device and folder.
 */
import { print } from "../../../base/output.ts";
import { gatherTexts, shared } from "../../../nn/group/group.ts";
import type { DeviceName } from "../../../nn/backend/device_name.ts";
import { openBackend } from "../../../nn/backend/open.ts";
import { GradientExchange } from "../../../nn/group/gradient_exchange.ts";
import { openGroup } from "../../../nn/group/open.ts";
import { ReferenceBackend } from "../../helpers/reference_backend.ts";
import { Tensor } from "../../../nn/tensor.ts";

const [what, device = "cpu", folder = null] = Deno.args as [string?, DeviceName?, string?];
const group = await openGroup(what === "silent" ? 3 : 60, () => ({ device, folder })), { rank, size } = group;
if (what === "silent") {
  if (rank === size - 1) await new Promise((resolve) => setTimeout(resolve, 30_000));
  else {
    try {
      group.barrier();
    } catch (error) {
      print(error instanceof Error ? error.message : String(error));
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 500)); // the launcher passes on what was written
  group.abort(3);
}
const engine = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
const inEngine = new Float32Array(engine.buffer, 1024, 3).fill(rank + 1);
engine.grow(100);
group.allReduce(inEngine);
const doubles = Float64Array.of(rank / 3, 1);
group.allReduce(doubles);
const started = new Float32Array(100_000).fill(1), exchange = group.startAllReduce(started);
while (!exchange.poll()) {
  // Computes meanwhile.
}
exchange.wait();
const random = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i * 7919 + rank * 104729) * 10 ** (i % 7));
const sums = Array.from({ length: 3 }, () => {
  const copy = random.slice();
  group.allReduce(copy);
  return new Uint8Array(copy.buffer).reduce((hash, byte) => Math.imul(hash ^ byte, 16777619), 0);
});
group.barrier();
using cpu = await openBackend("cpu", { threads: 1 });
using gradients = Tensor.from(
  cpu,
  Float32Array.from({ length: 300_000 }, (_, i) => i % 7 + rank),
  [300_000],
  "gradients",
);
const gathered = new GradientExchange(cpu, group, gradients);
for (let start = gradients.size; start > 1000; start -= 10_000) gathered.final(start);
gathered.finish();
const meanRank = (size - 1) / 2;
using oracle = new ReferenceBackend(); // an engine whose memory is not at hand
using apart = Tensor.from(oracle, Float32Array.of(rank, 1), [2], "gradients");
new GradientExchange(oracle, group, apart).finish();
const seen = {
  inEngine: [...inEngine],
  doubles: [...doubles],
  started: started.every((x) => x === size),
  sums,
  averaged: gradients.toFloat32().every((x, i) => Math.abs(x - i % 7 - meanRank) < 1e-5),
  apart: [...apart.toFloat32()],
  gathered: group.gather(Float64Array.of(rank, -rank)).map((part) => [...part]),
  texts: gatherTexts(group, "é".repeat(rank + 1)),
  shared: shared(group, { of: rank }),
  anyOf: group.anyOf(rank === size - 1, false),
};
const { localRank, sharingCores, name } = group;
group.finish();
print(JSON.stringify({ rank, size, localRank, sharingCores, name, seen }));
