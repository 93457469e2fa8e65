// Small reductions: last steps, class frequencies, and the losses of a batch's logits.

// out = (accumulate ? out : 0) + factor * the sum of partials [blocks].
KERNEL(256) sum_finish(u32 blocks, double factor, const double *partials, float *out, u32 accumulate) {
  Pair sum = {0, 0};
  for (u32 i = threadIdx.x; i < blocks; i += blockDim.x) sum.a += partials[i];
  sum = block_sum<256>(sum);
  if (threadIdx.x == 0) *out = (float)((accumulate ? *out : 0.0f) + factor * sum.a);
}

// Sums of squares of the blocks, for sum_finish.
KERNEL(256) square_sums(u64 count, const float *x, double *partials) {
  Pair sum = {0, 0};
  for (u64 i = grid_first(); i < count; i += grid_step()) {
    const double value = x[i];
    sum.a += value * value;
  }
  sum = block_sum<256>(sum);
  if (threadIdx.x == 0) partials[blockIdx.x] = sum.a;
}

// Labels of each class, partials [grid.x, classes]. A counter per class and thread in shared memory [classes, threads]:
// neither atomics nor bank conflicts.
KERNEL(128) class_counts(u64 count, u32 classes, const u8 *labels, u32 *partials) {
  extern __shared__ u32 counters[];
  const u32 t = threadIdx.x, threads = blockDim.x;
  for (u32 c = 0; c < classes; c++) counters[c * threads + t] = 0;
  auto add = [&](u32 label) {
    if (label < classes) counters[label * threads + t]++;
  };
  const u64 vectors = aligned16(labels) ? count / 16 : 0;
  for (u64 i = grid_first(); i < vectors; i += grid_step()) {
    const uint4 sixteen = ((const uint4 *)labels)[i];
    const u32 words[4] = {sixteen.x, sixteen.y, sixteen.z, sixteen.w};
    for (int w = 0; w < 4; w++) {
      for (int byte = 0; byte < 4; byte++) add((words[w] >> (8 * byte)) & 255);
    }
  }
  for (u64 i = 16 * vectors + grid_first(); i < count; i += grid_step()) add(labels[i]);
  __syncthreads();
  for (u32 c = t; c < classes; c += threads) {
    u32 sum = 0;
    // Every thread begins at another column: neighbours would meet in one bank otherwise.
    for (u32 i = 0; i < threads; i++) sum += counters[c * threads + (i + t) % threads];
    partials[(u64)blockIdx.x * classes + c] = sum;
  }
}

// w_c = (1 / (m_c + 1)) / sum of these, m_c the share of class c among what is known.
KERNEL(256) class_weights(u32 classes, u32 blocks, const u32 *partials, float *weights) {
  __shared__ u64 counts[256];
  __shared__ double inverse[256];
  // Thread t adds up entries of class t % classes only.
  const u32 t = threadIdx.x, used = 256 / classes * classes;
  u64 sum = 0;
  if (t < used) {
    for (u64 i = t; i < (u64)blocks * classes; i += used) sum += partials[i];
  }
  counts[t] = sum;
  __syncthreads();
  if (t < classes) {
    for (u32 i = t + classes; i < used; i += classes) sum += counts[i];
    counts[t] = sum;
  }
  __syncthreads();
  u64 known = 0;
  for (u32 c = 0; c < classes; c++) known += counts[c];
  if (t < classes) inverse[t] = 1.0 / (known ? (double)sum / known + 1.0 : 1.0);
  __syncthreads();
  if (t >= classes) return;
  double total = 0;
  for (u32 c = 0; c < classes; c++) total += inverse[c];
  weights[t] = (float)(inverse[t] / total);
}

// loss (+)= mean of softplus(target ? -x : x); one block.
KERNEL(256) bce_logits(u64 count, u32 target, const float *logits, float *loss, u32 accumulate) {
  Pair sum = {0, 0};
  for (u64 i = threadIdx.x; i < count; i += blockDim.x) {
    const double x = target ? -logits[i] : logits[i];
    sum.a += fmax(x, 0.0) + log1p(exp(-fabs(x)));
  }
  sum = block_sum<256>(sum);
  if (threadIdx.x == 0) *loss = (float)((accumulate ? *loss : 0.0f) + sum.a / count);
}

// dx (+)= factor * (sigmoid(x) - target).
KERNEL(256) bce_logits_backward(u64 count, u32 target, double factor, const float *logits, float *dx, u32 accumulate) {
  for (u64 i = grid_first(); i < count; i += grid_step()) {
    const double x = logits[i];
    // -sigmoid(-x) instead of sigmoid(x) - 1, which would cancel.
    const double slope = target ? -1.0 / (1.0 + exp(x)) : 1.0 / (1.0 + exp(-x));
    dx[i] = (float)((accumulate ? dx[i] : 0.0f) + factor * slope);
  }
}
