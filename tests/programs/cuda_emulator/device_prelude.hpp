// Put before the text of kernels when they are compiled for the host: CUDA's built-in names, told by a worker that runs
// one block at a time. `extern __shared__` arrays and `__global__` functions are rewritten by nvrtc.cpp.
#include <cmath>
#include <cstring>

struct uint3 { unsigned x, y, z; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

// The same layout as emulator::Worker in blocks.hpp.
struct FcrWorker {
  uint3 thread, block, block_size, grid_size;
  void *shared;
  void (*barrier)(FcrWorker *);
  void (*access)(FcrWorker *, void *, unsigned, bool);
};
static thread_local FcrWorker *fcr_worker;

#define threadIdx (fcr_worker->thread)
#define blockIdx (fcr_worker->block)
#define blockDim (fcr_worker->block_size)
#define gridDim (fcr_worker->grid_size)
#define __syncthreads() (fcr_worker->barrier(fcr_worker))
#define __device__

inline void sincospi(double x, double *sine, double *cosine) {
  *sine = std::sin(3.14159265358979323846 * x);
  *cosine = std::cos(3.14159265358979323846 * x);
}
inline unsigned __float_as_uint(float x) {
  unsigned bits;
  memcpy(&bits, &x, 4);
  return bits;
}
inline float __uint_as_float(unsigned bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

// What nvrtc.cpp lists at the end: every kernel with the sizes of its parameters.
struct FcrParameter { unsigned bytes; bool pointer; };
struct FcrKernel {
  const char *name;
  int threads;  // of __launch_bounds__, 1024 without
  int parameter_count;
  const FcrParameter *parameters;
  void (*run)(void **);
};
template <class T> constexpr bool fcr_is_pointer = false;
template <class T> constexpr bool fcr_is_pointer<T *> = true;
template <auto F> struct FcrEntry;
template <class... P, void (*F)(P...)> struct FcrEntry<F> {
  static constexpr FcrParameter parameters[sizeof...(P) + 1] = {{sizeof(P), fcr_is_pointer<P>}..., {0, false}};
  static constexpr int count = sizeof...(P);
  template <int... I> struct Indices {};
  template <int N, int... I> struct Count : Count<N - 1, N - 1, I...> {};
  template <int... I> struct Count<0, I...> { typedef Indices<I...> type; };
  template <int... I> static void call(void **values, Indices<I...>) { F(*(P *)values[I]...); }
  static void run(void **values) { call(values, typename Count<sizeof...(P)>::type()); }
};
#define FCR_KERNEL(name, threads) {#name, threads, FcrEntry<name>::count, FcrEntry<name>::parameters, FcrEntry<name>::run}

#ifdef FCR_RACES
// The compiler puts these calls before every load and store; races.cpp looks at them.
#define FCR_ACCESS(name, bytes, write) \
  extern "C" __attribute__((no_sanitize("thread"))) void __tsan_##name(void *at) { fcr_worker->access(fcr_worker, at, bytes, write); }
#define FCR_ACCESSES(bytes)                                                        \
  FCR_ACCESS(read##bytes, bytes, false) FCR_ACCESS(write##bytes, bytes, true)      \
  FCR_ACCESS(unaligned_read##bytes, bytes, false) FCR_ACCESS(unaligned_write##bytes, bytes, true)
FCR_ACCESSES(1) FCR_ACCESSES(2) FCR_ACCESSES(4) FCR_ACCESSES(8) FCR_ACCESSES(16)
extern "C" __attribute__((no_sanitize("thread"))) void __tsan_read_range(void *at, unsigned long bytes) {
  fcr_worker->access(fcr_worker, at, (unsigned)bytes, false);
}
extern "C" __attribute__((no_sanitize("thread"))) void __tsan_write_range(void *at, unsigned long bytes) {
  fcr_worker->access(fcr_worker, at, (unsigned)bytes, true);
}
extern "C" void __tsan_init() {}
extern "C" void __tsan_func_entry(void *) {}
extern "C" void __tsan_func_exit() {}
// Static shared arrays are what this module has of zeroed memory; they begin as garbage.
extern "C" char __bss_start[] __attribute__((visibility("hidden"))), _end[] __attribute__((visibility("hidden")));
extern "C" __attribute__((no_sanitize("thread"))) void fcr_poison() { memset(__bss_start, 0xff, _end - __bss_start); }
#endif
extern "C" __attribute__((no_sanitize("thread"))) void fcr_bind(FcrWorker *worker) { fcr_worker = worker; }
#line 1
