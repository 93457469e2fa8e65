// Runs the blocks of a launch.
#pragma once
#include <cstdint>

namespace emulator {

struct Size3 { unsigned x, y, z; };

// What a running kernel sees; the same layout as FcrWorker in device_prelude.hpp.
struct Worker {
  Size3 thread, block, block_size, grid_size;
  void *shared;
  void (*barrier)(Worker *);
};

struct KernelParameter { unsigned bytes; bool pointer; };
struct Kernel {
  const char *name;
  int threads;
  int parameter_count;
  const KernelParameter *parameters;
  void (*run)(void **);
};

// 0, or the CUresult of what went wrong: 700 illegal address, 716 misaligned address, 719 launch failure.
int run_grid(const Kernel &kernel, void (*bind)(Worker *), Size3 grid, Size3 block, unsigned shared_bytes,
             void **parameters);

}  // namespace emulator
