import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../../../base/errors.ts";
import { chooseCode } from "../../../../../nn/backend/cpu/native/choice.ts";
import { deadline } from "../../../../helpers/task.ts";

const both = () => ({ sets: ["AVX-512", "AVX2"], bfloat16: true, problem: null } as const);
const none = () => ({ sets: [], bfloat16: false, problem: "the processor has no AVX2" });

Deno.test("chooseCode: machine code where it runs, otherwise WebAssembly with a line that says why", () => {
  assertEquals(chooseCode("auto", false, both), { code: "AVX-512", notice: null });
  assertEquals(chooseCode("native", false, both), { code: "AVX-512", notice: null });
  assertEquals(chooseCode("wasm", false, both), { code: "WebAssembly", notice: null });
  const { code, notice } = chooseCode("auto", false, none);
  assertEquals(code, "WebAssembly");
  assert(notice?.includes("because the processor has no AVX2") && !notice.includes("\n"));
  assertThrows(() => chooseCode("native", false, none), UserError, "the processor has no AVX2; use --cpu-engine wasm");
});

Deno.test("chooseCode: products of bfloat16 only where they run, and never in silence something else", () => {
  const old = () => ({ ...both(), bfloat16: false });
  assertEquals(chooseCode("auto", true, both), { code: "AVX-512", notice: null });
  assertThrows(() => chooseCode("auto", true, old), UserError, "because the processor has no AVX512-BF16; use");
  assertThrows(() => chooseCode("native", true, none), UserError, "because the processor has no AVX2; use");
  assertThrows(() => chooseCode("wasm", true, both), UserError, "because WebAssembly has no such products; use");
});

Deno.test("openBackend: without permission for FFI the engine is WebAssembly, and says so once", async () => {
  const open = new URL("../../../../../nn/backend/open.ts", import.meta.url);
  const script = `
    import { openBackend } from ${JSON.stringify(open.href)};
    const lines: string[] = [];
    using backend = await openBackend("cpu", { threads: 2, notice: (line) => lines.push(line) });
    await Deno.stdout.write(new TextEncoder().encode(JSON.stringify({ name: backend.name, lines })));`;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, script);
    const config = new URL("../../../../../deno.json", import.meta.url).pathname;
    const args = ["run", "--no-prompt", "--no-check", "--allow-read", "--config", config, file];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, signal: deadline() }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    const { name, lines } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(name, "cpu-wasm (2 threads)");
    assertEquals(lines.length, 1);
  } finally {
    await Deno.remove(file);
  }
});
