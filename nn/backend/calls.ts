/** What follows from the table of operations: the types of calls, and engines made of one function or of kernels. */
import { BYTES_PER_ELEMENT, type Dtype, type FloatType, type Span } from "./buffer.ts";
import type { Access, Operand, OperandType, Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";

/** Name of an operation. */
export type OperationName = keyof typeof OPERATIONS;

/** Every name, in the order of the table. */
export const OPERATION_NAMES = Object.keys(OPERATIONS) as readonly OperationName[];

/** Sizes and factors of a call. */
export type ShapeOf<Name extends OperationName> = Parameters<(typeof OPERATIONS)[Name]["work"]>[0];

/** What stands for operands of numbers and of labels: spans to callers, addresses or arrays to kernels. */
export type ByDtype = Readonly<Record<"f32" | "u8", unknown>>;

/** The operands of a call by name; null where an optional one is not given. */
export type OperandsOf<Name extends OperationName, As extends ByDtype> = {
  readonly [Key in keyof (typeof OPERATIONS)[Name]["operands"]]: (typeof OPERATIONS)[Name]["operands"][Key] extends
    Operand<never, infer Type, infer Optional>
    ? As[Type extends "u8" ? "u8" : "f32"] | (true extends Optional ? null : never)
    : never;
};

/** The element types of the operands of a call by name; nothing for an optional one that is not given. */
export type TypesOf<Name extends OperationName> = {
  readonly [Key in keyof (typeof OPERATIONS)[Name]["operands"]]: (typeof OPERATIONS)[Name]["operands"][Key] extends
    Operand<never, infer Type, boolean> ? (Type extends Dtype ? Type : FloatType) : never;
};

/** An implementation of every operation, on operands that were looked up. */
export type Kernels<As extends ByDtype> = {
  readonly [Name in OperationName]: (
    shape: ShapeOf<Name>,
    operands: OperandsOf<Name, As>,
    types: TypesOf<Name>,
  ) => void;
};

/** The operations as an engine has them: on spans. Each is described in {@link OPERATIONS}. */
export type Operations = {
  readonly [Name in OperationName]: (
    shape: ShapeOf<Name>,
    operands: OperandsOf<Name, Record<"f32" | "u8", Span>>,
  ) => void;
};

/** An operand of a call, with its size. */
export interface CalledOperand extends Pick<Operand, "over" | "passes"> {
  /** As the table calls it. */
  readonly name: string;
  /** Type of its elements. */
  readonly dtype: Dtype;
  /** Whether the table lets them be bfloat16. */
  readonly storable: boolean;
  /** Where it starts. */
  readonly span: Span;
  /** Its elements in memory. */
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

type AnyKernel = (shape: unknown, operands: unknown, types: unknown) => void;
type AnyOperands = Readonly<Record<string, Operand<unknown>>>;
type GivenSpans = Readonly<Record<string, Span | null>>;
type GivenTypes = Readonly<Record<string, Dtype>>;

/** Implements every operation by one function. Its calls throw `RangeError` on operands that do not fit together. */
export function operationsBy(perform: (call: Call) => void): Operations {
  return eachOperation((name, { work, operands }) => {
    const described = Object.entries(operands);
    return (shape, spans, types) => {
      const given: CalledOperand[] = [];
      for (const [operand, { dtype: declared, over, passes, count: countOf, access: accessOf }] of described) {
        const span = spans[operand];
        if (!span) continue;
        const dtype = types[operand], count = countOf(shape, dtype), byteLength = count * BYTES_PER_ELEMENT[dtype];
        const storable = declared === "float";
        given.push({ name: operand, span, dtype, storable, over, passes, count, byteLength, access: accessOf(shape) });
      }
      const on = (operations: Operations) =>
        (operations[name] as (shape: unknown, spans: GivenSpans) => void)(shape, spans);
      perform({ name, shape, work: work(shape), operands: given, on });
    };
  });
}

/**
 * Implements every operation by kernels. `locate` turns a span of which `count` elements are used into what they take,
 * or throws; the engine computes in the given types. Engines go this way at every call, so little is made on it.
 */
export function operationsWith<As extends ByDtype>(
  kernels: Kernels<As>,
  locate: (span: Span, dtype: keyof As & Dtype, count: number) => As["f32" | "u8"],
  computesIn: readonly FloatType[] = ["f32"],
): Operations {
  const bf16 = computesIn.includes("bf16");
  return eachOperation((name, { operands }) => {
    const described = Object.entries(operands), kernel = kernels[name] as AnyKernel;
    return (shape, spans, types) => {
      const located: Record<string, unknown> = {};
      for (const [operand, { count }] of described) {
        const span = spans[operand], dtype = types[operand] as keyof As & Dtype;
        if (dtype === "bf16" && !bf16) throw new RangeError(`${name} of ${operand} in bf16: this engine has float32`);
        located[operand] = span ? locate(span, dtype, count(shape, dtype)) : null;
      }
      kernel(shape, located, types);
    };
  });
}

/** An implementation of every operation, which is reached only by calls whose operands fit together. */
function eachOperation(
  implement: (name: OperationName, operation: Operation<unknown, AnyOperands>) => (
    shape: unknown,
    spans: GivenSpans,
    types: GivenTypes,
  ) => void,
): Operations {
  const entries = OPERATION_NAMES.map((name) => {
    const operation = OPERATIONS[name] as unknown as Operation<unknown, AnyOperands>, { complaint } = operation;
    const needed = Object.keys(operation.operands).filter((operand) => !operation.operands[operand].optional);
    const perform = implement(name, operation), described = Object.entries(operation.operands);
    const typesOf = (spans: GivenSpans): GivenTypes => {
      const types: Record<string, Dtype> = {};
      let common: Dtype | null = null;
      for (const [operand, { dtype }] of described) {
        const span = spans[operand];
        if (!span) continue;
        const type = types[operand] = elementType(dtype, span);
        if (dtype === "f32" && type !== dtype) throw new RangeError(`${name} of ${operand} in ${type}`);
        if (dtype !== "float" || operation.mixed) continue;
        if (common !== null && type !== common) throw new RangeError(`${name} of ${common} and ${type}`);
        common = type;
      }
      return types;
    };
    return [name, (shape: unknown, spans: GivenSpans) => {
      for (const operand of needed) if (!spans[operand]) throw new RangeError(`${name} without ${operand}`);
      const types = typesOf(spans);
      const wrong = complaint?.(shape, spans);
      if (wrong) throw new RangeError(`${name} ${wrong}`);
      perform(shape, spans, types);
    }];
  });
  return Object.fromEntries(entries);
}

/** Type of an operand's elements: its own, or that of its span. */
function elementType(declared: OperandType, { dtype = "f32" }: Span): Dtype {
  return declared === "u8" ? declared : dtype;
}

/** Base of engines: its instances have the operations that it is given. */
export const WithOperations: new (operations: Operations) => Operations = class {
  constructor(operations: Operations) {
    Object.assign(this, operations);
  }
} as new (operations: Operations) => Operations;
