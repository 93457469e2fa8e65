/** Elements per task of kernels that pass over memory once: 64 KiB per operand, a few microseconds. */
export const ELEMENT_GRAIN = 16384;
