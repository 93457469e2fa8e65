import { assertEquals, assertThrows } from "@std/assert";
import { Assembler, RAX, RDI, RSI } from "../../../../../nn/backend/cpu/native/assembler/mod.ts";
import { ExecutableMemory } from "../../../../../nn/backend/cpu/native/machine/executable_memory.ts";
import { askProcessor, processorOf } from "../../../../../nn/backend/cpu/native/machine/processor.ts";

const runs = Deno.build.os === "linux" && Deno.build.arch === "x86_64";

Deno.test({
  name: "ExecutableMemory: runs generated code, and nothing after it was freed (Linux on x86-64)",
  ignore: !runs,
  fn() {
    const a = new Assembler();
    a.mov(RAX, RDI);
    a.imul(RAX, RSI);
    a.ret();
    const memory = new ExecutableMemory(a.finish());
    const multiply = new Deno.UnsafeFnPointer(memory.address(), { parameters: ["i64", "i64"], result: "i64" });
    assertEquals(multiply.call(-6n, 7n), -42n);
    memory[Symbol.dispose]();
    memory[Symbol.dispose]();
    assertThrows(() => memory.address(), TypeError, "freed");
  },
});

Deno.test({
  name: "ExecutableMemory: is mapped executable and not writable (Linux on x86-64)",
  ignore: !runs,
  fn() {
    using memory = new ExecutableMemory(new Uint8Array(5000));
    assertEquals(memory.byteLength, 8192);
    const start = Deno.UnsafePointer.value(memory.address()).toString(16);
    const line = Deno.readTextFileSync("/proc/self/maps").split("\n").find((line) => line.startsWith(start));
    assertEquals(line?.split(" ")[1], "r-xp");
  },
});

Deno.test({
  name: "askProcessor: agrees with the kernel's list (Linux on x86-64)",
  ignore: !runs,
  fn() {
    const flags = /^flags\s*:(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))![1].trim().split(" ");
    const has = (...names: string[]) => names.every((name) => flags.includes(name));
    const avx2 = has("avx2", "fma", "bmi2");
    const avx512 = avx2 && has("avx512f", "avx512bw", "avx512dq", "avx512vl");
    assertEquals(askProcessor(), { avx2, avx512, avx512bf16: avx512 && has("avx512_bf16") });
  },
});

Deno.test("processorOf: what the system does not save is not used", () => {
  const all = Uint32Array.of(-1, -1, -1, 0xe6);
  assertEquals(processorOf(all), { avx2: true, avx512: true, avx512bf16: true });
  assertEquals(processorOf(all.with(3, 0x6)), { avx2: true, avx512: false, avx512bf16: false });
  assertEquals(processorOf(all.with(3, 0x2)), { avx2: false, avx512: false, avx512bf16: false });
  assertEquals(processorOf(all.with(2, 0)), { avx2: true, avx512: true, avx512bf16: false });
  assertEquals(processorOf(all.with(0, ~(1 << 27))), { avx2: false, avx512: false, avx512bf16: false });
});
