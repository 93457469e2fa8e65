// Begins every module; where kernels take activations, a typedef of Real follows, what these are stored in. Plain C++
// without headers: the same text is compiled for the host by the emulated device of the tests, which brings its own meaning of __global__, threadIdx, __syncthreads and shared memory.

// Sizes are u64. Reductions repeat bit by bit: blocks write partial sums (in double precision; see norms.cu) into scratch memory, and
// a last launch, or every block of the next one, adds them in a fixed order. Nothing has to be cleared before. Kernels
// whose name ends in _4 move four channels at a time: they need channels (classes) divisible by 4 and every tensor of
// [rows, channels] at a multiple of 16 bytes; _1 take anything. All others look at their pointers themselves.

// At least 1024 threads per multiprocessor, which leaves 64 registers to each.
#define KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads, 1024 / threads)

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

// Whether 128-bit loads and stores may be used.
__device__ inline bool aligned16(const void *a) { return ((u64)a & 15) == 0; }

// Four numbers, float32 or bfloat16; what lies at a multiple of 16 bytes may be read and written so.
__device__ inline float4 load4(const float *x, u64 vector) { return ((const float4 *)x)[vector]; }
__device__ inline void store4(float *x, u64 vector, float4 value) { ((float4 *)x)[vector] = value; }

__device__ inline u32 bf16_bits(float x) {
  const u32 bits = __float_as_uint(x);
  // A NaN must not round to infinity.
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (bits >> 16) | 0x40u;
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}
__device__ inline u32 bf16_pair(float low, float high) { return bf16_bits(low) | bf16_bits(high) << 16; }
__device__ inline float low_float(u32 pair) { return __uint_as_float(pair << 16); }
__device__ inline float high_float(u32 pair) { return __uint_as_float(pair & 0xffff0000u); }

// bfloat16, the upper half of a float32: rounded to nearest even when it is written.
struct bf16 {
  u16 bits;
  __device__ inline operator float() const { return low_float(bits); }
  __device__ inline bf16 &operator=(float x) {
    bits = (u16)bf16_bits(x);
    return *this;
  }
};
__device__ inline float4 load4(const bf16 *x, u64 vector) {
  const uint2 v = ((const uint2 *)x)[vector];
  return make_float4(low_float(v.x), high_float(v.x), low_float(v.y), high_float(v.y));
}
__device__ inline void store4(bf16 *x, u64 vector, float4 value) {
  ((uint2 *)x)[vector] = make_uint2(bf16_pair(value.x, value.y), bf16_pair(value.z, value.w));
}

// `Width` neighbouring numbers at once: 1, or 4 where they lie at a multiple of 16 bytes.
template <int Width> struct Lane { float at[Width]; };

template <int Width, class T> __device__ inline Lane<Width> load_lane(const T *x) {
  if constexpr (Width == 1) {
    return {{*x}};
  } else {
    const float4 v = load4(x, 0);
    return {{v.x, v.y, v.z, v.w}};
  }
}
template <class T> __device__ inline void store_lane(T *x, const Lane<1> &v) { *x = v.at[0]; }
template <class T> __device__ inline void store_lane(T *x, const Lane<4> &v) {
  store4(x, 0, make_float4(v.at[0], v.at[1], v.at[2], v.at[3]));
}

// y = x for x >= 0 (x > 0 when slope is 0), slope * x below; its derivative where output (or input) is y.
__device__ inline float slope_at(float slope, float y) { return y > 0.0f || (y == 0.0f && slope != 0.0f) ? 1.0f : slope; }
__device__ inline float activate(float slope, float x) { return slope_at(slope, x) * x; }

// Two sums over the block, in an order that depends on its size only; every thread gets them. `Threads` is a power of
// two and the number of threads.
struct Pair { double a, b; };
template <int Threads> __device__ inline Pair block_sum(Pair sum) {
  __shared__ double a[Threads], b[Threads];
  const u32 t = threadIdx.x;
  __syncthreads();
  a[t] = sum.a;
  b[t] = sum.b;
  __syncthreads();
  for (u32 half = Threads / 2; half > 0; half /= 2) {
    if (t < half) {
      a[t] += a[t + half];
      b[t] += b[t + half];
    }
    __syncthreads();
  }
  return {a[0], b[0]};
}

// A thread's first index and its step in a loop over more elements than there are threads.
__device__ inline u64 grid_first() { return (u64)blockIdx.x * blockDim.x + threadIdx.x; }
__device__ inline u64 grid_step() { return (u64)gridDim.x * blockDim.x; }
