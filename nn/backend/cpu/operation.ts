/** How an operation is written for this engine. */
import type { Dtype } from "../buffer.ts";
import type { Kernels, OperandsOf, OperationName, ShapeOf } from "../calls.ts";
import type { Engine } from "./engine.ts";
import type { Kernel } from "./threads/kernel.ts";

/** Operands are addresses in the engine's memory. */
type Addresses = Record<Dtype, number>;

/** Carries an operation out. */
export type CpuOperation<Name extends OperationName> = (
  engine: Engine,
  shape: ShapeOf<Name>,
  at: OperandsOf<Name, Addresses>,
) => void;

/** An operation in WebAssembly, with the kernels that it runs: an engine must be opened with them. */
export type WasmOperation<Name extends OperationName> = CpuOperation<Name> & { readonly kernels: readonly Kernel[] };

/** An operation of the table that runs `kernels`. */
export function wasmOperation<Name extends OperationName>(
  kernels: readonly Kernel[],
  run: CpuOperation<Name>,
): WasmOperation<Name> {
  return Object.assign(run, { kernels });
}

/** The operations as kernels on an engine. */
export function kernelsOn(
  engine: Engine,
  operations: { readonly [Name in OperationName]: CpuOperation<Name> },
): Kernels<Addresses> {
  const bound = Object.entries(operations).map(([name, run]) => [
    name,
    (shape: never, at: never) => run(engine, shape, at),
  ]);
  return Object.fromEntries(bound);
}
