// Rows that are moved, added and summed. Threads: x along groups of Width numbers, y along rows.

// Calls f(row, first number) for the thread's rows of [rows, length].
template <int Width, class F> __device__ inline void each_part(u64 rows, u32 length, F f) {
  const u32 first = (blockIdx.y * blockDim.x + threadIdx.x) * Width;
  if (first >= length) return;
  const u64 step = (u64)gridDim.x * blockDim.y;
  for (u64 row = (u64)blockIdx.x * blockDim.y + threadIdx.y; row < rows; row += step) f(row, first);
}

// How rows change places: sizes of y's leading axes but the first, and the rows of x between the entries of each axis.
struct Permutation {
  u32 size1, size2, size3;
  u64 step0, step1, step2, step3;
  __device__ inline u64 source(u64 row) const {
    u64 from = row % size3 * step3;
    row /= size3;
    from += row % size2 * step2;
    row /= size2;
    return from + row % size1 * step1 + row / size1 * step0;
  }
};
template <int Width>
__device__ inline void permute(u64 rows, u32 length, const Permutation &order, const float *x, float *y) {
  each_part<Width>(rows, length, [&](u64 row, u32 first) {
    store_lane(y + row * length + first, load_lane<Width>(x + order.source(row) * length + first));
  });
}
KERNEL(256) permute_1(u64 rows, u32 length, u32 size1, u32 size2, u32 size3, u64 step0, u64 step1, u64 step2,
                      u64 step3, const float *x, float *y) {
  permute<1>(rows, length, {size1, size2, size3, step0, step1, step2, step3}, x, y);
}
KERNEL(256) permute_4(u64 rows, u32 length, u32 size1, u32 size2, u32 size3, u64 step0, u64 step1, u64 step2,
                      u64 step3, const float *x, float *y) {
  permute<4>(rows, length, {size1, size2, size3, step0, step1, step2, step3}, x, y);
}

// y [outer, groups, repeat, channels] = x + added [groups, channels]; y may be x.
template <int Width>
__device__ inline void add_rows(u64 rows, u64 groups, u64 repeat, u32 channels, const float *x, const float *added,
                                float *y) {
  each_part<Width>(rows, channels, [&](u64 row, u32 first) {
    Lane<Width> v = load_lane<Width>(x + row * channels + first);
    const Lane<Width> w = load_lane<Width>(added + row / repeat % groups * channels + first);
    for (int i = 0; i < Width; i++) v.at[i] += w.at[i];
    store_lane(y + row * channels + first, v);
  });
}
KERNEL(256) add_rows_1(u64 rows, u64 groups, u64 repeat, u32 channels, const float *x, const float *added, float *y) {
  add_rows<1>(rows, groups, repeat, channels, x, added, y);
}
KERNEL(256) add_rows_4(u64 rows, u64 groups, u64 repeat, u32 channels, const float *x, const float *added, float *y) {
  add_rows<4>(rows, groups, repeat, channels, x, added, y);
}

// Sums of each group's rows, partials [groups, channels, grid.x]. Blocks of 32 channels by 8 rows; along y they take
// strips of 32 channels of a group.
KERNEL(256) group_sums(u64 outer, u64 groups, u64 repeat, u32 channels, const float *x, double *partials) {
  __shared__ double sums[8][32];
  const u32 strips = (channels + 31) / 32;
  for (u64 strip = blockIdx.y; strip < groups * strips; strip += gridDim.y) {
    const u64 group = strip / strips;
    const u32 c = (u32)(strip % strips) * 32 + threadIdx.x;
    double sum = 0;
    if (c < channels) {
      for (u64 i = blockIdx.x * 8 + threadIdx.y; i < outer * repeat; i += gridDim.x * 8) {
        sum += x[((i / repeat * groups + group) * repeat + i % repeat) * channels + c];
      }
    }
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && c < channels) {
      for (int i = 1; i < 8; i++) sum += sums[i][threadIdx.x];
      partials[(group * channels + c) * gridDim.x + blockIdx.x] = sum;
    }
    __syncthreads();
  }
}

// rows [count] (+)= the sums of partials [count, blocks].
KERNEL(256) group_sums_finish(u64 count, u32 blocks, const double *partials, float *rows, u32 accumulate) {
  for (u64 i = grid_first(); i < count; i += grid_step()) {
    double sum = accumulate ? rows[i] : 0.0;
    for (u32 block = 0; block < blocks; block++) sum += partials[i * blocks + block];
    rows[i] = (float)sum;
  }
}
