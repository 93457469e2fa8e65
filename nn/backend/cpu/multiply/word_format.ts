/**
 * What a 32-bit word of an operand of a product holds: one float32, or two bfloat16 that follow each other in the depth.
 * One step of the depth takes one word of A and one of each column of B, whatever is in them; so plans, packing and
 * tiles are the same for both, and a product of bfloat16 has half as many steps. C is float32.
 */
export type WordFormat = "float32" | "bfloat16";

/** Numbers in a word. */
export const NUMBERS_PER_WORD = { float32: 1, bfloat16: 2 } as const satisfies Record<WordFormat, number>;
