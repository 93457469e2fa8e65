import { assert, assertEquals } from "@std/assert";
import { fillNormal } from "../../../../../base/random.ts";
import type { ConvGeometry, Span } from "../../../../../nn/backend/backend.ts";
import { CpuBackend } from "../../../../../nn/backend/cpu/cpu_backend.ts";
import type { WordFormat } from "../../../../../nn/backend/cpu/multiply/word_format.ts";
import { availableMachineCode } from "../../../../../nn/backend/cpu/native/available.ts";
import type { VectorSetName } from "../../../../../nn/backend/cpu/native/vector_set.ts";

const { sets, bfloat16 } = availableMachineCode();
const CASES = 40;

for (const [code, format] of [["AVX-512", "float32"], ["AVX-512", "bfloat16"], ["AVX2", "float32"]] as const) {
  const missing = !sets.includes(code) || (format === "bfloat16" && !bfloat16);

  Deno.test({
    name: `machine code: ${code}, ${format} agrees with literal loops on random shapes, in a process of its own`,
    ignore: missing,
    async fn() {
      const child = new URL("./fuzz_child.ts", import.meta.url).pathname, seed = Date.now() % 2 ** 31;
      const args = ["run", "-A", "--no-check", child, code, format, String(seed), String(CASES)];
      const { code: status, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
      const text = new TextDecoder();
      assert(status === 0, `seed ${seed} ended with ${status} ${signal}: ${text.decode(stderr)}`);
      assertEquals(text.decode(stdout), String(CASES * 7));
    },
  });

  Deno.test({
    name: `machine code: ${code}, ${format} gives the same bits with any number of threads and in every repetition`,
    ignore: missing,
    async fn() {
      const first = await results(code, format, 1);
      for (const threads of [1, 2, 3]) assertEquals(await results(code, format, threads), first);
    },
  });
}

const GEOMETRY: ConvGeometry = {
  batch: 2,
  input: [8, 6, 30],
  channels: 12,
  output: [4, 3, 15],
  filters: 40,
  kernel: [5, 3, 5],
  stride: 2,
  padding: [2, 1, 2],
};

/** Bits of each direction of a convolution and of products with so many threads. */
async function results(code: VectorSetName, format: WordFormat, threads: number): Promise<Uint32Array[]> {
  using backend = await CpuBackend.open({ threads, code, format });
  const operand = (count: number, stream: number): Span => {
    const numbers = new Float32Array(count), buffer = backend.allocate(count * 4, "test");
    fillNormal(numbers, { seed: 3, stream, iteration: 0 }, 0, 1);
    backend.upload(numbers, { buffer, byteOffset: 0 });
    return { buffer, byteOffset: 0 };
  };
  const bits = (span: Span, count: number) => {
    const words = new Uint32Array(count);
    backend.download(span, words);
    return words;
  };
  const input = operand(2 * 8 * 6 * 30 * 12, 1), filter = operand(40 * 75 * 12, 2), output = operand(2 * 180 * 40, 3);
  const found: Uint32Array[] = [];
  const geometry = GEOMETRY;
  backend.convForward({ geometry }, { input, filter, output });
  found.push(bits(output, 2 * 180 * 40));
  backend.convFilterGradient({ geometry, accumulate: false }, { input, dOutput: output, dFilter: filter });
  found.push(bits(filter, 40 * 75 * 12));
  backend.convInputGradient({ geometry, accumulate: true }, { dOutput: output, filter, dInput: input });
  found.push(bits(input, 2 * 8 * 6 * 30 * 12));
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      const shape = { batch: 1, m: 150, n: 96, k: 74, transposeA, transposeB, accumulate: false };
      backend.gemm(shape, { a: input, b: filter, c: output });
      found.push(bits(output, 150 * 96));
    }
  }
  return found;
}
