// Kernels whose elements do not depend on each other. Four numbers at a time where all pointers allow it.

// y[i] = f(x[i]); y may be x.
template <class T, class F> __device__ inline void map1(u64 count, const T *x, T *y, F f) {
  const u64 vectors = aligned16(x) && aligned16(y) ? count / 4 : 0;
  for (u64 i = grid_first(); i < vectors; i += grid_step()) {
    const float4 v = load4(x, i);
    store4(y, i, make_float4(f(v.x), f(v.y), f(v.z), f(v.w)));
  }
  for (u64 i = 4 * vectors + grid_first(); i < count; i += grid_step()) y[i] = f(x[i]);
}

// y[i] = f(a[i], b[i]); y may be a or b.
template <class T, class F> __device__ inline void map2(u64 count, const T *a, const T *b, T *y, F f) {
  const u64 vectors = aligned16(a) && aligned16(b) && aligned16(y) ? count / 4 : 0;
  for (u64 i = grid_first(); i < vectors; i += grid_step()) {
    const float4 v = load4(a, i), w = load4(b, i);
    store4(y, i, make_float4(f(v.x, w.x), f(v.y, w.y), f(v.z, w.z), f(v.w, w.w)));
  }
  for (u64 i = 4 * vectors + grid_first(); i < count; i += grid_step()) y[i] = f(a[i], b[i]);
}
