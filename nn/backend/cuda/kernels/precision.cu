// Between float32 and bfloat16.

__device__ inline float4 add4(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }

KERNEL(256) to_bf16(u64 count, const float *x, u16 *y) {
  const u64 vectors = aligned16(x) && aligned16(y) ? count / 8 : 0;
  for (u64 i = grid_first(); i < vectors; i += grid_step()) {
    const float4 a = load4(x, 2 * i), b = load4(x, 2 * i + 1);
    ((uint4 *)y)[i] = make_uint4(bf16_pair(a.x, a.y), bf16_pair(a.z, a.w), bf16_pair(b.x, b.y), bf16_pair(b.z, b.w));
  }
  for (u64 i = 8 * vectors + grid_first(); i < count; i += grid_step()) y[i] = (u16)bf16_bits(x[i]);
}

// Eight float32 from eight bfloat16, added to what is there or not.
__device__ inline void widen8(uint4 v, float *y, bool accumulate) {
  float4 a = make_float4(low_float(v.x), high_float(v.x), low_float(v.y), high_float(v.y));
  float4 b = make_float4(low_float(v.z), high_float(v.z), low_float(v.w), high_float(v.w));
  if (accumulate) {
    a = add4(a, load4(y, 0));
    b = add4(b, load4(y, 1));
  }
  store4(y, 0, a);
  store4(y, 1, b);
}
__device__ inline void widen1(u16 v, float *y, bool accumulate) {
  *y = (accumulate ? *y : 0.0f) + low_float(v);
}

KERNEL(256) from_bf16(u64 count, const u16 *x, float *y, u32 accumulate) {
  const u64 vectors = aligned16(x) && aligned16(y) ? count / 8 : 0;
  for (u64 i = grid_first(); i < vectors; i += grid_step()) widen8(((const uint4 *)x)[i], y + 8 * i, accumulate);
  for (u64 i = 8 * vectors + grid_first(); i < count; i += grid_step()) widen1(x[i], y + i, accumulate);
}

// x [filled_rows, channels] to y [rows, padded_channels] with zeros in new channels and rows. padded_channels is a
// multiple of 8, y at a multiple of 16 bytes. Threads: x along groups of eight padded channels, y along rows.
KERNEL(256) to_bf16_padded(u64 rows, u64 filled_rows, u32 channels, u32 padded_channels, const float *x, u16 *y) {
  const u32 first = (blockIdx.y * blockDim.x + threadIdx.x) * 8;
  if (first >= padded_channels) return;
  // Where rows are a multiple of 16 bytes, groups of four are whole or empty.
  const bool vectorised = aligned16(x) && channels % 4 == 0;
  const u64 step = (u64)gridDim.x * blockDim.y;
  for (u64 row = (u64)blockIdx.x * blockDim.y + threadIdx.y; row < rows; row += step) {
    const float *from = x + row * channels + first;
    const bool filled = row < filled_rows;
    float v[8];
    for (u32 half = 0; half < 8; half += 4) {
      if (vectorised && filled && first + half < channels) {
        const float4 four = load4(from + half, 0);
        v[half] = four.x;
        v[half + 1] = four.y;
        v[half + 2] = four.z;
        v[half + 3] = four.w;
      } else {
        for (u32 i = half; i < half + 4; i++) v[i] = filled && first + i < channels ? from[i] : 0.0f;
      }
    }
    ((uint4 *)(y + row * padded_channels + first))[0] =
        make_uint4(bf16_pair(v[0], v[1]), bf16_pair(v[2], v[3]), bf16_pair(v[4], v[5]), bf16_pair(v[6], v[7]));
  }
}

// y [rows, channels] (+)= the first channels of x [rows, padded_channels].
KERNEL(256) from_bf16_padded(u64 rows, u32 channels, u32 padded_channels, const u16 *x, float *y, u32 accumulate) {
  const u32 first = (blockIdx.y * blockDim.x + threadIdx.x) * 8;
  if (first >= channels) return;
  const bool vectorised = aligned16(x) && aligned16(y) && channels % 4 == 0;
  const u64 step = (u64)gridDim.x * blockDim.y;
  for (u64 row = (u64)blockIdx.x * blockDim.y + threadIdx.y; row < rows; row += step) {
    const u16 *from = x + row * padded_channels + first;
    float *to = y + row * channels + first;
    if (vectorised && first + 8 <= channels) {
      widen8(*(const uint4 *)from, to, accumulate);
    } else {
      for (u32 i = 0; i < 8 && first + i < channels; i++) widen1(from[i], to + i, accumulate);
    }
  }
}
