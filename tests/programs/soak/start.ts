/** One start for starts.ts: the engine, the paper's networks with their weights and, if asked, one iteration. */
import { openBackend } from "../../../nn/backend/open.ts";
import { newTrainer } from "../../../train/loop.ts";
import { resolveOptions } from "../../../run/options.ts";
import { firstIteration } from "../bench/iterations.ts";

const [threads, iterations] = Deno.args.map(Number), values = { preset: "full", batch: 2 };
using backend = await openBackend("cpu", { threads });
if (iterations > 0) firstIteration(backend, values);
else {
  const options = resolveOptions([{ source: "starts.ts", values }]);
  using trainer = newTrainer(backend, options);
  trainer.networks.initialize(options.seed);
}
