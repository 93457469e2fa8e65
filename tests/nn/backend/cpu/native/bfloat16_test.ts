import { assert, assertEquals } from "@std/assert";
import { Tensor } from "../../../../../nn/tensor.ts";
import type { Backend, ConvGeometry, Span } from "../../../../../nn/backend/backend.ts";
import { CpuBackend } from "../../../../../nn/backend/cpu/cpu_backend.ts";
import { availableMachineCode } from "../../../../../nn/backend/cpu/native/available.ts";
import type { WordFormat } from "../../../../../nn/backend/cpu/multiply/word_format.ts";
import { convolutionSizes } from "../../../../helpers/convolution_sizes.ts";
import { makeRoom } from "../../../../../data/rooms/mod.ts";
import { newTrainer } from "../../../../../train/loop.ts";
import { resolveOptions } from "../../../../../run/options.ts";
import { normal, Twin } from "../../suite/twin.ts";
import { roundedToBfloat16 } from "../../../../helpers/bfloat16.ts";

const ignore = !availableMachineCode().bfloat16;
const open = () => CpuBackend.open({ threads: 2, code: "AVX-512", format: "bfloat16" });

/** Odd sizes everywhere but where sums over channels or filters have to be even. */
const SHAPE: ConvGeometry = {
  batch: 2,
  input: [5, 4, 37],
  channels: 14,
  output: [3, 2, 19],
  filters: 38,
  kernel: [5, 3, 5],
  stride: 2,
  padding: [2, 1, 2],
};
const PRODUCT = { batch: 1, m: 70, n: 99, k: 130 };

type Run = (backend: Backend, x: Span, w: Span, y: Span) => void;
const geometry = SHAPE, sizes = convolutionSizes(SHAPE), { m, n, k } = PRODUCT;

/** Operations with the sizes of two operands and a result, which are run with the result last. */
const OPERATIONS: readonly (readonly [name: string, counts: readonly [number, number, number], run: Run])[] = [
  [
    "convForward",
    [sizes.input, sizes.filter, sizes.output],
    (b, input, filter, output) => b.convForward({ geometry }, { input, filter, output }),
  ],
  [
    "convInputGradient",
    [sizes.output, sizes.filter, sizes.input],
    (b, dOutput, filter, dInput) => b.convInputGradient({ geometry, accumulate: false }, { dOutput, filter, dInput }),
  ],
  [
    "convFilterGradient",
    [sizes.input, sizes.output, sizes.filter],
    (b, input, dOutput, dFilter) => b.convFilterGradient({ geometry, accumulate: false }, { input, dOutput, dFilter }),
  ],
  ...[[false, false], [true, false], [false, true], [true, true]].map(([transposeA, transposeB]) =>
    [
      `gemm ${transposeA} ${transposeB}`,
      [m * k, k * n, m * n],
      (backend: Backend, a: Span, b: Span, c: Span) =>
        backend.gemm({ ...PRODUCT, transposeA, transposeB, accumulate: false }, { a, b, c }),
    ] as const
  ),
];

Deno.test({
  name: "bfloat16: rounds operands to nearest, ties to even, and nothing else (needs AVX512-BF16)",
  ignore,
  async fn() {
    using backend = await open();
    for (const [name, [first, second, result], run] of OPERATIONS) {
      const [x, w] = [normal(first, 1), normal(second, 2)];
      // Ties: halfway between two bfloat16 numbers, the lower of which is even or odd.
      x.set(new Float32Array(Uint32Array.of(0x3f808000, 0x3f818000, 0xbf808001, 0x3f80ffff).buffer), 3);
      using raw = new Twin(backend);
      const exact = [x, w].map((numbers) => raw.operand(numbers)), found = raw.output(result);
      raw.run((engine, at) => engine === backend && run(engine, at(exact[0]), at(exact[1]), at(found)));
      using rounded = new Twin(backend);
      const operands = [x, w].map((numbers) => rounded.operand(roundedToBfloat16(numbers))), c = rounded.output(result);
      rounded.run((engine, at) => run(engine, at(operands[0]), at(operands[1]), at(c)));
      assertEquals(raw.read(found), rounded.read(c), name);
      rounded.assertClose(c, { absolute: 1e-3 }, name);
    }
  },
});

Deno.test({
  name: "bfloat16: the error against float32 is that of rounding both operands (needs AVX512-BF16)",
  ignore,
  async fn() {
    using backend = await open();
    for (const [name, [first, second, result], run] of OPERATIONS) {
      using pair = new Twin(backend);
      const operands = [normal(first, 1), normal(second, 2)].map((numbers) => pair.operand(numbers));
      const c = pair.output(result);
      pair.run((engine, at) => run(engine, at(operands[0]), at(operands[1]), at(c)));
      const [actual, expected] = [pair.read(c, 0), pair.read(c, 1)];
      let difference = 0, norm = 0;
      for (let i = 0; i < result; i++) {
        difference += (actual[i] - expected[i]) ** 2;
        norm += expected[i] ** 2;
      }
      const error = Math.sqrt(difference / norm);
      // Each operand is off by at most 2^-8, evenly spread: 2^-8/√3 and √2 for two, less as mantissas vary.
      assert(error > 1e-3 && error < 3e-3, `${name}: relative error ${error}`);
    }
  },
});

Deno.test("bfloat16: other code than AVX-512 refuses it", async () => {
  for (const code of ["AVX2", "WebAssembly"] as const) {
    const message = await CpuBackend.open({ code, format: "bfloat16" }).then(() => "", (error) => String(error));
    assertEquals(message, `RangeError: ${code} has no products of bfloat16`);
  }
});

/** The reconstruction loss of the first and the last of 60 iterations on two rooms. */
async function lossAfter(format: WordFormat): Promise<{ first: number; last: number }> {
  using backend = await CpuBackend.open({ threads: 2, code: "AVX-512", format });
  const options = resolveOptions([{ source: "test", values: { preset: "tiny", learningRate: 3e-3 } }]);
  using trainer = newTrainer(backend, options);
  trainer.networks.initialize(options.seed);
  const rooms = [0, 1].flatMap((room) => [...makeRoom(options.grid, 1, room)]);
  const losses: number[] = [];
  for (let i = 0; i < 60; i++) {
    using labels = Tensor.from(backend, Uint8Array.from(rooms), [2, ...options.grid], "labels");
    using z = trainer.drawLatent(2, options.seed, i);
    trainer.iterate("base", labels, z);
    losses.push(trainer.readLosses().recons_loss);
  }
  return { first: losses[0], last: losses[59] };
}

Deno.test({
  name: "bfloat16: training the tiny preset converges as in float32 (needs AVX512-BF16)",
  ignore,
  async fn() {
    const exact = await lossAfter("float32"), rounded = await lossAfter("bfloat16");
    const text = JSON.stringify({ exact, rounded });
    assert(rounded.last < 0.15 * rounded.first, text);
    assert(rounded.last < 1.3 * exact.last, text);
  },
});
