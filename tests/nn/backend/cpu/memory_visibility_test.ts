/** Whether every thread may use a block as soon as it is handed out, however high in the memory it lies. */
import { assert, assertEquals } from "@std/assert";
import { CpuBackend } from "../../../../nn/backend/cpu/cpu_backend.ts";
import { openSystemEngine } from "../../../../nn/backend/cpu/system_engine.ts";
import { chooseCode } from "../../../../nn/backend/cpu/native/choice.ts";
import { CONTROL } from "../../../../nn/backend/cpu/threads/control.ts";
import { defineKernel } from "../../../../nn/backend/cpu/threads/kernel.ts";
import { MemoryLedger } from "../../../../nn/backend/memory.ts";
import { busyProcesses } from "../../../helpers/busy_processes.ts";

/** So many blocks of this size fill the memory; only the last bytes of each are touched. */
const BLOCKS = 250, BLOCK_BYTES = 16 * 2 ** 20;

/**
 * Writes `turns` to a word, again and again until it has that value; on a worker so many turns more. So the main thread
 * often sleeps when the worker is done, and wakes in its place: that is when the worker may miss what happens next.
 */
const dawdle = defineKernel(
  "dawdle",
  { words: "address", turns: "i32", more: "i32", mainScratch: "address" },
  (k, { words, turns, more, mainScratch }) => {
    const turn = k.i32(0), word = k.i32(words.add(k.task.shl(2)));
    k.if(k.scratch.eq(mainScratch).not(), () => turns.set(turns.add(more)));
    k.while(turn.lt(turns), () => {
      turn.set(turn.add(1));
      k.store(word, turn);
    });
  },
);

Deno.test("Engine: 2000 blocks, each higher than those before, are at once usable by all threads of a busy machine", async () => {
  using _busy = busyProcesses(2 * navigator.hardwareConcurrency);
  const tasks = 32, turns = 10_000, more = 1_000_000, mainScratch = CONTROL.end;
  for (let filled = 0; filled < 8; filled++) {
    using engine = await openSystemEngine([dawdle], 2, new MemoryLedger("test"));
    for (let i = 0; i < BLOCKS; i++) {
      const { address } = engine.heap.allocate(BLOCK_BYTES, "block"), words = address + BLOCK_BYTES - tasks * 4;
      engine.run(dawdle, { count: tasks, grain: 1 }, { words, turns, more, mainScratch });
      const written = new Int32Array(engine.heap.memory.buffer, words, tasks);
      assert(written.every((word) => word === turns || word === turns + more), `block ${i}: ${written}`);
    }
  }
});

Deno.test("CpuBackend: operands of products may lie at any address, in machine code too where it runs", async () => {
  const side = 128, floats = side * side, ones = new Float32Array(floats).fill(1), product = new Float32Array(floats);
  for (const code of new Set([chooseCode("auto").code, "WebAssembly"] as const)) {
    using backend = await CpuBackend.open({ threads: 2, code });
    for (let i = 0; i < BLOCKS; i++) {
      const buffer = backend.allocate(BLOCK_BYTES, "block");
      const [a, b, c] = [3, 2, 1].map((n) => ({ buffer, byteOffset: BLOCK_BYTES - n * floats * 4 }));
      for (const operand of [a, b]) backend.upload(ones, operand);
      const shape = { batch: 1, m: side, n: side, k: side, transposeA: false, transposeB: false, accumulate: false };
      backend.gemm(shape, { a, b, c });
      backend.download(c, product);
      assertEquals(product.find((sum) => sum !== side), undefined, `${code}, block ${i}`);
    }
  }
});
