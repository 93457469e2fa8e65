/**
 * Runs random convolutions, products and operations on rows in machine code against literal loops, in a process of its own: code that errs
 * may end it. Arguments: set of instructions, format, seed, number of cases. Prints the number of operations compared.
 * With bfloat16 all operands are such numbers, so that rounding them changes nothing and the oracle's results hold.
 */
import type { ConvGeometry, Size3 } from "../../../../../nn/backend/backend.ts";
import { CpuBackend } from "../../../../../nn/backend/cpu/cpu_backend.ts";
import type { ProductCode } from "../../../../../nn/backend/cpu/native/choice.ts";
import type { WordFormat } from "../../../../../nn/backend/cpu/multiply/word_format.ts";
import { UniformSequence } from "../../../../../base/random.ts";
import { convolutionSizes } from "../../../../helpers/convolution_sizes.ts";
import { normal, someLabels, Twin } from "../../suite/twin.ts";
import { roundedToBfloat16 } from "../../../../helpers/bfloat16.ts";

const [code, format] = [Deno.args[0] as ProductCode, Deno.args[1] as WordFormat];
const [seed, cases] = [Number(Deno.args[2]), Number(Deno.args[3])];
/** Error of a sum of n products of normal numbers, divided by √n. */
const SUM_TOLERANCE = 1e-5;
/** Channels around the widths of vectors, and odd ones. */
const CHANNELS = [1, 2, 3, 5, 7, 8, 9, 12, 13, 15, 16, 17, 24, 31, 32, 33, 40, 48, 49, 65];
const KERNELS: readonly Size3[] = [[5, 3, 5], [3, 3, 3], [1, 1, 1], [2, 4, 3], [1, 2, 7]];

const sequence = new UniformSequence({ seed, stream: 5, iteration: 0 });
/** A whole number from `least` to `most`. */
function whole(least: number, most: number): number {
  return least + sequence.below(most - least + 1);
}
const one = <T>(values: readonly T[]): T => values[whole(0, values.length - 1)];

function numbers(count: number, seed: number): Float32Array {
  return format === "bfloat16" ? roundedToBfloat16(normal(count, seed)) : normal(count, seed);
}

function someGeometry(): ConvGeometry {
  for (;;) {
    const kernel = one(KERNELS), stride = whole(1, 3), batch = whole(1, 3);
    const input: Size3 = [whole(1, 6), whole(1, 5), whole(1, 50)];
    const padding: Size3 = [whole(0, kernel[0] >> 1), whole(0, kernel[1] >> 1), whole(0, kernel[2] >> 1)];
    const size = (axis: number) => Math.floor((input[axis] + 2 * padding[axis] - kernel[axis]) / stride) + 1;
    const output: Size3 = [size(0), size(1), size(2)], channels = one(CHANNELS), filters = one(CHANNELS);
    const work = batch * output[0] * output[1] * output[2] * channels * filters * kernel[0] * kernel[1] * kernel[2];
    if (Math.min(...output) < 1 || work > 4e6) continue;
    return { batch, input, channels, output, filters, kernel, stride, padding };
  }
}

function convolutions(backend: CpuBackend): number {
  const shape = someGeometry(), sizes = convolutionSizes(shape), text = JSON.stringify(shape);
  const taps = shape.kernel[0] * shape.kernel[1] * shape.kernel[2], add = whole(0, 1) === 1;
  const terms = { output: taps * shape.channels, input: taps * shape.filters, filter: sizes.output / shape.filters };
  for (const result of ["output", "input", "filter"] as const) {
    using pair = new Twin(backend);
    const accumulate = result !== "output" && add;
    const operand = (name: typeof result, stream: number) =>
      name === result && !accumulate ? pair.output(sizes[name]) : pair.operand(numbers(sizes[name], seed + stream));
    const input = operand("input", 1), filter = operand("filter", 2), output = operand("output", 3);
    const call = { geometry: shape, accumulate };
    if (result === "output") pair.call("convForward", call, { input, filter, output });
    else if (result === "input") pair.call("convInputGradient", call, { dOutput: output, filter, dInput: input });
    else pair.call("convFilterGradient", call, { input, dOutput: output, dFilter: filter });
    const tolerance = { absolute: SUM_TOLERANCE * Math.sqrt(terms[result] + 1) };
    pair.assertClose({ input, filter, output }[result], tolerance, `${result} of ${text}`);
    for (const [name, other] of Object.entries({ input, filter, output })) {
      if (name !== result) pair.assertUntouched(other);
    }
  }
  return 3;
}

