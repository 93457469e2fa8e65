/** What follows from the table of operations: the types of calls, and engines made of one function or of kernels. */
import { BYTES_PER_ELEMENT, type Dtype, type Span } from "./buffer.ts";
import type { Access, Operand, Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";

/** Name of an operation. */
export type OperationName = keyof typeof OPERATIONS;

/** Every name, in the order of the table. */
export const OPERATION_NAMES = Object.keys(OPERATIONS) as readonly OperationName[];

/** Sizes and factors of a call. */
export type ShapeOf<Name extends OperationName> = Parameters<(typeof OPERATIONS)[Name]["work"]>[0];

/** What stands for operands of each element type: spans to callers, addresses or arrays to kernels. */
export type ByDtype = Readonly<Record<Dtype, unknown>>;

/** The operands of a call by name; null where an optional one is not given. */
export type OperandsOf<Name extends OperationName, As extends ByDtype> = {
  readonly [Key in keyof (typeof OPERATIONS)[Name]["operands"]]: (typeof OPERATIONS)[Name]["operands"][Key] extends
    Operand<never, infer Type, infer Optional> ? As[Type] | (true extends Optional ? null : never) : never;
};

/** An implementation of every operation, on operands that were looked up. */
export type Kernels<As extends ByDtype> = {
  readonly [Name in OperationName]: (shape: ShapeOf<Name>, operands: OperandsOf<Name, As>) => void;
};

/** The operations as an engine has them: on spans. Each is described in {@link OPERATIONS}. */
export type Operations = Kernels<Record<Dtype, Span>>;

/** An operand of a call, with its size. */
export interface CalledOperand extends Pick<Operand, "dtype" | "over" | "passes"> {
  /** As the table calls it. */
  readonly name: string;
  /** Where it starts. */
  readonly span: Span;
  /** Its elements. */
  readonly count: number;
  /** Their bytes. */
  readonly byteLength: number;
  /** What the call does to it. */
  readonly access: Access;
}

/** A call of an operation. */
export interface Call {
  /** Of which operation. */
  readonly name: OperationName;
  /** {@link ShapeOf} the operation. */
  readonly shape: unknown;
  /** Operations on numbers. */
  readonly work: number;
  /** Those that are given. */
  readonly operands: readonly CalledOperand[];
  /** Makes the same call on an engine. */
  on(operations: Operations): void;
}

type AnyKernel = (shape: unknown, operands: unknown) => void;
type AnyOperands = Readonly<Record<string, Operand<unknown>>>;
type GivenSpans = Readonly<Record<string, Span | null>>;

/** Implements every operation by one function. Its calls throw `RangeError` on operands that do not fit together. */
export function operationsBy(perform: (call: Call) => void): Operations {
  return eachOperation((name, { work, operands }) => {
    const described = Object.entries(operands);
    return (shape, spans) => {
      const given: CalledOperand[] = [];
      for (const [operand, { dtype, over, passes, count: countOf, access: accessOf }] of described) {
        const span = spans[operand];
        if (!span) continue;
        const count = countOf(shape), byteLength = count * BYTES_PER_ELEMENT[dtype];
        given.push({ name: operand, span, dtype, over, passes, count, byteLength, access: accessOf(shape) });
      }
      const on = (operations: Operations) => (operations[name] as AnyKernel)(shape, spans);
      perform({ name, shape, work: work(shape), operands: given, on });
    };
  });
}

/**
 * Implements every operation by kernels. `locate` turns a span of which `count` elements are used into what they take,
 * or throws. Engines go this way at every call, so little is made on it.
 */
export function operationsWith<As extends ByDtype>(
  kernels: Kernels<As>,
  locate: (span: Span, dtype: Dtype, count: number) => As[Dtype],
): Operations {
  return eachOperation((name, { operands }) => {
    const described = Object.entries(operands), kernel = kernels[name] as AnyKernel;
    return (shape, spans) => {
      const located: Record<string, unknown> = {};
      for (const [operand, { dtype, count }] of described) {
        const span = spans[operand];
        located[operand] = span ? locate(span, dtype, count(shape)) : null;
      }
      kernel(shape, located);
    };
  });
}

/** An implementation of every operation, which is reached only by calls whose operands fit together. */
function eachOperation(
  implement: (name: OperationName, operation: Operation<unknown, AnyOperands>) => (
    shape: unknown,
    spans: GivenSpans,
  ) => void,
): Operations {
  const entries = OPERATION_NAMES.map((name) => {
    const operation = OPERATIONS[name] as unknown as Operation<unknown, AnyOperands>, { complaint } = operation;
    const needed = Object.keys(operation.operands).filter((operand) => !operation.operands[operand].optional);
    const perform = implement(name, operation);
    return [name, (shape: unknown, spans: GivenSpans) => {
      for (const operand of needed) if (!spans[operand]) throw new RangeError(`${name} without ${operand}`);
      const wrong = complaint?.(shape, spans);
      if (wrong) throw new RangeError(`${name} ${wrong}`);
      perform(shape, spans);
    }];
  });
  return Object.fromEntries(entries) as Record<OperationName, AnyKernel>;
}

/** Base of engines: its instances have the operations that it is given. */
export const WithOperations: new (operations: Operations) => Operations = class {
  constructor(operations: Operations) {
    Object.assign(this, operations);
  }
} as new (operations: Operations) => Operations;
