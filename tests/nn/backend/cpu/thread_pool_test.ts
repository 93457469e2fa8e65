import { assert, assertEquals, assertThrows } from "@std/assert";
import { openSystemEngine } from "../../../../nn/backend/cpu/system_engine.ts";
import { axpby, axpbyKernel, scaleKernel } from "../../../../nn/backend/cpu/kernels/axpby.ts";
import { fill, fillKernel } from "../../../../nn/backend/cpu/kernels/fill.ts";
import { CONTROL } from "../../../../nn/backend/cpu/threads/control.ts";
import { defineKernel, type Kernel } from "../../../../nn/backend/cpu/threads/kernel.ts";
import { I32, load } from "../../../../nn/backend/cpu/wasm/mod.ts";
import { MemoryLedger } from "../../../../nn/backend/memory.ts";

/** Counts how often each item was visited, in bytes that tasks share. */
const visit = defineKernel("visit", { counts: "address" }, (k, { counts }) => {
  k.range(k.begin, k.end, (i) => k.storeByte(counts.add(i), load.u8(counts.add(i)).add(1)));
});

/** Writes past the end of the largest memory. */
const trap = defineKernel("trap", {}, (k) => {
  k.if(k.task.eq(3), () => k.store(I32.of(-2), k.task));
});

/** The same on a worker; the main thread waits for that. */
const workerTrap = defineKernel("worker trap", { mainScratch: "address" }, (k, { mainScratch }) => {
  const turns = k.i32(0), waits = load.atomicI32(I32.of(CONTROL.failed)).eq(0).and(turns.lt(100_000_000));
  k.if(
    k.scratch.eq(mainScratch),
    () => k.while(waits, () => turns.set(turns.add(1))),
    () => k.store(I32.of(-2), k.task),
  );
});

const kernels: Kernel[] = [fillKernel, axpbyKernel, scaleKernel, visit, trap, workerTrap];
const open = (threads: number) => openSystemEngine(kernels, threads, new MemoryLedger("test"));
const sanitizers = { sanitizeOps: true, sanitizeResources: true };

Deno.test({
  name: "ThreadPool: every item is visited once, for any split and number of threads",
  ...sanitizers,
  fn: async () => {
    for (const threads of [1, 2, 5]) {
      using engine = await open(threads);
      for (const [count, grain] of [[1, 1], [7, 3], [1000, 1], [50_000, 77], [50_000, 50_000]]) {
        const { address } = engine.heap.allocate(count, "counts");
        const counts = new Uint8Array(engine.heap.memory.buffer, address, count).fill(0);
        for (let repeat = 1; repeat <= 20; repeat++) engine.run(visit, { count, grain }, { counts: address });
        assert(counts.every((value) => value === 20), `${threads} threads, ${count} items by ${grain}`);
      }
    }
  },
});

Deno.test({
  name: "ThreadPool: jobs work after idle gaps in which workers fell asleep",
  ...sanitizers,
  fn: async () => {
    using engine = await open(3);
    const count = 3000;
    const { address } = engine.heap.allocate(count, "counts");
    const counts = new Uint8Array(engine.heap.memory.buffer, address, count).fill(0);
    for (let repeat = 1; repeat <= 20; repeat++) {
      await new Promise((resolve) => setTimeout(resolve, repeat % 3));
      engine.run(visit, { count, grain: 10 }, { counts: address });
    }
    assert(counts.every((value) => value === 20));
  },
});

Deno.test("ThreadPool.run: a trap in any thread becomes an error and closes the pool", async () => {
  using engine = await open(3);
  assertThrows(() => engine.run(trap, { count: 64, grain: 1 }, {}), Error, "kernel trap of the CPU engine failed");
  assertThrows(() => engine.run(trap, { count: 1, grain: 1 }, {}), TypeError, "closed or has failed");
});

Deno.test("ThreadPool.run: what stopped a worker is the cause of the error", async () => {
  using engine = await open(3);
  const error = assertThrows(
    () => engine.run(workerTrap, { count: 3, grain: 1 }, { mainScratch: CONTROL.end }),
    Error,
    "kernel worker trap of the CPU engine failed",
  );
  assertEquals((error.cause as Error).message, "RuntimeError: memory access out of bounds");
});

Deno.test("ThreadPool.run: refuses kernels it was not opened with, and work after dispose", async () => {
  const engine = await open(2);
  const other = defineKernel("other", {}, () => {});
  assertThrows(() => engine.run(other, { count: 1, grain: 1 }, {}), TypeError, "kernel other");
  engine[Symbol.dispose]();
  assertThrows(() => engine.run(visit, { count: 1, grain: 1 }, { counts: 4096 }), TypeError, "closed");
});

Deno.test("fill and axpby: counts around the vector width", async () => {
  using engine = await open(2);
  for (const count of [1, 3, 4, 5, 16383, 16384, 16389, 40_001]) {
    const x = engine.heap.allocate(count * 4 + 4, "x"), y = engine.heap.allocate(count * 4 + 4, "y");
    const floats = new Float32Array(engine.heap.memory.buffer);
    floats[x.address / 4 + count] = -5;
    fill(engine, { count, value: 2.5 }, { x: x.address });
    fill(engine, { count, value: 1 }, { x: y.address });
    axpby(engine, { count, a: 2, b: 3 }, { x: x.address, y: y.address });
    assert(floats.subarray(y.address / 4, y.address / 4 + count).every((value) => value === 8), `${count}`);
    floats[y.address / 4] = NaN;
    axpby(engine, { count, a: 2, b: 0 }, { x: x.address, y: y.address });
    assert(floats.subarray(y.address / 4, y.address / 4 + count).every((value) => value === 5), `${count}`);
    assertEquals(floats[x.address / 4 + count], -5);
    engine.heap.release(x);
    engine.heap.release(y);
  }
});

Deno.test("ThreadPool: a process that forgot to dispose still exits", async () => {
  const url = new URL("../../../../nn/backend/cpu/system_engine.ts", import.meta.url);
  const ledger = new URL("../../../../nn/backend/memory.ts", import.meta.url);
  const script = `import { openSystemEngine } from "${url}"; import { MemoryLedger } from "${ledger}";
    await openSystemEngine([], 3, new MemoryLedger("test"));`;
  const config = new URL("../../../../deno.json", import.meta.url).pathname;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", "--config", config, script],
    signal: AbortSignal.timeout(20_000),
  }).output();
  assertEquals(code, 0);
});