function product(backend: CpuBackend): number {
  const accumulate = whole(0, 1) === 1, large = format === "bfloat16" && whole(0, 1) === 1;
  const [m, n, k] = large
    ? [whole(64, 100), whole(64, 140), 2 * whole(32, 300)]
    : [whole(1, 70), whole(1, 110), whole(1, whole(0, 4) === 0 ? 700 : 60)];
  const batch = large ? whole(1, 2) : whole(1, 4);
  const shape = { batch, m, n, k, transposeA: whole(0, 1) === 1, transposeB: whole(0, 1) === 1, accumulate };
  using pair = new Twin(backend);
  const a = pair.operand(numbers(batch * m * k, seed)), b = pair.operand(numbers(batch * k * n, seed + 1));
  const c = accumulate ? pair.operand(numbers(batch * m * n, seed + 2)) : pair.output(batch * m * n);
  pair.call("gemm", shape, { a, b, c });
  pair.assertClose(c, { absolute: SUM_TOLERANCE * Math.sqrt(k + 1) }, JSON.stringify(shape));
  pair.assertUntouched(a);
  pair.assertUntouched(b);
  return 1;
}

/** Softmax, the loss and their gradient, with labels of classes that do not exist among them. */
function rowsOfClasses(backend: CpuBackend): number {
  const rows = whole(1, 60) * whole(1, 60), classes = whole(1, 34), count = rows * classes;
  const shape = { rows, classes }, inPlace = whole(0, 1) === 1, text = JSON.stringify({ ...shape, inPlace });
  const loss = { ...shape, samples: whole(1, 5), gamma: 0.97, epsilon: 1e-6 };
  using pair = new Twin(backend);
  const logits = pair.operand(normal(count, seed, 0, whole(1, 9))), p = inPlace ? logits : pair.output(count);
  const labels = pair.operand(someLabels(rows, classes, seed)), weights = pair.operand(normal(classes, seed, 1, 0.1));
  const incoming = pair.operand(normal(count, seed + 1)), dx = pair.output(count), value = pair.output(1);
  pair.call("softmax", shape, { logits, probabilities: p });
  pair.assertClose(p, { absolute: 1e-36, relative: 1e-5 }, `softmax of ${text}`);
  const target = { labels, classWeights: weights };
  pair.call("reconstructionLoss", loss, { ...target, probabilities: p, loss: value });
  pair.assertClose(value, { absolute: 1e-6 * rows, relative: 5e-5 }, `loss of ${text}`);
  // With probabilities near 1 the gradient is a small difference of large numbers.
  const mild = pair.operand(normal(count, seed + 2)), kind = whole(0, 2);
  pair.call("softmax", shape, { logits: mild, probabilities: mild });
  pair.call("softmaxBackward", { ...shape, reconstruction: kind === 0 ? null : { ...loss, scale: 1.5 } }, {
    ...(kind === 0 ? { labels: null, classWeights: null } : target),
    probabilities: mild,
    dProbabilities: kind === 1 ? null : incoming,
    dLogits: dx,
  });
  pair.assertClose(dx, { absolute: 2e-5, relative: 2e-5 }, `gradient ${kind} of ${text}`);
  return 3;
}

using backend = await CpuBackend.open({ threads: 2, code, format });
let compared = 0;
for (let i = 0; i < cases; i++) compared += convolutions(backend) + product(backend) + rowsOfClasses(backend);
await Deno.stdout.write(new TextEncoder().encode(String(compared)));
