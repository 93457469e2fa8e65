/** How an operation is described: its operands, what it does to them, its work. `operations.ts` lists them all. */
import type { Dtype } from "./buffer.ts";

/** Element types of an operand: one of them, or "float" for float32 and bfloat16, as the span says. */
export type OperandType = "f32" | "u8" | "float";

/** What an operation does to an operand; "updated" is read and written. */
export type Access = "read" | "written" | "updated";

/** An array that an operation works on. `Shape`: the sizes and factors of a call that its own size depends on. */
export interface Operand<
  in Shape = never,
  Type extends OperandType = OperandType,
  Optional extends boolean = boolean,
  Over extends string = string,
> {
  /** Type of its elements. */
  readonly dtype: Type;
  /** Their number in memory if they are of this type, float32 if left out. */
  readonly count: (shape: Shape, dtype?: Dtype) => number;
  /** What a call does to it. */
  readonly access: (shape: Shape) => Access;
  /** Whether a call may give null for it. */
  readonly optional: Optional;
  /** Operands whose place it may take; from all others it must be apart. */
  readonly over: readonly Over[];
  /** How often it is read from memory, if it is. */
  readonly passes: number;
}

/** An operation. */
export interface Operation<in Shape = never, Operands = Readonly<Record<string, Operand>>> {
  /** Additions, multiplications, divisions and elementary functions, by the formula. */
  readonly work: (shape: Shape) => number;
  /** By name. */
  readonly operands: Operands;
  /** What is wrong with a call of this shape on these operands, null where not given; null if nothing is. */
  readonly complaint?: (shape: Shape, given: { readonly [Name in keyof Operands]: unknown }) => string | null;
  /** Whether operands of type "float" may differ in it; otherwise all of a call are of one type. */
  readonly mixed: boolean;
}

/** Describes an operation on `shape`; the operands in the order in which they are told. */
export function operation<Shape, const Operands extends Readonly<Record<string, Operand<Shape>>>>(
  work: (shape: Shape) => number,
  operands:
    & Operands
    & { readonly [Name in keyof Operands]: Operand<Shape, OperandType, boolean, keyof Operands & string> },
  complaint?: Operation<Shape, Operands>["complaint"],
  mixed = false,
): Operation<Shape, Operands> {
  return { work, operands, complaint, mixed };
}

/** Elements of an array, by the shape of the call. */
export interface Elements<in Shape, Type extends OperandType> {
  /** Their type. */
  readonly dtype: Type;
  /** Their number in memory if they are of this type, float32 if left out. */
  readonly count: (shape: Shape, dtype?: Dtype) => number;
}

/** So many float32. */
export function f32<Shape>(count: (shape: Shape) => number): Elements<Shape, "f32"> {
  return { dtype: "f32", count };
}

/** So many float32 or bfloat16: activations and their gradients. */
export function float<Shape>(count: (shape: Shape, dtype?: Dtype) => number): Elements<Shape, "float"> {
  return { dtype: "float", count };
}

/** So many uint8. */
export function u8<Shape>(count: (shape: Shape) => number): Elements<Shape, "u8"> {
  return { dtype: "u8", count };
}

/** An input. */
export function read<Shape, Type extends OperandType>(
  elements: Elements<Shape, Type>,
  passes = 1,
): Operand<Shape, Type, false, never> {
  return { ...elements, access: () => "read", optional: false, over: [], passes };
}

/** An output, which may take the place of the inputs `over`. */
export function written<Shape, Type extends OperandType, const Over extends readonly string[]>(
  elements: Elements<Shape, Type>,
  ...over: Over
): Operand<Shape, Type, false, Over[number]> {
  return { ...elements, access: () => "written", optional: false, over, passes: 1 };
}

/** An output whose content is read too: always, or where `reads` says so. It may take the place of the inputs `over`. */
export function updated<Shape, Type extends OperandType, const Over extends readonly string[], Choice = unknown>(
  elements: Elements<Shape, Type>,
  reads: (shape: Choice) => boolean = () => true,
  ...over: Over
): Operand<Shape & Choice, Type, false, Over[number]> {
  return { ...elements, access: (shape) => reads(shape) ? "updated" : "written", optional: false, over, passes: 1 };
}

/** The same operand, which may be left out. */
export function optional<Shape, Type extends OperandType, Over extends string>(
  operand: Operand<Shape, Type, boolean, Over>,
): Operand<Shape, Type, true, Over> {
  return { ...operand, optional: true };
}
