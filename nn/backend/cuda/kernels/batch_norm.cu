// Batch normalisation: statistics per column of [rows, channels].

// A thread's channels and rows: x along groups of Width channels, y along rows.
template <int Width> struct Columns {
  u32 first;
  u64 row, step;
  __device__ inline Columns()
      : first((blockIdx.y * blockDim.x + threadIdx.x) * Width), row((u64)blockIdx.x * blockDim.y + threadIdx.y),
        step((u64)gridDim.x * blockDim.y) {}
};

// Adds up the block's pairs per channel and writes them to partials [channels, 2, grid.x].
template <int Width>
__device__ inline void write_column_partials(const Columns<Width> &at, u32 channels, const Pair sums[Width],
                                             double *partials) {
  __shared__ Pair tile[Width][256];
  const u32 t = threadIdx.y * blockDim.x + threadIdx.x;
  for (int i = 0; i < Width; i++) tile[i][t] = sums[i];
  __syncthreads();
  u32 rows = blockDim.y;
  while (rows > 1) {
    const u32 half = (rows + 1) / 2;
    if (threadIdx.y + half < rows) {
      for (int i = 0; i < Width; i++) {
        tile[i][t].a += tile[i][t + half * blockDim.x].a;
        tile[i][t].b += tile[i][t + half * blockDim.x].b;
      }
    }
    __syncthreads();
    rows = half;
  }
  if (threadIdx.y > 0 || at.first >= channels) return;
  for (int i = 0; i < Width; i++) {
    double *out = partials + (u64)(at.first + i) * 2 * gridDim.x + blockIdx.x;
    out[0] = tile[i][t].a;
    out[gridDim.x] = tile[i][t].b;
  }
}

// Calls f(element offset) for the thread's rows, unrolled so that the loads of `Together` rows are in flight together.
template <int Width, int Together = 4, class F>
__device__ inline void each_row(const Columns<Width> &at, u64 rows, u32 channels, F f) {
  if (at.first >= channels) return;
  u64 row = at.row;
  for (; row + (Together - 1) * at.step < rows; row += Together * at.step) {
#pragma unroll
    for (int k = 0; k < Together; k++) f((row + k * at.step) * channels + at.first);
  }
  for (; row < rows; row += at.step) f(row * channels + at.first);
}

// Sums and sums of squares per column.
template <int Width>
__device__ inline void column_moments(u64 rows, u32 channels, const Real *x, double *partials) {
  const Columns<Width> at;
  MomentSums<Width> moments;
  each_row(at, rows, channels, [&](u64 offset) { moments.add(load_lane<Width>(x + offset)); });
  Pair sums[Width];
  moments.finish(sums);
  write_column_partials<Width>(at, channels, sums, partials);
}
KERNEL(256) column_moments_1(u64 rows, u32 channels, const Real *x, double *partials) {
  column_moments<1>(rows, channels, x, partials);
}
KERNEL(256) column_moments_4(u64 rows, u32 channels, const Real *x, double *partials) {
  column_moments<4>(rows, channels, x, partials);
}

// What a row of threads (a power of two of them) adds up for its channel: the sums over all blocks of the launch before.
// The first thread of the row gets them.
struct ChannelSums {
  u32 channel;
  Pair sum;
  __device__ inline ChannelSums(u32 channels, u32 blocks, const double *partials)
      : channel(blockIdx.x * blockDim.y + threadIdx.y), sum{0, 0} {
    __shared__ Pair sums[128];
    if (channel < channels) {
      const double *own = partials + (u64)channel * 2 * blocks;
      for (u32 i = threadIdx.x; i < blocks; i += blockDim.x) {
        sum.a += own[i];
        sum.b += own[blocks + i];
      }
    }
    Pair *mine = sums + threadIdx.y * blockDim.x + threadIdx.x;
    *mine = sum;
    __syncthreads();
    for (u32 half = blockDim.x / 2; half > 0; half /= 2) {
      if (threadIdx.x < half) {
        mine->a += mine[half].a;
        mine->b += mine[half].b;
      }
      __syncthreads();
    }
    sum = *mine;
  }
  __device__ inline bool complete(u32 channels) const { return channel < channels && threadIdx.x == 0; }
};

// statistics [2, channels]; `blocks` is grid.x of the launch that wrote the partials. So below.
KERNEL(128) column_moments_finish(u64 rows, u32 channels, u32 blocks, const double *partials, float *statistics) {
  const ChannelSums own(channels, blocks, partials);
  if (!own.complete(channels)) return;
  const Pair result = moments(own.sum, rows);
  statistics[own.channel] = (float)result.a;
  statistics[channels + own.channel] = (float)result.b;
}

// The affine maps of a thread's channels.
template <int Width>
__device__ inline void column_affines(u32 first, u32 channels, float epsilon, float slope, const float *statistics,
                                      const float *gain, const float *bias, Affine out[Width]) {
  for (int i = 0; i < Width; i++) {
    const u32 c = first + i;
    if (c < channels) out[i] = affine(epsilon, slope, statistics[c], statistics[channels + c], gain[c], bias[c]);
  }
}

