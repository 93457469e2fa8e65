/** The numbers rounded to bfloat16, to nearest and ties to even. */
export function roundedToBfloat16(numbers: Float32Array): Float32Array {
  const words = new Uint32Array(numbers.buffer.slice(numbers.byteOffset, numbers.byteOffset + numbers.byteLength));
  const rounded = words.map((word) => (word + 0x7fff + (word >>> 16 & 1)) & 0xffff0000);
  return new Float32Array(rounded.buffer);
}
