/** What operations of the counting engine touch: spans with the bytes that are read or written. */
import type { NormOperands, NormParameters, Span } from "./backend.ts";
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

/** `parameters` gains and as many biases. */
export function normParameters({ gain, bias }: NormParameters, parameters: number): Touched[] {
  return [floats(gain, parameters), floats(bias, parameters)];
}

/** `count` numbers, the statistics of `groups` groups, `parameters` gains and biases. */
export function normOperands(operands: NormOperands, count: number, groups: number, parameters: number): Touched[] {
  return [
    floats(operands.x, count),
    floats(operands.statistics, 2 * groups),
    ...normParameters(operands, parameters),
  ];
}