template <int Width>
__device__ inline void batch_norm(u64 rows, u32 channels, float epsilon, float slope, const Real *x,
                                  const float *statistics, const float *gain, const float *bias, Real *y) {
  const Columns<Width> at;
  Affine map[Width];
  column_affines<Width>(at.first, channels, epsilon, slope, statistics, gain, bias, map);
  each_row(at, rows, channels, [&](u64 offset) {
    Lane<Width> v = load_lane<Width>(x + offset);
    for (int i = 0; i < Width; i++) v.at[i] = map[i].forward(v.at[i]);
    store_lane(y + offset, v);
  });
}
KERNEL(256) batch_norm_1(u64 rows, u32 channels, float epsilon, float slope, const Real *x, const float *statistics,
                         const float *gain, const float *bias, Real *y) {
  batch_norm<1>(rows, channels, epsilon, slope, x, statistics, gain, bias, y);
}
KERNEL(256) batch_norm_4(u64 rows, u32 channels, float epsilon, float slope, const Real *x, const float *statistics,
                         const float *gain, const float *bias, Real *y) {
  batch_norm<4>(rows, channels, epsilon, slope, x, statistics, gain, bias, y);
}

// Sums of g and g * normalised x per column, with g the gradient before the activation.
template <int Width>
__device__ inline void column_gradients(u64 rows, u32 channels, float epsilon, float slope, const Real *x,
                                        const float *statistics, const float *gain, const float *bias, const Real *dy,
                                        double *partials) {
  const Columns<Width> at;
  Affine map[Width];
  column_affines<Width>(at.first, channels, epsilon, slope, statistics, gain, bias, map);
  RunningSums<Width> running;
  // Two rows of two tensors: more would not fit into registers beside the sums.
  each_row<Width, 2>(at, rows, channels, [&](u64 offset) {
    const Lane<Width> v = load_lane<Width>(x + offset), g = load_lane<Width>(dy + offset);
    for (int i = 0; i < Width; i++) {
      const float before = map[i].before(v.at[i], g.at[i]);
      running.add(i, before, before * map[i].normalised(v.at[i]));
    }
    running.step();
  });
  running.finish();
  write_column_partials<Width>(at, channels, running.sums, partials);
}
KERNEL(256) column_gradients_1(u64 rows, u32 channels, float epsilon, float slope, const Real *x,
                               const float *statistics, const float *gain, const float *bias, const Real *dy,
                               double *partials) {
  column_gradients<1>(rows, channels, epsilon, slope, x, statistics, gain, bias, dy, partials);
}
KERNEL(256) column_gradients_4(u64 rows, u32 channels, float epsilon, float slope, const Real *x,
                               const float *statistics, const float *gain, const float *bias, const Real *dy,
                               double *partials) {
  column_gradients<4>(rows, channels, epsilon, slope, x, statistics, gain, bias, dy, partials);
}

// means [2, channels]; the sums are added to d_bias and d_gain, unless these are 0.
KERNEL(128) column_gradients_finish(u64 rows, u32 channels, u32 blocks, const double *partials, float *means,
                                    float *d_gain, float *d_bias) {
  const ChannelSums own(channels, blocks, partials);
  if (!own.complete(channels)) return;
  const Pair sum = own.sum;
  const u32 c = own.channel;
  means[c] = (float)(sum.a / rows);
  means[channels + c] = (float)(sum.b / rows);
  if (d_gain) d_gain[c] = (float)(d_gain[c] + sum.b);
  if (d_bias) d_bias[c] = (float)(d_bias[c] + sum.a);
}

template <int Width>
__device__ inline void batch_norm_backward(u64 rows, u32 channels, float epsilon, float slope, const Real *x,
                                           const float *statistics, const float *gain, const float *bias,
                                           const Real *dy, const float *means, Real *dx) {
  const Columns<Width> at;
  Affine map[Width];
  float mean_gradient[Width], mean_product[Width];
  column_affines<Width>(at.first, channels, epsilon, slope, statistics, gain, bias, map);
  for (int i = 0; i < Width; i++) {
    if (at.first + i >= channels) continue;
    mean_gradient[i] = means[at.first + i];
    mean_product[i] = means[channels + at.first + i];
  }
  each_row(at, rows, channels, [&](u64 offset) {
    const Lane<Width> v = load_lane<Width>(x + offset);
    Lane<Width> g = load_lane<Width>(dy + offset);
    for (int i = 0; i < Width; i++) g.at[i] = map[i].backward(v.at[i], g.at[i], mean_gradient[i], mean_product[i]);
    store_lane(dx + offset, g);
  });
}
KERNEL(256) batch_norm_backward_1(u64 rows, u32 channels, float epsilon, float slope, const Real *x,
                                  const float *statistics, const float *gain, const float *bias, const Real *dy,
                                  const float *means, Real *dx) {
  batch_norm_backward<1>(rows, channels, epsilon, slope, x, statistics, gain, bias, dy, means, dx);
}
KERNEL(256) batch_norm_backward_4(u64 rows, u32 channels, float epsilon, float slope, const Real *x,
                                  const float *statistics, const float *gain, const float *bias, const Real *dy,
                                  const float *means, Real *dx) {
  batch_norm_backward<4>(rows, channels, epsilon, slope, x, statistics, gain, bias, dy, means, dx);
}
