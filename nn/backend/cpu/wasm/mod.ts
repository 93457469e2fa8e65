/**
 * A small assembler for WebAssembly with SIMD and threads: typed values as recipes ({@link I32}, {@link F32x4}, …),
 * functions with locals and structured control flow ({@link FunctionBuilder}), modules ({@link ModuleBuilder}).
 */
export { F32, F64 } from "./float.ts";
export { F32x4, F64x2 } from "./float_vector.ts";
export { type Callable, FunctionBuilder, type Local, type ValueClass } from "./function.ts";
export { I32, I64 } from "./integer.ts";
export { load } from "./memory.ts";
export { MAXIMUM_PAGES, ModuleBuilder, PAGE_BYTES } from "./module.ts";
export { type MachineType, type Recipe, Value } from "./value.ts";
export { I32x4, I64x2 } from "./integer_vector.ts";
export { Vector } from "./vector.ts";
export { relaxedSimd } from "./features.ts";
