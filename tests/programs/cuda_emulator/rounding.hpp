// Operands rounded as tensor cores do.
#pragma once
#include <cstdint>
#include <cstring>

namespace emulator {

// `x` with the lowest `bits` bits of its mantissa rounded away, to nearest even.
inline float without_bits(float x, int bits) {
  uint32_t word;
  memcpy(&word, &x, 4);
  if ((word & 0x7f800000u) == 0x7f800000u) return x;
  word += ((1u << (bits - 1)) - 1) + ((word >> bits) & 1);
  word &= ~((1u << bits) - 1);
  memcpy(&x, &word, 4);
  return x;
}
inline float to_tf32(float x) { return without_bits(x, 13); }
inline float to_bf16(float x) { return without_bits(x, 16); }

}  // namespace emulator
