// libcublas: matrix products by plain loops. Statuses are cublasStatus_t.
#include <cstring>

#include "declarations.hpp"
#include "rounding.hpp"

using namespace emulator;

namespace {

constexpr int NOT_INITIALIZED = 1, INVALID_VALUE = 7, NOT_SUPPORTED = 15, EXECUTION_FAILED = 13;
constexpr int REAL_32 = 0, COMPUTE_32F = 68, COMPUTE_32F_PEDANTIC = 69, COMPUTE_32F_FAST_16BF = 75, COMPUTE_32F_FAST_TF32 = 77;

struct Handle {
  uint64_t stream = 0, workspace = 0;
  size_t workspace_bytes = 0;
};
Table<Handle> handles("cuBLAS handle", 0x91000000);

}  // namespace

namespace emulator {
size_t cublas_handle_count() { return handles.size(); }
}  // namespace emulator

#define ENTER(name)       \
  const Call call(#name); \
  if (call.injected()) return call.injected(); \
  if (device_error()) return EXECUTION_FAILED
#define ENTER_HANDLE(name)                       \
  ENTER(name);                                   \
  const auto handle = handles.find(number, #name); \
  if (!handle) return NOT_INITIALIZED

EXPORT int cublasGetProperty(int property, int *value) {
  ENTER(cublasGetProperty);
  if (property < 0 || property > 2) return INVALID_VALUE;
  *value = property == 0 ? RUNTIME_VERSION / 1000 : property == 1 ? 1 : 0;
  return 0;
}

EXPORT const char *cublasGetStatusString(int status) { return status ? "an error of the emulated cuBLAS" : "success"; }
EXPORT const char *cublasGetStatusName(int status) { return status ? "CUBLAS_STATUS (emulated)" : "CUBLAS_STATUS_SUCCESS"; }

EXPORT int cublasCreate_v2(uint64_t *number) {
  ENTER(cublasCreate_v2);
  if (!context_is_current()) return complain(NOT_INITIALIZED, "cublasCreate_v2: no context is current");
  *number = handles.add(std::make_shared<Handle>());
  return 0;
}

EXPORT int cublasDestroy_v2(uint64_t number) {
  ENTER(cublasDestroy_v2);
  finish_all();
  return handles.remove(number, "cublasDestroy_v2") ? 0 : NOT_INITIALIZED;
}

EXPORT int cublasGetVersion_v2(uint64_t number, int *version) {
  ENTER_HANDLE(cublasGetVersion_v2);
  *version = RUNTIME_VERSION / 1000 * 10000 + 100;
  return 0;
}

EXPORT int cublasSetStream_v2(uint64_t number, uint64_t stream) {
  ENTER_HANDLE(cublasSetStream_v2);
  handle->stream = stream;
  // As in the real one: a change of the stream takes the workspace away.
  handle->workspace = handle->workspace_bytes = 0;
  return 0;
}

EXPORT int cublasSetWorkspace_v2(uint64_t number, uint64_t workspace, size_t bytes) {
  ENTER_HANDLE(cublasSetWorkspace_v2);
  if (bytes && !check_range(Kind::device, workspace, bytes, "cublasSetWorkspace_v2", "the workspace")) return INVALID_VALUE;
  if (workspace % 256) return complain(INVALID_VALUE, "cublasSetWorkspace_v2: not at a multiple of 256 bytes");
  handle->workspace = workspace;
  handle->workspace_bytes = bytes;
  return 0;
}

EXPORT int cublasSetMathMode(uint64_t number, int mode) {
  ENTER_HANDLE(cublasSetMathMode);
  return mode == 0 || mode == 2 || mode == 3 ? 0 : INVALID_VALUE;
}

namespace {

// Matrices that are `step` numbers apart.
struct Matrix {
  uint64_t address;
  int rows, columns, stride;
  long long step;
  int batch;
  bool valid(const char *name, const char *what) const {
    if (stride < rows) return complain(0, "%s: leading dimension %d of %s is less than %d", name, stride, what, rows), false;
    if (address % 4) return complain(0, "%s: %s is not aligned", name, what), false;
    const size_t numbers = (size_t)step * (batch - 1) + (size_t)stride * (columns - 1) + rows;
    return check_range(Kind::device, address, numbers * 4, name, what);
  }
  Matrix at(int index) const { return {address + (uint64_t)step * index * 4, rows, columns, stride, 0, 1}; }
};

void multiply(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const Matrix &a, const Matrix &b,
              float beta, const Matrix &c, int compute) {
  const auto rounded = [compute](float x) {
    return compute == COMPUTE_32F_FAST_TF32 ? to_tf32(x) : compute == COMPUTE_32F_FAST_16BF ? to_bf16(x) : x;
  };
  const float *left = (const float *)a.address, *right = (const float *)b.address;
  float *out = (float *)c.address;
  // op(A) with the summed index inside.
  std::vector<float> rows((size_t)m * k), column(k);
  for (int i = 0; i < m; i++) {
    for (int p = 0; p < k; p++) {
      rows[(size_t)i * k + p] = rounded(transpose_a ? left[(size_t)i * a.stride + p] : left[(size_t)p * a.stride + i]);
    }
  }
  for (int j = 0; j < n; j++) {
    for (int p = 0; p < k; p++) {
      column[p] = rounded(transpose_b ? right[(size_t)p * b.stride + j] : right[(size_t)j * b.stride + p]);
    }
    for (int i = 0; i < m; i++) {
      double sum = 0;
      for (int p = 0; p < k; p++) sum += (double)rows[(size_t)i * k + p] * column[p];
      float &at = out[(size_t)j * c.stride + i];
      // With beta = 0, C is not read: it may hold anything.
      at = (float)(alpha * sum + (beta == 0 ? 0 : beta * (double)at));
    }
  }
}

struct Operand {
  uint64_t address;
  int type, stride;
  long long step;
};

// The products of a call of the function `name`.
int product(const char *name, const Handle &handle, int transpose_a, int transpose_b, int m, int n, int k, int batch,
            const void *alpha, const Operand &a, const Operand &b, const void *beta, const Operand &c, int compute_type) {
  if (device_error()) return EXECUTION_FAILED;
  if (transpose_a < 0 || transpose_a > 1 || transpose_b < 0 || transpose_b > 1 || m < 1 || n < 1 || k < 1 || batch < 1) {
    return complain(INVALID_VALUE, "%s: operations %d and %d, %d × %d × %d, %d times", name, transpose_a, transpose_b, m, n, k, batch);
  }
  if (a.type != REAL_32 || b.type != REAL_32 || c.type != REAL_32 ||
      (compute_type != COMPUTE_32F && compute_type != COMPUTE_32F_PEDANTIC && compute_type != COMPUTE_32F_FAST_TF32 && compute_type != COMPUTE_32F_FAST_16BF)) {
    return complain(NOT_SUPPORTED, "%s: types %d, %d, %d, computed in %d", name, a.type, b.type, c.type, compute_type);
  }
  const Matrix left = {a.address, transpose_a ? k : m, transpose_a ? m : k, a.stride, a.step, batch};
  const Matrix right = {b.address, transpose_b ? n : k, transpose_b ? k : n, b.stride, b.step, batch};
  const Matrix out = {c.address, m, n, c.stride, c.step, batch};
  if (batch > 1 && c.step < (long long)c.stride * n) return complain(INVALID_VALUE, "%s: results overlap", name);
  if (!left.valid(name, "A") || !right.valid(name, "B") || !out.valid(name, "C")) return INVALID_VALUE;
  const float factor = *(const float *)alpha, kept = *(const float *)beta;
  const uint64_t workspace = handle.workspace;
  const size_t workspace_bytes = handle.workspace_bytes;
  const int status = enqueue(handle.stream, [=] {
    if (!left.valid(name, "A (when it runs)") || !right.valid(name, "B (when it runs)") || !out.valid(name, "C (when it runs)")) return 700;
    // What the workspace holds is lost.
    if (workspace_bytes) {
      if (!check_range(Kind::device, workspace, workspace_bytes, name, "the workspace (when it runs)")) return 700;
      memset((void *)workspace, 0xee, workspace_bytes);
    }
    for (int i = 0; i < batch; i++) {
      multiply(transpose_a, transpose_b, m, n, k, factor, left.at(i), right.at(i), kept, out.at(i), compute_type);
    }
    return 0;
  }, name);
  return status ? EXECUTION_FAILED : 0;
}

}  // namespace

EXPORT int cublasGemmEx(uint64_t number, int transpose_a, int transpose_b, int m, int n, int k, const void *alpha,
                        uint64_t a, int a_type, int a_stride, uint64_t b, int b_type, int b_stride, const void *beta,
                        uint64_t c, int c_type, int c_stride, int compute_type, int) {
  ENTER_HANDLE(cublasGemmEx);
  return product("cublasGemmEx", *handle, transpose_a, transpose_b, m, n, k, 1, alpha, {a, a_type, a_stride, 0},
                 {b, b_type, b_stride, 0}, beta, {c, c_type, c_stride, 0}, compute_type);
}

EXPORT int cublasGemmStridedBatchedEx(uint64_t number, int transpose_a, int transpose_b, int m, int n, int k,
                                      const void *alpha, uint64_t a, int a_type, int a_stride, long long a_step,
                                      uint64_t b, int b_type, int b_stride, long long b_step, const void *beta,
                                      uint64_t c, int c_type, int c_stride, long long c_step, int batch,
                                      int compute_type, int) {
  ENTER_HANDLE(cublasGemmStridedBatchedEx);
  return product("cublasGemmStridedBatchedEx", *handle, transpose_a, transpose_b, m, n, k, batch, alpha,
                 {a, a_type, a_stride, a_step}, {b, b_type, b_stride, b_step}, beta, {c, c_type, c_stride, c_step},
                 compute_type);
}
