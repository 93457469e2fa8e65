/** Plans whose tables lie in an engine's memory, where kernels walk them. */
import type { Engine } from "../engine.ts";
import type { Block } from "../linear_memory.ts";
import type { MultiplyPlan } from "./multiply_plan.ts";

/** Bytes of a word of the tables. */
export const WORD = 4;

/** A plan whose tables lie in an engine's memory. */
export interface LoadedPlan {
  readonly plan: MultiplyPlan;
  readonly tables: Block;
}

/** Copies the tables of a plan into the engine's memory, where they stay. @throws {OutOfMemoryError} */
export function loadPlan(engine: Engine, plan: MultiplyPlan): LoadedPlan {
  const { tasks, blocks, segments } = plan;
  const tables = engine.heap.allocate((tasks.length + blocks.length + segments.length) * WORD, "workspace (plans)");
  const words = new Int32Array(engine.heap.memory.buffer);
  words.set(tasks, tables.address / WORD);
  words.set(blocks, tables.address / WORD + tasks.length);
  words.set(segments, tables.address / WORD + tasks.length + blocks.length);
  return { plan, tables };
}

/** Whether the depth of A is contiguous and B packed; otherwise the rows of A are contiguous. */
export function readsRowsApart({ depthStrideA, packed }: MultiplyPlan): boolean {
  return depthStrideA === WORD && packed;
}

/** What a kernel that carries out a plan is told; the same for all blocks of a job. */
export const MULTIPLY_PARAMETERS = {
  tasks: "address",
  blocks: "address",
  segments: "address",
  a: "address",
  b: "address",
  c: "address",
  strideA: "i32",
  strideB: "i32",
  strideC: "i32",
  columns: "i32",
  panelsPerPass: "i32",
  accumulate: "i32",
} as const;

/** All of it but the operands; addresses and sizes in bytes. */
export function multiplyArguments({ plan, tables }: LoadedPlan): Readonly<
  Record<Exclude<keyof typeof MULTIPLY_PARAMETERS, "a" | "b" | "c" | "accumulate">, number>
> {
  return {
    tasks: tables.address,
    blocks: tables.address + plan.tasks.length * WORD,
    segments: tables.address + (plan.tasks.length + plan.blocks.length) * WORD,
    strideA: readsRowsApart(plan) ? plan.rowStrideA : plan.depthStrideA,
    strideB: plan.depthStrideB,
    strideC: plan.rowStrideC,
    columns: plan.columns,
    panelsPerPass: plan.panelsPerPass,
  };
}
