// The three convolutions by loops.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace emulator {

enum class Operation { forward = 10, filter_gradient = 11, input_gradient = 12 };
enum class Rounding { none, tf32, bf16 };

// A convolution of NDHWC tensors: x [n, input, c], w [k, kernel, c], y [n, output, k].
struct Problem {
  Operation operation;
  int data_type;  // 0 float, 9 bfloat16
  int64_t n, c, k;
  std::array<int64_t, 3> input, kernel, output, pre, post, stride;
  float alpha, beta;
  std::array<int64_t, 3> ids;  // of x, w, y
  int64_t alignment;

  int64_t x_count() const { return n * input[0] * input[1] * input[2] * c; }
  int64_t w_count() const { return k * kernel[0] * kernel[1] * kernel[2] * c; }
  int64_t y_count() const { return n * output[0] * output[1] * output[2] * k; }
  size_t element_bytes() const { return data_type == 0 ? 4 : 2; }
};

void convolve(const Problem &problem, Rounding rounding, void *x, void *w, void *y);

}  // namespace emulator
