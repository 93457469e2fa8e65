/** An assembler for the part of x86-64, AVX2 and AVX-512 that the kernels use. */
export * from "./operands.ts";
export { Assembler } from "./assembler.ts";
export { Broadcast, type Masking } from "./encoding.ts";
