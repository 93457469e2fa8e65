// What batch and layer normalisation share, with their fused activation.
//
// Sums are taken in double precision: squares of float32 are exact there, so that E[x^2] - E[x]^2 keeps its digits.

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
