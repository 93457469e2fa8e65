// Kernels over rows of [rows, classes]: a tile of rows, one per thread, is brought to shared memory and back with
// coalesced accesses; a thread reads its own row there. (Twelve classes are 48 bytes: 128-bit accesses at that distance
// have no bank conflict.) `Classes` is the number of classes, or 0 if it is known only at run time.

// Copies `count` numbers by the whole block; 128 bits at a time where both sides allow it.
__device__ inline void copy_tile(u32 count, const float *from, float *to) {
  const u32 vectors = aligned16(from) && aligned16(to) ? count / 4 : 0;
  for (u32 i = threadIdx.x; i < vectors; i += blockDim.x) store4(to, i, load4(from, i));
  for (u32 i = 4 * vectors + threadIdx.x; i < count; i += blockDim.x) to[i] = from[i];
}

// Calls f(first row, rows) for each tile of the block; rows <= blockDim.x.
template <class F> __device__ inline void each_tile(u64 rows, F f) {
  for (u64 first = (u64)blockIdx.x * blockDim.x; first < rows; first += (u64)gridDim.x * blockDim.x) {
    f(first, rows - first < blockDim.x ? (u32)(rows - first) : blockDim.x);
  }
}

// Calls f(first row, rows, this thread's row in shared memory or null) after the tile has arrived.
template <class F> __device__ inline void each_row(u64 rows, u32 classes, const float *x, float *tile, F f) {
  each_tile(rows, [&](u64 first, u32 count) {
    copy_tile(count * classes, x + first * classes, tile);
    __syncthreads();
    f(first, count, threadIdx.x < count ? tile + threadIdx.x * classes : (float *)0);
    __syncthreads();
  });
}

// A row in registers: read with 128-bit accesses, which are free of bank conflicts where those of 32 bits are not.
template <int Classes> struct RowCopy {
  float at[Classes];
  __device__ inline RowCopy(const float *row) {
    for (int v = 0; v < Classes / 4; v++) {
      const float4 four = load4(row, v);
      at[4 * v] = four.x, at[4 * v + 1] = four.y, at[4 * v + 2] = four.z, at[4 * v + 3] = four.w;
    }
  }
  __device__ inline void store(float *row) const {
    for (int v = 0; v < Classes / 4; v++) {
      store4(row, v, make_float4(at[4 * v], at[4 * v + 1], at[4 * v + 2], at[4 * v + 3]));
    }
  }
};
// The row where it is, for any number of classes.
template <> struct RowCopy<0> {
  float *at;
  __device__ inline RowCopy(const float *row) : at((float *)row) {}
  __device__ inline void store(float *) const {}
};

template <int Classes> __device__ inline void argmax(u64 rows, u32 run_time_classes, const float *x, u8 *labels) {
  extern __shared__ float tile[];
  const u32 classes = Classes ? Classes : run_time_classes;
  each_row(rows, classes, x, tile, [&](u64 first, u32, const float *row) {
    if (!row) return;
    u32 best = 0;
    float most = row[0];
    for (u32 c = 1; c < classes; c++) {
      if (row[c] > most) most = row[c], best = c;
    }
    labels[first + threadIdx.x] = (u8)best;
  });
}
KERNEL(128) argmax_12(u64 rows, u32 classes, const float *x, u8 *y) { argmax<12>(rows, classes, x, y); }
KERNEL(128) argmax_n(u64 rows, u32 classes, const float *x, u8 *y) { argmax<0>(rows, classes, x, y); }

template <int Classes> __device__ inline void softmax(u64 rows, u32 run_time_classes, const float *x, float *y) {
  extern __shared__ float tile[];
  const u32 classes = Classes ? Classes : run_time_classes;
  each_row(rows, classes, x, tile, [&](u64 first, u32 count, float *row) {
    if (row) {
      float maximum = row[0], sum = 0.0f;
      for (u32 c = 1; c < classes; c++) maximum = fmaxf(maximum, row[c]);
      for (u32 c = 0; c < classes; c++) sum += row[c] = expf(row[c] - maximum);
      for (u32 c = 0; c < classes; c++) row[c] /= sum;
    }
    __syncthreads();
    copy_tile(count * classes, tile, y + first * classes);
  });
}
KERNEL(128) softmax_12(u64 rows, u32 classes, const float *x, float *y) { softmax<12>(rows, classes, x, y); }
KERNEL(128) softmax_n(u64 rows, u32 classes, const float *x, float *y) { softmax<0>(rows, classes, x, y); }

// The reconstruction loss of one probability, and its derivative.
struct Reconstruction {
  float gamma, one_minus_gamma, epsilon;
  // 1 - p + epsilon with 1 + epsilon rounded first, as the original graph sums it; it matters where p is near 1.
  __device__ inline float complement(float p) const { return (1.0f + epsilon) - p; }
  __device__ inline float loss(bool right, float p) const {
    return -(right ? gamma : one_minus_gamma) * logf(right ? epsilon + p : complement(p));
  }
  __device__ inline float slope(bool right, float p) const {
    return (right ? -gamma : one_minus_gamma) / (right ? epsilon + p : complement(p));
  }
};

