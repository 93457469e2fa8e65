/** An assembler for the part of x86-64, AVX2 and AVX-512 that the kernels use. */
export * from "./operands.ts";
export { ArithmeticAssembler as Assembler } from "./arithmetic_assembler.ts";
export { Broadcast, type Masking } from "./vector_encoder.ts";
