// Layer normalisation: statistics per sample of [samples, features]; blockIdx.y is the sample, blocks along x share it.

// Calls f(index) for the block's elements of one sample: vector indices first, then those of single elements.
template <class F4, class F1> __device__ inline void each_feature(u64 features, bool vectorised, F4 four, F1 one) {
  const u64 vectors = vectorised ? features / 4 : 0;
  u64 i = grid_first();
  for (; i + 3 * grid_step() < vectors; i += 4 * grid_step()) {
#pragma unroll
    for (int k = 0; k < 4; k++) four(i + k * grid_step());
  }
  for (; i < vectors; i += grid_step()) four(i);
  for (i = 4 * vectors + grid_first(); i < features; i += grid_step()) one(i);
}

// Writes the block's sums to partials [samples, 2, grid.x].
__device__ inline void write_row_partials(Pair sum, double *partials) {
  sum = block_sum<256>(sum);
  if (threadIdx.x != 0) return;
  double *own = partials + (u64)blockIdx.y * 2 * gridDim.x + blockIdx.x;
  own[0] = sum.a;
  own[gridDim.x] = sum.b;
}

// The sums over samples `first` to `last` of partials written by the same grid.
__device__ inline Pair row_sums(u32 first, u32 last, const double *partials) {
  Pair sum = {0, 0};
  for (u32 sample = first; sample < last; sample++) {
    const double *own = partials + (u64)sample * 2 * gridDim.x;
    for (u32 i = threadIdx.x; i < gridDim.x; i += blockDim.x) {
      sum.a += own[i];
      sum.b += own[gridDim.x + i];
    }
  }
  return block_sum<256>(sum);
}

// Sums and sums of squares per sample.
KERNEL(256) row_moments(u64 features, const Real *x, double *partials) {
  x += blockIdx.y * features;
  MomentSums<1> moments;
  each_feature(features, aligned16(x), [&](u64 i) {
    const float4 v = load4(x, i);
    moments.add({{v.x}});
    moments.add({{v.y}});
    moments.add({{v.z}});
    moments.add({{v.w}});
  }, [&](u64 i) { moments.add({{x[i]}}); });
  Pair sum;
  moments.finish(&sum);
  write_row_partials(sum, partials);
}

// y, and statistics [2, samples], from partials of row_moments with the same grid. So below.
KERNEL(256) layer_norm(u64 features, float epsilon, float slope, const double *partials, const Real *x,
                       const float *gain, const float *bias, Real *y, float *statistics) {
  const u32 sample = blockIdx.y, samples = gridDim.y;
  const Pair result = moments(row_sums(sample, sample + 1, partials), features);
  const Affine map = affine(epsilon, slope, (float)result.a, (float)result.b, *gain, *bias);
  if (blockIdx.x == 0 && threadIdx.x == 0) {
    statistics[sample] = (float)result.a;
    statistics[samples + sample] = (float)result.b;
  }
  x += sample * features;
  y += sample * features;
  each_feature(features, aligned16(x) && aligned16(y), [&](u64 i) {
    const float4 v = load4(x, i);
    store4(y, i, make_float4(map.forward(v.x), map.forward(v.y), map.forward(v.z), map.forward(v.w)));
  }, [&](u64 i) { y[i] = map.forward(x[i]); });
}

__device__ inline Affine row_affine(float epsilon, float slope, const float *statistics, const float *gain,
                                    const float *bias) {
  return affine(epsilon, slope, statistics[blockIdx.y], statistics[gridDim.y + blockIdx.y], *gain, *bias);
}

// Sums of g and g * normalised x per sample, with g the gradient before the activation.
KERNEL(256) row_gradients(u64 features, float epsilon, float slope, const Real *x, const float *statistics,
                          const float *gain, const float *bias, const Real *dy, double *partials) {
  const Affine map = row_affine(epsilon, slope, statistics, gain, bias);
  x += blockIdx.y * features;
  dy += blockIdx.y * features;
  RunningSums<1> sums;
  auto add = [&](float value, float gradient) {
    const float before = map.before(value, gradient);
    sums.add(0, before, before * map.normalised(value));
    sums.step();
  };
  each_feature(features, aligned16(x) && aligned16(dy), [&](u64 i) {
    const float4 v = load4(x, i), g = load4(dy, i);
    add(v.x, g.x);
    add(v.y, g.y);
    add(v.z, g.z);
    add(v.w, g.w);
  }, [&](u64 i) { add(x[i], dy[i]); });
  sums.finish();
  write_row_partials(sums.sums[0], partials);
}

// dx, and the sums over all samples added to d_gain [1] and d_bias [1], unless both are 0.
KERNEL(256) layer_norm_backward(u64 features, float epsilon, float slope, const Real *x, const float *statistics,
                                const float *gain, const float *bias, const Real *dy, const double *partials,
                                Real *dx, float *d_gain, float *d_bias) {
  const u32 sample = blockIdx.y;
  const Affine map = row_affine(epsilon, slope, statistics, gain, bias);
  const Pair sum = row_sums(sample, sample + 1, partials);
  const float mean_gradient = (float)(sum.a / features), mean_product = (float)(sum.b / features);
  if (d_gain && blockIdx.x == 0 && sample == 0) {
    const Pair all = row_sums(0, gridDim.y, partials);
    if (threadIdx.x == 0) {
      *d_gain = (float)(*d_gain + all.b);
      *d_bias = (float)(*d_bias + all.a);
    }
  }
  x += sample * features;
  dy += sample * features;
  dx += sample * features;
  auto backward = [&](float v, float g) { return map.backward(v, g, mean_gradient, mean_product); };
  each_feature(features, aligned16(x) && aligned16(dy) && aligned16(dx), [&](u64 i) {
    const float4 v = load4(x, i), g = load4(dy, i);
    store4(dx, i, make_float4(backward(v.x, g.x), backward(v.y, g.y), backward(v.z, g.z), backward(v.w, g.w)));
  }, [&](u64 i) { dx[i] = backward(x[i], dy[i]); });
}
