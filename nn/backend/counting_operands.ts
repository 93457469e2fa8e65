/** What operations of the counting engine touch: spans with the bytes that are read or written. */
import type { Span } from "./backend.ts";
import type { Touched } from "./counting_buffers.ts";

const FLOAT_BYTES = 4;

/** `count` float32 numbers. */
export function floats(span: Span, count: number): Touched {
  return [span, count * FLOAT_BYTES];
}

/** An output, which is also read if it is accumulated into. */
export function result(span: Span, count: number, accumulate: boolean): Touched[] {
  return accumulate ? [floats(span, count), floats(span, count)] : [floats(span, count)];
}

/** Statistics of `groups` groups, gain and bias of a norm. */
export function normParameters(
  statistics: Span,
  gain: Span,
  bias: Span,
  groups: number,
  parameters: number,
): Touched[] {
  return [floats(statistics, 2 * groups), floats(gain, parameters), floats(bias, parameters)];
}

/** Gradients of gain and bias, added to. @throws {RangeError} if only one is given */
export function parameterGradients(dGain: Span | null, dBias: Span | null, parameters: number): Touched[] {
  if ((dGain === null) !== (dBias === null)) throw new RangeError("either both or neither of dGain and dBias are null");
  return [dGain, dBias].flatMap((span) => span ? result(span, parameters, true) : []);
}
