// What the emulated NVRTC hands to the emulated driver in place of a cubin.
#pragma once
#include <cstdint>

namespace emulator {

constexpr char IMAGE_MAGIC[9] = "EMUCUBIN";
struct ImageHeader {
  char magic[8];
  uint64_t bytes;  // of the shared object that follows
};

}  // namespace emulator