// dx = p * (g - sum p * g), g = dp (or 0) + factor * slope of the loss (where there is a label of a class); dx may be dp.
template <int Classes>
__device__ inline void softmax_backward(u64 rows, u32 run_time_classes, const float *p, const float *dp,
                                        const u8 *labels, const float *weights, const Reconstruction &loss,
                                        float factor, float *dx) {
  extern __shared__ float tile[];
  const u32 classes = Classes ? Classes : run_time_classes;
  float *gradients = tile + blockDim.x * classes;
  each_row(rows, classes, p, tile, [&](u64 first, u32 count, const float *row) {
    if (dp) {
      copy_tile(count * classes, dp + first * classes, gradients);
      __syncthreads();
    }
    if (row) {
      float *own = gradients + threadIdx.x * classes;
      const RowCopy<Classes> probability(row);
      RowCopy<Classes> gradient(own);
      const u32 label = labels ? labels[first + threadIdx.x] : classes;
      float dot = 0.0f;
      for (u32 c = 0; c < classes; c++) {
        float g = dp ? gradient.at[c] : 0.0f;
        if (label < classes) g += weights[c] * factor * loss.slope(c == label, probability.at[c]);
        gradient.at[c] = g;
        dot += probability.at[c] * g;
      }
      for (u32 c = 0; c < classes; c++) gradient.at[c] = probability.at[c] * (gradient.at[c] - dot);
      gradient.store(own);
    }
    __syncthreads();
    copy_tile(count * classes, gradients, dx + first * classes);
  });
}
KERNEL(128) softmax_backward_12(u64 rows, u32 classes, const float *p, const float *dp, const u8 *labels,
                                const float *weights, float gamma, float one_minus_gamma, float epsilon, float factor,
                                float *dx) {
  softmax_backward<12>(rows, classes, p, dp, labels, weights, {gamma, one_minus_gamma, epsilon}, factor, dx);
}
KERNEL(128) softmax_backward_n(u64 rows, u32 classes, const float *p, const float *dp, const u8 *labels,
                               const float *weights, float gamma, float one_minus_gamma, float epsilon, float factor,
                               float *dx) {
  softmax_backward<0>(rows, classes, p, dp, labels, weights, {gamma, one_minus_gamma, epsilon}, factor, dx);
}

// The same for rows of more numbers than there can be classes, such as weights of attention: a block for each row.
__device__ inline float block_maximum(float value) {
  __shared__ float values[256];
  const u32 t = threadIdx.x;
  values[t] = value;
  __syncthreads();
  for (u32 half = 128; half > 0; half /= 2) {
    if (t < half) values[t] = fmaxf(values[t], values[t + half]);
    __syncthreads();
  }
  return values[0];
}

KERNEL(256) softmax_long(u64 rows, u32 classes, const float *x, float *y) {
  for (u64 row = blockIdx.x; row < rows; row += gridDim.x) {
    const float *from = x + row * classes;
    float *to = y + row * classes, maximum = from[0];
    for (u32 c = threadIdx.x; c < classes; c += blockDim.x) maximum = fmaxf(maximum, from[c]);
    maximum = block_maximum(maximum);
    Pair sum = {0, 0};
    for (u32 c = threadIdx.x; c < classes; c += blockDim.x) sum.a += to[c] = expf(from[c] - maximum);
    const float factor = (float)(1.0 / block_sum<256>(sum).a);
    for (u32 c = threadIdx.x; c < classes; c += blockDim.x) to[c] *= factor;
  }
}

KERNEL(256) softmax_backward_long(u64 rows, u32 classes, const float *p, const float *dp, float *dx) {
  for (u64 row = blockIdx.x; row < rows; row += gridDim.x) {
    const u64 first = row * classes;
    Pair sum = {0, 0};
    for (u32 c = threadIdx.x; c < classes; c += blockDim.x) sum.a += p[first + c] * dp[first + c];
    const float dot = (float)block_sum<256>(sum).a;
    for (u32 c = threadIdx.x; c < classes; c += blockDim.x) dx[first + c] = p[first + c] * (dp[first + c] - dot);
  }
}

template <int Classes>
__device__ inline void reconstruction_loss(u64 rows, u32 run_time_classes, const u8 *labels, const float *weights,
                                           const Reconstruction &loss, const float *p, double *partials) {
  extern __shared__ float tile[];
  __shared__ double sums[128];
  const u32 classes = Classes ? Classes : run_time_classes;
  double sum = 0;
  each_row(rows, classes, p, tile, [&](u64 first, u32, const float *row) {
    if (!row) return;
    const u32 label = labels[first + threadIdx.x];
    if (label >= classes) return;
    float own = 0.0f;
    const RowCopy<Classes> probability(row);
#pragma unroll
    for (u32 c = 0; c < classes; c++) own += weights[c] * loss.loss(c == label, probability.at[c]);
    sum += own;
  });
  sums[threadIdx.x] = sum;
  __syncthreads();
  for (u32 half = blockDim.x / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) partials[blockIdx.x] = sums[0];
}
KERNEL(128) reconstruction_loss_12(u64 rows, u32 classes, const u8 *labels, const float *weights, float gamma,
                                   float one_minus_gamma, float epsilon, const float *p, double *partials) {
  reconstruction_loss<12>(rows, classes, labels, weights, {gamma, one_minus_gamma, epsilon}, p, partials);
}
KERNEL(128) reconstruction_loss_n(u64 rows, u32 classes, const u8 *labels, const float *weights, float gamma,
                                  float one_minus_gamma, float epsilon, const float *p, double *partials) {
  reconstruction_loss<0>(rows, classes, labels, weights, {gamma, one_minus_gamma, epsilon}, p, partials);
}
