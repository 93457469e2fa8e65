/** CRC-32C (Castagnoli polynomial, reflected), as RFC 3720 section 12.1, TFRecord files and LevelDB tables use it. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? value >>> 1 ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** Checksum of `bytes`, an unsigned 32-bit number. Pass the result as `previous` to go on with further bytes. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  let value = ~previous;
  for (let i = 0; i < bytes.length; i++) value = value >>> 8 ^ TABLE[(value ^ bytes[i]) & 0xff];
  return ~value >>> 0;
}

/**
 * The "masked" form in which TFRecord files, tables and TensorFlow checkpoints store a checksum: rotated right by 15
 * bits plus a constant.
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return ((crc >>> 15 | crc << 17) + 0xa282ead8) >>> 0;
}
