// Kernels whose elements do not depend on each other. 128-bit accesses where all pointers allow them.

// y[i] = f(x[i]); y may be x.
template <class F> __device__ inline void map1(u64 count, const float *x, float *y, F f) {
  const u64 vectors = aligned16(x) && aligned16(y) ? count / 4 : 0;
  for (u64 i = grid_first(); i < vectors; i += grid_step()) {
    const float4 v = load4(x, i);
    store4(y, i, make_float4(f(v.x), f(v.y), f(v.z), f(v.w)));
  }
  for (u64 i = 4 * vectors + grid_first(); i < count; i += grid_step()) y[i] = f(x[i]);
}

// y[i] = f(a[i], b[i]); y may be a or b.
template <class F> __device__ inline void map2(u64 count, const float *a, const float *b, float *y, F f) {
  const u64 vectors = aligned16(a) && aligned16(b) && aligned16(y) ? count / 4 : 0;
  for (u64 i = grid_first(); i < vectors; i += grid_step()) {
    const float4 v = load4(a, i), w = load4(b, i);
    store4(y, i, make_float4(f(v.x, w.x), f(v.y, w.y), f(v.z, w.z), f(v.w, w.w)));
  }
  for (u64 i = 4 * vectors + grid_first(); i < count; i += grid_step()) y[i] = f(a[i], b[i]);
}

KERNEL(256) fill(u64 count, float value, float *x) {
  const u64 vectors = aligned16(x) ? count / 4 : 0;
  const float4 four = make_float4(value, value, value, value);
  for (u64 i = grid_first(); i < vectors; i += grid_step()) store4(x, i, four);
  for (u64 i = 4 * vectors + grid_first(); i < count; i += grid_step()) x[i] = value;
}

KERNEL(256) axpby(u64 count, float a, const float *x, float b, float *y) {
  if (b == 0.0f) map1(count, x, y, [=](float v) { return a * v; });
  else map2(count, x, y, y, [=](float v, float w) { return a * v + b * w; });
}

KERNEL(256) activation(u64 count, float slope, const float *x, float *y) {
  map1(count, x, y, [=](float v) { return activate(slope, v); });
}

KERNEL(256) activation_backward(u64 count, float slope, const float *y, const float *dy, float *dx) {
  map2(count, y, dy, dx, [=](float v, float g) { return g * slope_at(slope, v); });
}

KERNEL(256) add_activation(u64 count, float slope, const float *a, const float *b, float *y) {
  map2(count, a, b, y, [=](float v, float w) { return activate(slope, v + w); });
}

KERNEL(256) silu(u64 count, const float *x, float *y) {
  map1(count, x, y, [=](float v) { return v / (1.0f + expf(-v)); });
}

KERNEL(256) silu_backward(u64 count, const float *x, const float *dy, float *dx) {
  map2(count, x, dy, dx, [=](float v, float g) {
    // The second sigmoid is 1 minus the first, without cancellation.
    return g / (1.0f + expf(-v)) * (1.0f + v / (1.0f + expf(v)));
  });
}

// x *= maximum / sqrt(squares) where that is less than 1.
KERNEL(256) clip(u64 count, float maximum, const float *squares, float *x) {
  const float norm = sqrtf(*squares), factor = norm > maximum ? maximum / norm : 1.0f;
  map1(count, x, x, [=](float v) { return v * factor; });
}

struct AdamFactors { float rate, beta1, one_minus_beta1, beta2, one_minus_beta2, epsilon; };

__device__ inline void adam_element(const AdamFactors &f, float &p, float g, float &m, float &v) {
  m = f.beta1 * m + f.one_minus_beta1 * g;
  v = f.beta2 * v + f.one_minus_beta2 * (g * g);
  p -= f.rate * m / (sqrtf(v) + f.epsilon);
}

