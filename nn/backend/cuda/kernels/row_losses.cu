// Kernels over rows of [rows, classes]: a tile of rows, one per thread, is brought to shared memory and back with
// coalesced accesses; a thread reads its own row there. (Twelve classes are 48 bytes: 128-bit accesses at that distance
// have no bank conflict.) `Classes` is the number of classes, or 0 if it is known only at run time.

// Numbers from one row in memory to the next.
__device__ inline u32 row_length(u32 classes, const float *) { return classes; }
__device__ inline u32 row_length(u32 classes, const bf16 *) { return (classes + 7) / 8 * 8; }

// Copies `count` numbers by the whole block; 128 bits at a time where both sides allow it.
__device__ inline void copy_tile(u32 count, const float *from, float *to) {
  const u32 vectors = aligned16(from) && aligned16(to) ? count / 4 : 0;
  for (u32 i = threadIdx.x; i < vectors; i += blockDim.x) store4(to, i, load4(from, i));
  for (u32 i = 4 * vectors + threadIdx.x; i < count; i += blockDim.x) to[i] = from[i];
}

// Rows from memory to a tile, and back.
__device__ inline void load_tile(u32 rows, u32 classes, const float *from, float *tile) {
  copy_tile(rows * classes, from, tile);
}
__device__ inline void store_tile(u32 rows, u32 classes, const float *tile, float *to) {
  copy_tile(rows * classes, tile, to);
}

// Calls f(vector, where its first number belongs in the tile, how many of the four are classes) for bfloat16 rows.
template <class F> __device__ inline void each_vector(u32 rows, u32 classes, F f) {
  const u32 per_row = row_length(classes, (const bf16 *)0) / 4;
  for (u32 i = threadIdx.x; i < rows * per_row; i += blockDim.x) {
    const u32 first = i % per_row * 4;
    f(i, i / per_row * classes + first, first >= classes ? 0 : classes - first < 4 ? classes - first : 4);
  }
}
__device__ inline void load_tile(u32 rows, u32 classes, const bf16 *from, float *tile) {
  each_vector(rows, classes, [&](u32 vector, u32 at, u32 count) {
    const float4 four = load4(from, vector);
    const float values[4] = {four.x, four.y, four.z, four.w};
    for (u32 i = 0; i < count; i++) tile[at + i] = values[i];
  });
}
__device__ inline void store_tile(u32 rows, u32 classes, const float *tile, bf16 *to) {
  each_vector(rows, classes, [&](u32 vector, u32 at, u32 count) {
    float values[4];
    for (u32 i = 0; i < 4; i++) values[i] = i < count ? tile[at + i] : 0.0f;
    store4(to, vector, make_float4(values[0], values[1], values[2], values[3]));
  });
}

// Probabilities that were rounded when they were stored. Next to 1 there are no more than 8 bits, where losses look at
// what is missing to 1: the largest becomes what the others leave, whose 8 bits begin at their own first digit.
__device__ inline void restore(float *, u32, const float *) {}
__device__ inline void restore(float *row, u32 classes, const bf16 *) {
  u32 largest = 0;
  float others = 0.0f;
  for (u32 c = 1; c < classes; c++) {
    const bool larger = row[c] > row[largest];
    others += larger ? row[largest] : row[c];
    if (larger) largest = c;
  }
  // Rows of unknown voxels hold zeros alone.
  if (row[largest] > 0.0f) row[largest] = 1.0f - others;
}

// Calls f(first row, rows) for each tile of the block; rows <= blockDim.x.
template <class F> __device__ inline void each_tile(u64 rows, F f) {
  for (u64 first = (u64)blockIdx.x * blockDim.x; first < rows; first += (u64)gridDim.x * blockDim.x) {
    f(first, rows - first < blockDim.x ? (u32)(rows - first) : blockDim.x);
  }
}

// Calls f(first row, rows, this thread's row in shared memory or null) after the tile has arrived.
template <class F> __device__ inline void each_row(u64 rows, u32 classes, const Real *x, float *tile, F f) {
  each_tile(rows, [&](u64 first, u32 count) {
    load_tile(count, classes, x + first * row_length(classes, x), tile);
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

template <int Classes> __device__ inline void argmax(u64 rows, u32 run_time_classes, const Real *x, u8 *labels) {
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
KERNEL(128) argmax_12(u64 rows, u32 classes, const Real *x, u8 *y) { argmax<12>(rows, classes, x, y); }
KERNEL(128) argmax_n(u64 rows, u32 classes, const Real *x, u8 *y) { argmax<0>(rows, classes, x, y); }

template <int Classes> __device__ inline void softmax(u64 rows, u32 run_time_classes, const Real *x, Real *y) {
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
    store_tile(count, classes, tile, y + first * row_length(classes, y));
  });
}
KERNEL(128) softmax_12(u64 rows, u32 classes, const Real *x, Real *y) { softmax<12>(rows, classes, x, y); }
KERNEL(128) softmax_n(u64 rows, u32 classes, const Real *x, Real *y) { softmax<0>(rows, classes, x, y); }

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
__device__ inline void softmax_backward(u64 rows, u32 run_time_classes, const Real *p, const Real *dp,
                                        const u8 *labels, const float *weights, const Reconstruction &loss,
                                        float factor, Real *dx) {
  extern __shared__ float tile[];
  const u32 classes = Classes ? Classes : run_time_classes;
  float *gradients = tile + blockDim.x * classes;
  each_row(rows, classes, p, tile, [&](u64 first, u32 count, float *row) {
    if (dp) {
      load_tile(count, classes, dp + first * row_length(classes, dp), gradients);
      __syncthreads();
    }
    if (row) {
      float *own = gradients + threadIdx.x * classes;
      restore(row, classes, p);
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
    store_tile(count, classes, gradients, dx + first * row_length(classes, dx));
  });
}
KERNEL(128) softmax_backward_12(u64 rows, u32 classes, const Real *p, const Real *dp, const u8 *labels,
                                const float *weights, float gamma, float one_minus_gamma, float epsilon, float factor,
                                Real *dx) {
  softmax_backward<12>(rows, classes, p, dp, labels, weights, {gamma, one_minus_gamma, epsilon}, factor, dx);
}
KERNEL(128) softmax_backward_n(u64 rows, u32 classes, const Real *p, const Real *dp, const u8 *labels,
                               const float *weights, float gamma, float one_minus_gamma, float epsilon, float factor,
                               Real *dx) {
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
                                           const Reconstruction &loss, const Real *p, double *partials) {
  extern __shared__ float tile[];
  __shared__ double sums[128];
  const u32 classes = Classes ? Classes : run_time_classes;
  double sum = 0;
  each_row(rows, classes, p, tile, [&](u64 first, u32, float *row) {
    if (!row) return;
    restore(row, classes, p);
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
                                   float one_minus_gamma, float epsilon, const Real *p, double *partials) {
  reconstruction_loss<12>(rows, classes, labels, weights, {gamma, one_minus_gamma, epsilon}, p, partials);
}
KERNEL(128) reconstruction_loss_n(u64 rows, u32 classes, const u8 *labels, const float *weights, float gamma,
                                  float one_minus_gamma, float epsilon, const Real *p, double *partials) {
  reconstruction_loss<0>(rows, classes, labels, weights, {gamma, one_minus_gamma, epsilon}, p, partials);
}
