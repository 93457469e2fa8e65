/** How a kernel is declared: named, typed parameters and the code of one task. */
import { F32, F64, FunctionBuilder, I32, load, type Local, type ModuleBuilder } from "../wasm/mod.ts";
import { ARGUMENT_BYTES } from "./control.ts";

/** `address`: bytes in the linear memory; the others are numbers of that type. */
export type ParameterType = "address" | "i32" | "f32" | "f64";

/** Names and types of a kernel's parameters. */
export type Parameters = Readonly<Record<string, ParameterType>>;

/** The parameters as locals of the kernel's function. */
export type ParameterLocals<P extends Parameters> = {
  readonly [Name in keyof P]: P[Name] extends "f32" ? Local<F32> : P[Name] extends "f64" ? Local<F64> : Local<I32>;
};

/** Values of the parameters, from JavaScript. */
export type ParameterValues<P extends Parameters> = { readonly [Name in keyof P]: number };

/** The function that does one task of a kernel, while it is being written. */
export class KernelBuilder extends FunctionBuilder {
  readonly #arguments: I32 = this.parameter(I32);
  /** Number of this task, from 0. */
  readonly task: I32 = this.parameter(I32);
  /** First item of this task. */
  readonly begin: I32 = this.parameter(I32);
  /** One past the last item of this task. */
  readonly end: I32 = this.parameter(I32);

  constructor(readonly module: ModuleBuilder) {
    super();
  }

  /** Address of the running thread's private memory ({@link SCRATCH_BYTES} bytes, content undefined). */
  get scratch(): I32 {
    return this.module.scratch;
  }

  /** Loads the arguments into locals. */
  arguments<P extends Parameters>(kernel: Kernel<P>): ParameterLocals<P> {
    const locals: Record<string, Local<I32> | Local<F32> | Local<F64>> = {};
    for (const { name, type, offset } of kernel.layout) {
      locals[name] = type === "f32"
        ? this.f32(load.f32(this.#arguments, offset))
        : type === "f64"
        ? this.f64(load.f64(this.#arguments, offset))
        : this.i32(load.i32(this.#arguments, offset));
    }
    return locals as ParameterLocals<P>;
  }
}

/** Private memory of each thread, for packed panels and partial results. */
export const SCRATCH_BYTES = 512 * 1024;

/** A kernel: a function that threads run once per task. Kernels are compiled together when the engine opens. */
export interface Kernel<P extends Parameters = Parameters> {
  readonly name: string;
  readonly parameters: P;
  /** Where each argument lies in the argument block. */
  readonly layout: readonly { readonly name: string; readonly type: ParameterType; readonly offset: number }[];
  /** Writes the function. */
  build(module: ModuleBuilder): KernelBuilder;
}

/**
 * Declares a kernel. `body` writes the code of one task: it gets the function under construction, with the task's
 * items `k.begin` … `k.end − 1`, and the parameters as locals.
 */
export function defineKernel<const P extends Parameters>(
  name: string,
  parameters: P,
  body: (k: KernelBuilder, p: ParameterLocals<P>) => void,
): Kernel<P> {
  const layout = Object.entries(parameters).map(([name, type], index) => ({ name, type, offset: index * 8 }));
  if (layout.length * 8 > ARGUMENT_BYTES) throw new RangeError(`${name} has too many parameters`);
  const kernel: Kernel<P> = {
    name,
    parameters,
    layout,
    build(module) {
      const k = new KernelBuilder(module);
      body(k, k.arguments(kernel));
      return k;
    },
  };
  return kernel;
}