// rate = learning rate * sqrt(1 - beta2^t) / (1 - beta1^t), here or at rate_at; the complements are rounded from double
// precision.
KERNEL(256) adam(u64 count, float rate, const float *rate_at, float beta1, float one_minus_beta1, float beta2,
                 float one_minus_beta2, float epsilon, float *parameters, const float *gradients, float *m, float *v) {
  const AdamFactors f = {rate_at ? *rate_at : rate, beta1, one_minus_beta1, beta2, one_minus_beta2, epsilon};
  const bool vectorised = aligned16(parameters) && aligned16(gradients) && aligned16(m) && aligned16(v);
  const u64 vectors = vectorised ? count / 4 : 0;
  for (u64 i = grid_first(); i < vectors; i += grid_step()) {
    float4 p4 = load4(parameters, i), m4 = load4(m, i), v4 = load4(v, i);
    const float4 g4 = load4(gradients, i);
    adam_element(f, p4.x, g4.x, m4.x, v4.x);
    adam_element(f, p4.y, g4.y, m4.y, v4.y);
    adam_element(f, p4.z, g4.z, m4.z, v4.z);
    adam_element(f, p4.w, g4.w, m4.w, v4.w);
    store4(m, i, m4);
    store4(v, i, v4);
    store4(parameters, i, p4);
  }
  for (u64 i = 4 * vectors + grid_first(); i < count; i += grid_step()) {
    adam_element(f, parameters[i], gradients[i], m[i], v[i]);
  }
}

// Philox4x32-10 (Salmon et al., SC 2011); base/random.ts is the definition.
__device__ inline void philox(u64 block, u32 seed, u32 stream, u32 iteration, u32 words[4]) {
  u32 c0 = (u32)block, c1 = (u32)(block >> 32), c2 = iteration, c3 = 0, k0 = seed, k1 = stream;
  for (int round = 0; round < 10; round++) {
    const u64 a = (u64)0xD2511F53u * c0, b = (u64)0xCD9E8D57u * c2;
    c0 = (u32)(b >> 32) ^ c1 ^ k0;
    c1 = (u32)b;
    c2 = (u32)(a >> 32) ^ c3 ^ k1;
    c3 = (u32)a;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

// Double precision: the numbers have to be those of JavaScript's Math.log, cos and sin after rounding to float32.
KERNEL(256) random_normal(u64 count, u32 seed, u32 stream, u32 iteration, double mean, double deviation, float *x) {
  const double unit = 1.0 / 4294967296.0;
  const u64 blocks = (count + 3) / 4;
  for (u64 block = grid_first(); block < blocks; block += grid_step()) {
    u32 words[4];
    philox(block, seed, stream, iteration, words);
    for (int pair = 0; pair < 2; pair++) {
      const double radius = sqrt(-2.0 * log((words[2 * pair] + 0.5) * unit));
      double sine, cosine;
      sincospi(2.0 * (words[2 * pair + 1] * unit), &sine, &cosine);
      const u64 i = 4 * block + 2 * pair;
      if (i < count) x[i] = (float)(radius * cosine * deviation + mean);
      if (i + 1 < count) x[i + 1] = (float)(radius * sine * deviation + mean);
    }
  }
}

// Threads: x along groups of Width classes, y along rows.
template <int Width> __device__ inline void one_hot(u64 rows, u32 classes, const u8 *labels, float *x) {
  const u32 first = (blockIdx.y * blockDim.x + threadIdx.x) * Width;
  if (first >= classes) return;
  const u64 step = (u64)gridDim.x * blockDim.y;
  for (u64 row = (u64)blockIdx.x * blockDim.y + threadIdx.y; row < rows; row += step) {
    const u32 label = labels[row];
    Lane<Width> lane;
    for (int i = 0; i < Width; i++) lane.at[i] = label == first + i ? 1.0f : 0.0f;
    store_lane(x + row * classes + first, lane);
  }
}
KERNEL(256) one_hot_1(u64 rows, u32 classes, const u8 *labels, float *x) { one_hot<1>(rows, classes, labels, x); }
KERNEL(256) one_hot_4(u64 rows, u32 classes, const u8 *labels, float *x) { one_hot<4>(rows, classes, labels, x); }

// Rows of unknown voxels = 0.
KERNEL(256) mask_unknown(u64 count, u32 classes, const u8 *labels, float *x) {
  for (u64 row = grid_first(); row < count; row += grid_step()) {
    if (labels[row] < classes) continue;
    for (u32 c = 0; c < classes; c++) x[row * classes + c] = 0.0f;
  }
}
