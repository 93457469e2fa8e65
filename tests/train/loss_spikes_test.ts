import { assertEquals } from "@std/assert";
import { LossSpikes } from "../../train/loss_spikes.ts";

/** Falls slowly and swings by a tenth. */
const usual = (row: number) => ({ losses: { rec: 100 - row + 10 * Math.sin(row), G: 1.4 } });

Deno.test("LossSpikes: a loss far above what it was of late is named, noise and steady falling are not", () => {
  const spikes = new LossSpikes();
  for (let row = 0; row < 40; row++) assertEquals(spikes.watch(usual(row).losses), []);
  assertEquals(spikes.watch({ rec: 400, G: 1.41 }), ["rec"]);
  assertEquals(spikes.watch({ rec: 60, G: 40 }), ["G"]);
  assertEquals(spikes.watch({ rec: 0.1, G: 0 }), []);
});

Deno.test("LossSpikes: knows nothing of the first rows, and goes on from those of a resumed run", () => {
  const rows = Array.from({ length: 30 }, (_, row) => usual(row));
  assertEquals(new LossSpikes(rows.slice(0, 10)).watch({ rec: 1e6 }), []);
  assertEquals(new LossSpikes(rows).watch({ rec: 1e6 }), ["rec"]);
});
