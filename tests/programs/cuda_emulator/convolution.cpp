// Straightforward and fast enough: the innermost loop runs over neighbouring channels, host threads share the lines of
// the output (the taps, for the filter's gradient). Sums are float32 within a tap (a line, for the filter's gradient) and
// double beyond.
#include "convolution.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "rounding.hpp"

namespace emulator {
namespace {

typedef std::vector<float> Floats;

void parallel(int64_t count, const std::function<void(int64_t)> &body) {
  std::atomic<int64_t> next{0};
  auto work = [&] {
    for (int64_t i; (i = next++) < count;) body(i);
  };
  std::vector<std::thread> others;
  const unsigned wanted = std::min<int64_t>(count, std::max(1u, std::thread::hardware_concurrency()));
  for (unsigned i = 1; i < wanted; i++) others.emplace_back(work);
  work();
  for (std::thread &other : others) other.join();
}

Floats read(const Problem &problem, Rounding rounding, const void *from, int64_t count) {
  Floats to(count);
  if (problem.data_type == 9) {
    for (int64_t i = 0; i < count; i++) {
      const uint32_t word = (uint32_t)((const uint16_t *)from)[i] << 16;
      memcpy(&to[i], &word, 4);
    }
  } else {
    memcpy(to.data(), from, count * sizeof(float));
  }
  if (rounding == Rounding::tf32) std::transform(to.begin(), to.end(), to.begin(), to_tf32);
  if (rounding == Rounding::bf16) std::transform(to.begin(), to.end(), to.begin(), to_bf16);
  return to;
}

// alpha * value + beta * what is there; with beta = 0 the output is not read.
void write(const Problem &problem, void *to, int64_t at, const float *values, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    if (problem.data_type == 9) {
      uint16_t &half = ((uint16_t *)to)[at + i];
      float before = 0;
      const uint32_t word = (uint32_t)half << 16;
      if (problem.beta != 0) memcpy(&before, &word, 4);
      const float rounded = to_bf16(problem.alpha * values[i] + problem.beta * before);
      uint32_t bits;
      memcpy(&bits, &rounded, 4);
      half = (uint16_t)(bits >> 16);
    } else {
      float &out = ((float *)to)[at + i];
      out = problem.alpha * values[i] + (problem.beta != 0 ? problem.beta * out : 0);
    }
  }
}

// The taps of one axis that meet position `at` of the small side: tap t lies at at * stride + t - pad of the large side.
int64_t large_at(const Problem &p, int axis, int64_t small, int64_t tap) {
  const int64_t at = small * p.stride[axis] + tap - p.pre[axis];
  return at >= 0 && at < p.input[axis] ? at : -1;
}
// The position of the small side whose tap t meets `at` of the large side.
int64_t small_at(const Problem &p, int axis, int64_t large, int64_t tap) {
  const int64_t scaled = large + p.pre[axis] - tap;
  if (scaled < 0 || scaled % p.stride[axis] != 0) return -1;
  const int64_t at = scaled / p.stride[axis];
  return at < p.output[axis] ? at : -1;
}

// Channels are handled this many at a time, so that the compiler knows the length of the innermost loop.
constexpr int64_t WIDTH = 16;
int64_t blocks_of(int64_t channels) { return (channels + WIDTH - 1) / WIDTH; }

// One line of outputs (fixed sample, depth and height) of the forward convolution or the input's gradient.
// `weights` [blocks of channels to, taps, channels from, WIDTH].
template <class Source>
void gather_line(const Problem &p, const Floats &from, int64_t from_channels, const std::array<int64_t, 3> &from_size,
                 const Floats &weights, int64_t to_channels, const std::array<int64_t, 3> &to_size, int64_t line,
                 Source source, void *out) {
  const int64_t h = line % to_size[1], d = line / to_size[1] % to_size[0], n = line / to_size[1] / to_size[0];
  for (int64_t w = 0; w < to_size[2]; w++) {
    const float *row = weights.data();
    for (int64_t block = 0; block < blocks_of(to_channels); block++) {
      double sums[WIDTH] = {};
      for (int64_t kd = 0; kd < p.kernel[0]; kd++) {
        const int64_t z = source(0, d, kd);
        for (int64_t kh = 0; kh < p.kernel[1]; kh++) {
          const int64_t y = source(1, h, kh);
          for (int64_t kw = 0; kw < p.kernel[2]; kw++, row += from_channels * WIDTH) {
            const int64_t x = source(2, w, kw);
            if (z < 0 || y < 0 || x < 0) continue;
            const float *values = &from[(((n * from_size[0] + z) * from_size[1] + y) * from_size[2] + x) * from_channels];
            float tap_sums[WIDTH] = {};
            for (int64_t i = 0; i < from_channels; i++) {
              for (int64_t o = 0; o < WIDTH; o++) tap_sums[o] += values[i] * row[i * WIDTH + o];
            }
            for (int64_t o = 0; o < WIDTH; o++) sums[o] += tap_sums[o];
          }
        }
      }
      float rounded[WIDTH];
      std::copy_n(sums, WIDTH, rounded);
      const int64_t first = block * WIDTH;
      write(p, out, (line * to_size[2] + w) * to_channels + first, rounded, std::min(WIDTH, to_channels - first));
    }
  }
}

// Filters [K, taps, C] as gather_line wants them; `to_k`: the outputs are the K side.
Floats blocked_weights(const Problem &p, const Floats &w, bool to_k) {
  const int64_t taps = p.kernel[0] * p.kernel[1] * p.kernel[2], from = to_k ? p.c : p.k, to = to_k ? p.k : p.c;
  Floats weights(blocks_of(to) * taps * from * WIDTH);
  for (int64_t k = 0; k < p.k; k++) {
    for (int64_t t = 0; t < taps; t++) {
      for (int64_t c = 0; c < p.c; c++) {
        const int64_t i = to_k ? c : k, o = to_k ? k : c;
        weights[((o / WIDTH * taps + t) * from + i) * WIDTH + o % WIDTH] = w[(k * taps + t) * p.c + c];
      }
    }
  }
  return weights;
}

void forward(const Problem &p, const Floats &x, const Floats &w, void *y) {
  const Floats weights = blocked_weights(p, w, true);
  parallel(p.n * p.output[0] * p.output[1], [&](int64_t line) {
    gather_line(p, x, p.c, p.input, weights, p.k, p.output, line,
                [&](int axis, int64_t at, int64_t tap) { return large_at(p, axis, at, tap); }, y);
  });
}

void input_gradient(const Problem &p, const Floats &dy, const Floats &w, void *dx) {
  const Floats weights = blocked_weights(p, w, false);
  parallel(p.n * p.input[0] * p.input[1], [&](int64_t line) {
    gather_line(p, dy, p.k, p.output, weights, p.c, p.input, line,
                [&](int axis, int64_t at, int64_t tap) { return small_at(p, axis, at, tap); }, dx);
  });
}

void filter_gradient(const Problem &p, const Floats &x, const Floats &dy, void *dw) {
  const int64_t taps = p.kernel[0] * p.kernel[1] * p.kernel[2], padded = blocks_of(p.c) * WIDTH;
  // x with whole blocks of channels.
  Floats wide(x.size() / p.c * padded);
  for (size_t voxel = 0; voxel < x.size() / p.c; voxel++) std::copy_n(&x[voxel * p.c], p.c, &wide[voxel * padded]);
  parallel(taps, [&](int64_t tap) {
    const int64_t kw = tap % p.kernel[2], kh = tap / p.kernel[2] % p.kernel[1], kd = tap / p.kernel[2] / p.kernel[1];
    std::vector<double> sums(p.k * padded);
    Floats line_sums(p.k * padded);
    for (int64_t line = 0; line < p.n * p.output[0] * p.output[1]; line++) {
      const int64_t h = line % p.output[1], d = line / p.output[1] % p.output[0], n = line / p.output[1] / p.output[0];
      const int64_t z = large_at(p, 0, d, kd), y = large_at(p, 1, h, kh);
      if (z < 0 || y < 0) continue;
      std::fill(line_sums.begin(), line_sums.end(), 0.0f);
      for (int64_t w = 0; w < p.output[2]; w++) {
        const int64_t at = large_at(p, 2, w, kw);
        if (at < 0) continue;
        const float *values = &wide[(((n * p.input[0] + z) * p.input[1] + y) * p.input[2] + at) * padded];
        const float *gradients = &dy[(line * p.output[2] + w) * p.k];
        for (int64_t c = 0; c < padded; c += WIDTH) {
          float *row = &line_sums[c];
          for (int64_t k = 0; k < p.k; k++, row += padded) {
            for (int64_t o = 0; o < WIDTH; o++) row[o] += gradients[k] * values[c + o];
          }
        }
      }
      for (size_t i = 0; i < sums.size(); i++) sums[i] += line_sums[i];
    }
    Floats row(p.c);
    for (int64_t k = 0; k < p.k; k++) {
      std::copy_n(&sums[k * padded], p.c, row.begin());
      write(p, dw, (k * taps + tap) * p.c, row.data(), p.c);
    }
  });
}

}  // namespace

void convolve(const Problem &p, Rounding rounding, void *x, void *w, void *y) {
  switch (p.operation) {
    case Operation::forward:
      return forward(p, read(p, rounding, x, p.x_count()), read(p, rounding, w, p.w_count()), y);
    case Operation::input_gradient:
      return input_gradient(p, read(p, rounding, y, p.y_count()), read(p, rounding, w, p.w_count()), x);
    case Operation::filter_gradient:
      return filter_gradient(p, read(p, rounding, x, p.x_count()), read(p, rounding, y, p.y_count()), w);
  }
}

}  // namespace emulator
