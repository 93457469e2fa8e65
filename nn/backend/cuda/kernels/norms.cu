// What batch and layer normalisation share, with their fused activation.
//
// Sums are taken in float32 over a few numbers of a thread and in double precision across these: on consumer cards one
// operation in double takes as long as 64 in float32.

// Pairs of sums for Width neighbouring channels. Of n numbers the sum is off by at most (RUN - 1) * 2^-24 of the sum of
// their magnitudes, whatever n.
template <int Width> struct RunningSums {
  static constexpr u32 RUN = 16;
  float a[Width], b[Width];
  Pair sums[Width];
  u32 added;
  __device__ inline RunningSums() : a{}, b{}, sums{}, added(0) {}
  __device__ inline void add(int i, float x, float y) {
    a[i] += x;
    b[i] += y;
  }
  // After each number of every channel.
  __device__ inline void step() {
    if (++added % RUN == 0) finish();
  }
  __device__ inline void finish() {
    for (int i = 0; i < Width; i++) {
      sums[i].a += a[i];
      sums[i].b += b[i];
      a[i] = b[i] = 0.0f;
    }
  }
};

// Sums of x and x^2 for Width neighbouring channels, taken of the distances from the first number that the thread gets:
// their squares are about as large as the variance, however far from 0 the mean is, so that E[x^2] - E[x]^2 keeps its
// digits. The variance is off by about (RUN + 3) * 2^-24 of the mean square of the distances.
template <int Width> struct MomentSums {
  RunningSums<Width> distances;
  float first[Width];
  __device__ inline void add(const Lane<Width> &x) {
    for (int i = 0; i < Width; i++) {
      if (distances.added == 0) first[i] = x.at[i];
      const float distance = x.at[i] - first[i];
      distances.add(i, distance, distance * distance);
    }
    distances.step();
  }
  // Of the numbers themselves.
  __device__ inline void finish(Pair out[Width]) {
    distances.finish();
    for (int i = 0; i < Width; i++) {
      const double n = distances.added, origin = n > 0 ? first[i] : 0.0f;
      const Pair sum = distances.sums[i];
      out[i] = {sum.a + n * origin, sum.b + origin * (2 * sum.a + n * origin)};
    }
  }
};

// Mean and biased variance from sums of x and x^2.
__device__ inline Pair moments(Pair sums, u64 count) {
  const double mean = sums.a / count, variance = sums.b / count - mean * mean;
  return {mean, variance > 0 ? variance : 0};
}

// What normalises an element and what its gradient needs.
struct Affine {
  float mean, inverse, gain, bias, slope;
  __device__ inline float normalised(float x) const { return (x - mean) * inverse; }
  __device__ inline float forward(float x) const { return activate(slope, normalised(x) * gain + bias); }
  // The gradient before the activation.
  __device__ inline float before(float x, float dy) const { return dy * slope_at(slope, normalised(x) * gain + bias); }
  __device__ inline float backward(float x, float dy, float mean_gradient, float mean_product) const {
    return gain * inverse * (before(x, dy) - mean_gradient - normalised(x) * mean_product);
  }
};
__device__ inline Affine affine(float epsilon, float slope, float mean, float variance, float gain, float bias) {
  return {mean, 1.0f / sqrtf(variance + epsilon), gain, bias, slope};
}
