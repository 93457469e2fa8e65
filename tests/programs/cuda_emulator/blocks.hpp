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
  void (*access)(Worker *, void *, unsigned, bool);
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
// `poison`: fills the module's static shared memory with garbage; null where kernels are not compiled to be watched.
int run_grid(const Kernel &kernel, void (*bind)(Worker *), void (*poison)(), Size3 grid, Size3 block, unsigned shared_bytes,
             void **parameters);

// --- races.cpp
// FCR_EMULATOR_RACES: every access of a kernel is looked at, and blocks run one at a time.
bool watches_races();
// A launch begins; a block of it begins; all its threads have come to a barrier.
void watch_launch(const Kernel &kernel);
void watch_block();
void watch_barrier();
// A thread of the block reads or writes. `shared`: memory of the block, else of the device.
void watch_access(unsigned thread, uint64_t address, unsigned bytes, bool write, bool shared);
// Races since the launch began; the first is complained about.
long races();

}  // namespace emulator
