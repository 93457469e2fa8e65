// Each row of [samples * cells, channels] normalised by itself, then scaled and shifted by two of the blocks of its
// sample's row of the modulation [samples, blocks * channels]. A block of threads for each row.

// The modulation of a row: one of the blocks of its sample.
__device__ inline u64 modulation_at(u64 row, u32 cells, u32 channels, u32 blocks, u32 block) {
  return (row / cells * blocks + block) * channels;
}

KERNEL(128) modulated_norm(u64 rows, u32 cells, u32 channels, u32 blocks, u32 scale, u32 shift, float epsilon,
                           const float *x, const float *modulation, float *y, float *statistics) {
  for (u64 row = blockIdx.x; row < rows; row += gridDim.x) {
    const float *from = x + row * channels;
    Pair sum = {0, 0};
    for (u32 c = threadIdx.x; c < channels; c += blockDim.x) {
      const double value = from[c];
      sum.a += value;
      sum.b += value * value;
    }
    const Pair result = moments(block_sum<128>(sum), channels);
    const float mean = (float)result.a, inverse = (float)(1.0 / sqrt(result.b + epsilon));
    if (threadIdx.x == 0) {
      statistics[row] = mean;
      statistics[rows + row] = inverse;
    }
    const float *scales = modulation + modulation_at(row, cells, channels, blocks, scale);
    const float *shifts = modulation + modulation_at(row, cells, channels, blocks, shift);
    float *to = y + row * channels;
    for (u32 c = threadIdx.x; c < channels; c += blockDim.x) {
      to[c] = (from[c] - mean) * inverse * (1.0f + scales[c]) + shifts[c];
    }
  }
}

KERNEL(128) modulated_norm_backward(u64 rows, u32 cells, u32 channels, u32 blocks, u32 scale, const float *x,
                                    const float *modulation, const float *statistics, const float *dy, float *dx) {
  for (u64 row = blockIdx.x; row < rows; row += gridDim.x) {
    const float *from = x + row * channels, *given = dy + row * channels;
    const float *scales = modulation + modulation_at(row, cells, channels, blocks, scale);
    const float mean = statistics[row], inverse = statistics[rows + row];
    Pair sum = {0, 0};
    for (u32 c = threadIdx.x; c < channels; c += blockDim.x) {
      const float gradient = given[c] * (1.0f + scales[c]);
      sum.a += gradient;
      sum.b += gradient * ((from[c] - mean) * inverse);
    }
    sum = block_sum<128>(sum);
    const float average = (float)(sum.a / channels), projection = (float)(sum.b / channels);
    float *to = dx + row * channels;
    for (u32 c = threadIdx.x; c < channels; c += blockDim.x) {
      to[c] = inverse * (given[c] * (1.0f + scales[c]) - average - (from[c] - mean) * inverse * projection);
    }
  }
}

// Adds what belongs to the modulation: sums over the cells of each sample.
KERNEL(256) modulation_gradients(u64 samples, u32 cells, u32 channels, u32 blocks, u32 scale, u32 shift, const float *x,
                                 const float *statistics, const float *dy, float *d_modulation) {
  const u64 rows = samples * cells;
  each_part<1>(samples, channels, [&](u64 sample, u32 c) {
    Pair sum = {0, 0};
    for (u64 row = sample * cells; row < (sample + 1) * cells; row++) {
      const float gradient = dy[row * channels + c];
      sum.a += gradient * ((x[row * channels + c] - statistics[row]) * statistics[rows + row]);
      sum.b += gradient;
    }
    float *d_scale = d_modulation + modulation_at(sample * cells, cells, channels, blocks, scale) + c;
    float *d_shift = d_modulation + modulation_at(sample * cells, cells, channels, blocks, shift) + c;
    *d_scale = (float)(*d_scale + sum.a);
    *d_shift = (float)(*d_shift + sum.b);
  });
}
