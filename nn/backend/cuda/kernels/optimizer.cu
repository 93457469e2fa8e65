// Random numbers and updates of parameters, in float32.

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
