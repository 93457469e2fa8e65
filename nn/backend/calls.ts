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

/** Implements every operation by one function. Its calls throw `RangeError` on operands that do not fit together. */
export function operationsBy(perform: (call: Call) => void): Operations {
  const entries = OPERATION_NAMES.map((name) => {
    const { work, operands, complaint } = OPERATIONS[name] as unknown as Operation<unknown>;
    const described = Object.entries(operands as Readonly<Record<string, Operand<unknown>>>);
    return [name, (shape: unknown, spans: Readonly<Record<string, Span | null>>) => {
      const given = described.filter(([operand]) => spans[operand]).map(([operand, { access, count, ...rest }]) => {
        const elements = count(shape), byteLength = elements * BYTES_PER_ELEMENT[rest.dtype];
        return { ...rest, name: operand, span: spans[operand]!, count: elements, byteLength, access: access(shape) };
      });
      const wrong = complaint(shape, Object.fromEntries(described.map(([operand]) => [operand, !!spans[operand]])));
      if (wrong !== null) throw new RangeError(`${name} ${wrong}`);
      const on = (operations: Operations) => (operations[name] as AnyKernel)(shape, spans);
      perform({ name, shape, work: work(shape), operands: given, on });
    }];
  });
  return Object.fromEntries(entries);
}

/** Implements every operation by kernels; `locate` turns an operand into what they take, or throws. */
export function operationsWith<As extends ByDtype>(
  kernels: Kernels<As>,
  locate: (operand: CalledOperand, call: Call) => As[Dtype],
): Operations {
  return operationsBy((call) => {
    const located: Record<string, unknown> = {};
    for (const name in OPERATIONS[call.name].operands) located[name] = null;
    for (const operand of call.operands) located[operand.name] = locate(operand, call);
    (kernels[call.name] as AnyKernel)(call.shape, located);
  });
}

/** Base of engines: its instances have the operations that it is given. */
export const WithOperations: new (operations: Operations) => Operations = class {
  constructor(operations: Operations) {
    Object.assign(this, operations);
  }
} as new (operations: Operations) => Operations;
