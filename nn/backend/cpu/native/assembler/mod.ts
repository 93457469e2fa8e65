/** An assembler for the part of x86-64, AVX2 and AVX-512 that the kernels use. */
export * from "./operands.ts";
export { Broadcast, type Masking, VectorAssembler as Assembler } from "./vector_assembler.ts";
