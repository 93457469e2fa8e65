// Normal distributions given by mean and logarithm of the variance: the codes of the variational baselines.

KERNEL(256) gaussian_sample(u64 count, const float *mean, const float *log_variance, const float *noise,
                            float *sample) {
  for (u64 i = grid_first(); i < count; i += grid_step()) sample[i] = mean[i] + expf(0.5f * log_variance[i]) * noise[i];
}

// One block: codes are small.
KERNEL(256) gaussian_divergence(u64 count, double factor, const float *mean, const float *log_variance, float *loss) {
  Pair sum = {0, 0};
  for (u64 i = threadIdx.x; i < count; i += blockDim.x) {
    const double m = mean[i], v = log_variance[i];
    sum.a += m * m + (exp(v) - 1.0 - v);
  }
  sum = block_sum<256>(sum);
  if (threadIdx.x == 0) *loss = (float)(factor * sum.a);
}

KERNEL(256) gaussian_backward(u64 count, double factor, const float *log_variance, const float *noise,
                              const float *dy, float *dx) {
  for (u64 i = grid_first(); i < count; i += grid_step()) {
    const double deviation = exp(0.5 * log_variance[i]);
    dx[i] = (float)(0.5 * deviation * noise[i] * dy[i] + factor * (deviation * deviation - 1.0));
  }
}
