/** What each rank of a test of collectives does; prints a line of JSON. With "silent" the last rank stays away. */
import { print } from "../../../base/output.ts";
import { gatherTexts, shared } from "../../../nn/group/group.ts";
import { openGroup } from "../../../nn/group/open.ts";

const [what] = Deno.args;
const group = openGroup(what === "silent" ? 3 : 60), { rank, size } = group;
if (what === "silent") {
  if (rank === size - 1) await new Promise((resolve) => setTimeout(resolve, 30_000));
  else {
    try {
      group.barrier();
    } catch (error) {
      print(error instanceof Error ? error.message : String(error));
    }
  }
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
const seen = {
  inEngine: [...inEngine],
  doubles: [...doubles],
  started: started.every((x) => x === size),
  sums,
  gathered: group.gather(Float64Array.of(rank, -rank)).map((part) => [...part]),
  texts: gatherTexts(group, "é".repeat(rank + 1)),
  shared: shared(group, { of: rank }),
  anyOf: group.anyOf(rank === size - 1, false),
};
const { localRank, sharingCores, name } = group;
group.finish();
print(JSON.stringify({ rank, size, localRank, sharingCores, name, seen }));
