import { assert, assertEquals, assertGreater } from "@std/assert";
import { CountingBackend } from "../../../nn/backend/counting_backend.ts";
import { resolveOptions } from "../../../run/options.ts";
import { emulatorProblem, NOTHING_ALIVE, runEmulated } from "../../helpers/emulated_device.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { countedIteration, totalOf } from "./counted_iteration.ts";
import type { PhaseRow } from "./cuda_bench.ts";
import { operationName } from "./operation_name.ts";
import { WatchedBackend } from "./watched_backend.ts";

const skipped = emulatorProblem ? ` (skipped: ${emulatorProblem})` : "";

Deno.test({
  name: `deno task bench --device cuda: every operation and both stages of the tiny preset, emulated${skipped}`,
  ignore: emulatorProblem !== null,
  fn: async () => {
    await using folder = await TemporaryFolder.make();
    const json = folder.join("bench.json");
    const flags = ["--device", "cuda", "--preset", "tiny", "--precision", "tf32", "--count", "3", "--json", json];
    const run = await runEmulated(["run", "-A", "--no-check", "tests/programs/bench/main.ts", ...flags]);
    assertEquals([run.code, run.state], [0, NOTHING_ALIVE], run.output);
    const rows = JSON.parse(await Deno.readTextFile(json)) as PhaseRow[];
    assertEquals(rows.map(({ precision, phase, batch }) => [precision, phase, batch]), [
      ["tf32", "base", 2],
      ["tf32", "refine", 2],
    ]);
    for (const row of rows) {
      // What was timed is what an iteration is made of.
      const options = resolveOptions([{ source: "test", values: { preset: "tiny", device: "cpu" } }]);
      const counted = countedIteration(options, row.phase);
      assertEquals(row.operations.map(({ operation }) => operation).sort(), [...counted.keys()].sort());
      for (const { operation, calls, milliseconds } of row.operations) {
        assertEquals(calls, counted.get(operation)?.calls);
        assertGreater(milliseconds, 0, operation);
      }
      assertEquals([row.floatOperations, row.calls], [
        totalOf(counted.values()).floatOperations,
        totalOf(counted.values()).calls,
      ]);
      // The latent samples are drawn before the iteration, which is one graph.
      assertEquals([row.launches, row.graphLaunches, row.allocations], [1, 1, 0]);
      assertGreater(row.milliseconds, 0);
      assert(row.wallMilliseconds >= row.issueMilliseconds);
      assert(row.peakBytes <= row.driverBytes, `${row.peakBytes} of ${row.driverBytes}`);
      const plans = row.operations.filter(({ plans }) => plans.length > 0);
      assert(plans.length > 5 && plans.every(({ operation }) => operation.startsWith("conv")));
      assert(
        plans.every(({ plans }) => plans.every(({ engine, workspaceBytes }) => engine > 0 && workspaceBytes >= 0)),
      );
    }
  },
});

Deno.test("WatchedBackend: the observer sees every operation and no memory; the engine does the work", () => {
  using engine = new CountingBackend();
  const watched = new WatchedBackend(engine), seen: string[] = [];
  watched.observer = (operation, run) => {
    seen.push(operation);
    run();
  };
  const { backend } = watched, buffer = backend.allocate(400, "test"), x = { buffer, byteOffset: 0 };
  const fill = () => backend.fill({ count: 100, value: 1 }, { x });
  fill();
  backend.softmax({ rows: 25, classes: 4 }, { logits: x, probabilities: x });
  watched.observer = null;
  fill();
  assertEquals(seen, ["fill 100", "softmax 25×4"]);
  assertEquals(engine.counts.byOperation().map(([name, { calls }]) => [name, calls]), [["softmax", 1], ["fill", 2]]);
  assertEquals(engine.memory.liveBytes, 400);
  backend.release(buffer);
});

Deno.test("operationName: convolutions by their sizes, others by theirs", () => {
  const geometry = {
    batch: 20,
    input: [80, 48, 80],
    channels: 12,
    output: [40, 24, 40],
    filters: 64,
    kernel: [5, 3, 5],
    stride: 2,
    padding: [2, 1, 2],
  };
  assertEquals(operationName("convForward", { geometry }), "convForward 5×3×5/2 12→64, 80×48×80, n 20");
  const product = { batch: 1, m: 2, n: 3, k: 4, transposeA: false, transposeB: true };
  assertEquals(operationName("gemm", product), "gemm 2×3×4");
  assertEquals(operationName("gemm", { ...product, batch: 16 }), "gemm 2×3×4, n 16");
  assertEquals(operationName("permute", { sizes: [5, 3, 4], order: [1, 0, 2] }), "permute 5×3×4");
  assertEquals(operationName("bceLogits", { count: 20, target: 1 }), "bceLogits 20");
  assertEquals(operationName("flush", {}), "flush");
});
