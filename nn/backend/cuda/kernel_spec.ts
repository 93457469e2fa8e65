/** How a kernel is described. */

/** C types of kernel parameters. */
export type ParameterKind = "pointer" | "u32" | "u64" | "f32" | "f64";

/** The source file (without `.cu`) a kernel is in; each is one NVRTC module. */
export type KernelModule = "elementwise" | "norms" | "row_losses" | "reductions" | "precision";

/** A kernel: where it is and what it takes, in order. */
export interface KernelSpec {
  readonly module: KernelModule;
  readonly parameters: readonly (readonly [name: string, kind: ParameterKind])[];
}
