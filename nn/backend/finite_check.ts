/** A backend that looks at every result: finds the first operation that made a number that is none. */
import { UserError } from "../../base/errors.ts";
import { elementCount } from "../shape.ts";
import type { Backend, ConvGeometry, NormGradients, Span } from "./backend.ts";

/** Numbers that an operation wrote: float32 `[count]` at `span`. */
interface Output {
  readonly span: Span;
  readonly count: number;
}

type Operation = {
  [Name in keyof Backend]: Backend[Name] extends (...args: infer _) => void ? Name : never;
}[keyof Backend];
type OutputsOf = { [Name in Operation]?: (...args: Parameters<Backend[Name]>) => Output[] };

const largeSide = ({ batch, input, channels }: ConvGeometry) => batch * elementCount(input) * channels;
const smallSide = ({ batch, output, filters }: ConvGeometry) => batch * elementCount(output) * filters;
const parameterGradients = ({ dParameters }: NormGradients, count: number): Output[] =>
  dParameters ? [{ span: dParameters.gain, count }, { span: dParameters.bias, count }] : [];
const taps = ({ filters, kernel, channels }: ConvGeometry) => filters * elementCount(kernel) * channels;

/** What each operation writes; operations on labels and copies of checked numbers are left out. */
const OUTPUTS: OutputsOf = {
  upload: (source, target) => source instanceof Float32Array ? [{ span: target, count: source.length }] : [],
  axpby: (count, _a, _x, _b, y) => [{ span: y, count }],
  randomNormal: (count, _key, _mean, _deviation, x) => [{ span: x, count }],
  convForward: (geometry, _input, _filter, output) => [{ span: output, count: smallSide(geometry) }],
  convInputGradient: (geometry, _dOutput, _filter, dInput) => [{ span: dInput, count: largeSide(geometry) }],
  convFilterGradient: (geometry, _input, _dOutput, dFilter) => [{ span: dFilter, count: taps(geometry) }],
  gemm: ({ m, n }, _a, _b, c) => [{ span: c, count: m * n }],
  activation: (count, _activation, _x, y) => [{ span: y, count }],
  activationBackward: (count, _activation, _y, _dy, dx) => [{ span: dx, count }],
  addActivation: (count, _activation, _a, _b, y) => [{ span: y, count }],
  batchStatistics: ({ channels }, _x, statistics) => [{ span: statistics, count: 2 * channels }],
  batchNorm: ({ rows, channels }, _operands, y) => [{ span: y, count: rows * channels }],
  batchNormBackward: ({ rows, channels }, _operands, gradients) => [
    { span: gradients.dx, count: rows * channels },
    ...parameterGradients(gradients, channels),
  ],
  layerNorm: ({ samples, features }, { statistics }, y) => [
    { span: statistics, count: 2 * samples },
    { span: y, count: samples * features },
  ],
  layerNormBackward: ({ samples, features }, _operands, gradients) => [
    { span: gradients.dx, count: samples * features },
    ...parameterGradients(gradients, 1),
  ],
  softmax: ({ rows, classes }, _logits, probabilities) => [{ span: probabilities, count: rows * classes }],
  softmaxBackward: ({ rows, classes }, _probabilities, _dProbabilities, _reconstruction, dLogits) => [
    { span: dLogits, count: rows * classes },
  ],
  classWeights: (_count, classes, _labels, weights) => [{ span: weights, count: classes }],
  reconstructionLoss: (_shape, _labels, _weights, _probabilities, loss) => [{ span: loss, count: 1 }],
  bceLogits: (_count, _target, _logits, loss) => [{ span: loss, count: 1 }],
  bceLogitsBackward: (count, _target, _scale, _logits, dLogits) => [{ span: dLogits, count }],
  gaussianSample: (count, _mean, _logVariance, _noise, sample) => [{ span: sample, count }],
  gaussianDivergence: (_count, _samples, _mean, _logVariance, loss) => [{ span: loss, count: 1 }],
  gaussianBackward: (count, _factor, _logVariance, _noise, _dSample, dLogVariance) => [{ span: dLogVariance, count }],
  adam: (count, _step, parameters, _gradients, m, v) => [
    { span: parameters, count },
    { span: m, count },
    { span: v, count },
  ],
};

/** An operation gave a number that is none. The tape adds which layer's gradient it was. */
export class NotFiniteError extends UserError {
  override name = "NotFiniteError";
}

/**
 * The same engine, which reads back what each operation wrote: slow, for finding where a training goes wrong
 * (`--debug-nans`). The result shares the engine's memory and must not outlive it.
 *
 * Its methods throw {@link NotFiniteError} naming the operation, what the memory is for, and the first bad element.
 */
export function checkingFinite(backend: Backend): Backend {
  return new Proxy(backend, {
    get(engine, name) {
      const member: unknown = Reflect.get(engine, name, engine);
      if (typeof member !== "function") return member;
      const call = member.bind(engine) as (...args: unknown[]) => unknown;
      const outputsOf = OUTPUTS[name as Operation] as ((...args: unknown[]) => Output[]) | undefined;
      if (!outputsOf) return call;
      return (...args: unknown[]) => {
        const result = call(...args);
        for (const { span, count } of outputsOf(...args)) check(engine, String(name), span, count);
        return result;
      };
    },
  });
}

function check(engine: Backend, operation: string, span: Span, count: number): void {
  const values = new Float32Array(count);
  engine.download(span, values);
  const first = values.findIndex((value) => !Number.isFinite(value));
  if (first < 0) return;
  const bad = values.reduce((total, value) => total + (Number.isFinite(value) ? 0 : 1), 0);
  throw new NotFiniteError(
    `${operation} gave ${
      values[first]
    } in "${span.buffer.tag}": element ${first} of ${count}, and ${bad} in all that ` +
      `are not finite; no operation before it did`,
  );
}
