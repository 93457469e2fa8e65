// Numbers of activations and of their gradients, one by one.

KERNEL(256) fill(u64 count, float value, Real *x) {
  const u64 vectors = aligned16(x) ? count / 4 : 0;
  const float4 four = make_float4(value, value, value, value);
  for (u64 i = grid_first(); i < vectors; i += grid_step()) store4(x, i, four);
  for (u64 i = 4 * vectors + grid_first(); i < count; i += grid_step()) x[i] = value;
}

KERNEL(256) axpby(u64 count, float a, const Real *x, float b, Real *y) {
  if (b == 0.0f) map1(count, x, y, [=](float v) { return a * v; });
  else map2(count, x, y, y, [=](float v, float w) { return a * v + b * w; });
}

KERNEL(256) activation(u64 count, float slope, const Real *x, Real *y) {
  map1(count, x, y, [=](float v) { return activate(slope, v); });
}

KERNEL(256) activation_backward(u64 count, float slope, const Real *y, const Real *dy, Real *dx) {
  map2(count, y, dy, dx, [=](float v, float g) { return g * slope_at(slope, v); });
}

KERNEL(256) add_activation(u64 count, float slope, const Real *a, const Real *b, Real *y) {
  map2(count, a, b, y, [=](float v, float w) { return activate(slope, v + w); });
}

KERNEL(256) silu(u64 count, const Real *x, Real *y) {
  map1(count, x, y, [=](float v) { return v / (1.0f + expf(-v)); });
}

KERNEL(256) silu_backward(u64 count, const Real *x, const Real *dy, Real *dx) {
  map2(count, x, dy, dx, [=](float v, float g) {
    // The second sigmoid is 1 minus the first, without cancellation.
    return g / (1.0f + expf(-v)) * (1.0f + v / (1.0f + expf(v)));
  });
}

// x [rows, stored] with zeros beyond the classes. Threads: x along groups of Width numbers, y along rows.
template <int Width> __device__ inline void one_hot(u64 rows, u32 classes, u32 stored, const u8 *labels, Real *x) {
  const u32 first = (blockIdx.y * blockDim.x + threadIdx.x) * Width;
  if (first >= stored) return;
  const u64 step = (u64)gridDim.x * blockDim.y;
  for (u64 row = (u64)blockIdx.x * blockDim.y + threadIdx.y; row < rows; row += step) {
    const u32 label = labels[row];
    Lane<Width> lane;
    for (int i = 0; i < Width; i++) lane.at[i] = label == first + i && label < classes ? 1.0f : 0.0f;
    store_lane(x + row * stored + first, lane);
  }
}
KERNEL(256) one_hot_1(u64 rows, u32 classes, u32 stored, const u8 *labels, Real *x) {
  one_hot<1>(rows, classes, stored, labels, x);
}
KERNEL(256) one_hot_4(u64 rows, u32 classes, u32 stored, const u8 *labels, Real *x) {
  one_hot<4>(rows, classes, stored, labels, x);
}

// Rows of unknown voxels = 0.
KERNEL(256) mask_unknown(u64 count, u32 classes, u32 stored, const u8 *labels, Real *x) {
  for (u64 row = grid_first(); row < count; row += grid_step()) {
    if (labels[row] < classes) continue;
    for (u32 c = 0; c < stored; c++) x[row * stored + c] = 0.0f;
  }
}
