/**
 * How far the results of a kit move when numbers are rounded: the networks in float32 on the CPU engine, where what an
 * engine of lower precision would round is rounded, or off by a random part of its size instead. What such an engine may
 * differ by follows from its format and from the networks, and not from what it gives.
 *
 * Random errors alone would not do: they average out in losses, which are sums over voxels, while equal numbers, such as
 * those of empty space, are rounded alike.
 */
import type { Backend, Span } from "../../../nn/backend/backend.ts";
import { type Call, type CalledOperand, operationsBy } from "../../../nn/backend/calls.ts";
import type { CpuBackend } from "../../../nn/backend/cpu/cpu_backend.ts";
import type { Precision } from "../../../nn/backend/precision.ts";

/** Largest relative error of an operand: tensor cores cut float32 to TF32's 10 bits; bfloat16 rounds to 8. */
const UNIT: Readonly<Record<Exclude<Precision, "fp32">, number>> = { tf32: 2 ** -10, bf16: 2 ** -9 };
/** Bits of a float32 that the formats lack. */
const LACKING: typeof UNIT = { tf32: 13, bf16: 16 };

/** Results that are 0 and 1 alone, or numbers that were there. */
const EXACT: ReadonlySet<string> = new Set(["fill", "copy", "oneHot", "maskUnknown"]);

/**
 * The same engine with errors: those of rounding to nearest for seed 0, random ones for others. Operands of convolutions
 * and matrix products are off by up to a unit; in bfloat16, whatever an operation writes that may be stored so is, too.
 * The result shares the engine's memory.
 */
export function withRoundingNoise(engine: CpuBackend, precision: Exclude<Precision, "fp32">, seed: number): Backend {
  const unit = UNIT[precision], random = uniform(seed);
  const disturb = (numbers: Float32Array) => {
    if (seed === 0) return round(numbers, LACKING[precision]);
    for (let i = 0; i < numbers.length; i++) numbers[i] *= 1 + unit * random();
  };
  const view = ({ span, count }: CalledOperand) => engine.view(span, count);
  const performProduct = (call: Call) => {
    using copies = new DisposableStack();
    const spans: Record<string, Span> = {};
    for (const operand of call.operands) {
      spans[operand.name] = operand.span;
      if (operand.access !== "read") continue;
      const buffer = engine.allocate(operand.byteLength, "rounded operand");
      copies.defer(() => engine.release(buffer));
      const span = spans[operand.name] = { buffer, byteOffset: 0 }, copy = engine.view(span, operand.count);
      copy.set(view(operand));
      disturb(copy);
    }
    (engine[call.name] as (shape: unknown, operands: unknown) => void)(call.shape, spans);
  };
  const operations = operationsBy((call) => {
    const isProduct = /^(conv|gemm)/.test(call.name);
    if (isProduct) performProduct(call);
    else call.on(engine);
    if (precision !== "bf16" || EXACT.has(call.name)) return;
    for (const operand of call.operands) {
      if (operand.access === "read" || !operand.storable) continue;
      if (call.name === "softmax") disturbRows(view(operand), (call.shape as { classes: number }).classes, disturb);
      else disturb(view(operand));
    }
  });
  return new Proxy(engine, {
    get(target, name) {
      if (Object.hasOwn(operations, name)) return operations[name as keyof typeof operations];
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** Disturbs probabilities but for the largest of each row, which becomes what the others leave. */
function disturbRows(rows: Float32Array, classes: number, disturb: (numbers: Float32Array) => void): void {
  const exact = rows.slice();
  disturb(rows);
  for (let start = 0; start < rows.length; start += classes) {
    let largest = start, others = 0;
    for (let i = start + 1; i < start + classes; i++) if (exact[i] > exact[largest]) largest = i;
    for (let i = start; i < start + classes; i++) others += i === largest ? 0 : rows[i];
    rows[largest] = 1 - others;
  }
}

/** Rounds to numbers whose last bits are 0, ties to even. */
function round(numbers: Float32Array, bits: number): void {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length), half = 2 ** (bits - 1) - 1;
  for (let i = 0; i < words.length; i++) words[i] = words[i] + half + (words[i] >>> bits & 1) >>> bits << bits;
}

/** Reproducible numbers from −1 to 1 (G. Marsaglia, "Xorshift RNGs", 2003). */
function uniform(seed: number): () => number {
  let state = 2463534242 * seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}
