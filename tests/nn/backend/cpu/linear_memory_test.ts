import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Block, LinearMemory } from "../../../../nn/backend/cpu/linear_memory.ts";
import { MemoryLedger, OutOfMemoryError } from "../../../../nn/backend/memory.ts";
import { deadline } from "../../../helpers/task.ts";

Deno.test("LinearMemory: live blocks never overlap, are aligned, and lie inside the memory", () => {
  const heap = new LinearMemory(new MemoryLedger("test"), 100);
  const step = fc.record({ release: fc.boolean(), pick: fc.nat(), bytes: fc.integer({ min: 0, max: 5000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const live: Block[] = [];
      for (const { release, pick, bytes } of steps) {
        if (release && live.length > 0) heap.release(live.splice(pick % live.length, 1)[0]);
        else live.push(heap.allocate(bytes, "x"));
      }
      live.sort((a, b) => a.address - b.address);
      live.forEach((block, index) => {
        assertEquals(block.address % 64, 0);
        const end = live[index + 1]?.address ?? heap.reservedBytes;
        assert(block.address >= 100 && block.address + block.byteLength <= end);
      });
      for (const block of live) heap.release(block);
      assertEquals(heap.ledger.liveBytes, 0);
    }),
  );
  assertEquals(heap.allocate(1, "x").address, 128, "everything that was given back is used again");
});

Deno.test("LinearMemory.allocate: the same size comes back from the pool, other sizes from merged neighbours", () => {
  const heap = new LinearMemory(new MemoryLedger("test"), 0);
  const [a, b] = [heap.allocate(1000, "a"), heap.allocate(1000, "b"), heap.allocate(64, "wall")];
  heap.release(a);
  assertEquals(heap.allocate(1000, "again").address, a.address);
  heap.release(b);
  const merged = new LinearMemory(new MemoryLedger("test"), 0);
  const [c, d] = [merged.allocate(1000, "c"), merged.allocate(1000, "d"), merged.allocate(64, "wall")];
  merged.release(d);
  merged.release(c);
  assertEquals(merged.allocate(2000, "both").address, c.address);
});

Deno.test("LinearMemory: limit, address space, and buffers released twice are errors that say so", () => {
  const limited = new LinearMemory(new MemoryLedger("test", 1000), 0);
  const held = limited.allocate(500, "held");
  const error = assertThrows(() => limited.allocate(600, "wanted"), OutOfMemoryError);
  assert(error.message.includes('"wanted"') && error.message.includes("held"), error.message);
  limited.release(held);
  assertThrows(() => limited.release(held), RangeError, "released twice");
  assertThrows(() => limited.allocate(-1, "negative"), RangeError);
  const heap = new LinearMemory(new MemoryLedger("test"), 0);
  const beyond = assertThrows(
    () => heap.allocate(2 ** 32, "too much"),
    OutOfMemoryError,
    "this engine addresses 4 GiB",
  );
  assert(!beyond.message.includes("--memory-limit"), beyond.message);
  assertEquals(heap.ledger.liveBytes, 0);
});

/** How much memory an engine finds in a process that may have so many KiB of data. */
async function reservedBelow(kibibytes: number): Promise<string> {
  const url = (path: string) => new URL(`../../../../nn/backend/${path}`, import.meta.url);
  const script = `import { LinearMemory } from "${url("cpu/linear_memory.ts")}";
    import { MemoryLedger, OutOfMemoryError } from "${url("memory.ts")}";
    try {
      console.log(new LinearMemory(new MemoryLedger("test"), 0).reservedBytes / 2 ** 20 + " MiB");
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      console.log(error.message);
    }`;
  const config = new URL("../../../../deno.json", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `ulimit -d ${kibibytes} && exec "$0" "$@"`, Deno.execPath(), "eval", "--config", config, script],
    signal: deadline(),
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trim();
}

Deno.test({
  name: "LinearMemory: has less where a process may not have 4 GiB, and too little is an error that says so (Linux)",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    assertEquals(await reservedBelow(8 * 2 ** 20), "4096 MiB");
    assertEquals(await reservedBelow(2 ** 21), "1024 MiB");
    assert((await reservedBelow(600_000)).includes("needs 64 MiB of memory at least"));
  },
});

Deno.test("LinearMemory: memory beyond 2 GiB is usable", () => {
  const heap = new LinearMemory(new MemoryLedger("test"), 0);
  const low = heap.allocate(2.5 * 2 ** 30, "low");
  const high = heap.allocate(4096, "high");
  assert(high.address > 2 ** 31);
  const words = new Uint32Array(heap.memory.buffer, high.address, 2);
  words[1] = 7;
  assertEquals(words[1], 7);
  heap.release(low);
});
