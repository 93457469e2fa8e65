// Engines of the emulated cuDNN. They are a cross-section of the real ones: exact and rounding, deterministic or not,
// with and without workspace, some that fail when a plan is built or run. What an engine's notes promise is what it
// computes, so that a filter that lets the wrong one through shows in the numbers.
#include "cudnn_descriptors.hpp"

namespace emulator {
namespace {

enum Note { TENSOR_CORE = 0, DOWN_CONVERT_INPUTS = 1, NONDETERMINISTIC = 4 };
constexpr int RUNTIME_COMPILATION = 0;
constexpr int MODE_INSTANT = 0, MODE_B = 1, MODE_FALLBACK = 2, MODE_A = 3;

// For float32 tensors.
const EngineTraits FLOAT_ENGINES[] = {
    // The naive one, everywhere.
    {0, {}, {}, Rounding::none, 0, false, false},
    {1, {}, {}, Rounding::none, 4096, false, false},
    {7, {TENSOR_CORE}, {RUNTIME_COMPILATION}, Rounding::tf32, 0, false, false},
    {20, {NONDETERMINISTIC}, {}, Rounding::none, 0, false, false},
    {28, {}, {}, Rounding::none, 0, false, false},
    {30, {TENSOR_CORE, DOWN_CONVERT_INPUTS}, {}, Rounding::bf16, 1 << 16, false, false},
    {36, {TENSOR_CORE}, {}, Rounding::tf32, 131, false, false},
    // Proposed first, and refuses when the plan is built.
    {44, {}, {}, Rounding::none, 0, true, false},
    // Builds, and fails when it runs.
    {45, {}, {}, Rounding::none, 256, false, true},
};
// For bfloat16 tensors.
const EngineTraits HALF_ENGINES[] = {
    {0, {}, {}, Rounding::none, 0, false, false},
    {22, {TENSOR_CORE}, {}, Rounding::none, 1 << 12, false, false},
    {44, {TENSOR_CORE}, {}, Rounding::none, 0, true, false},
    {62, {TENSOR_CORE}, {}, Rounding::none, 131, false, false},
};

}  // namespace

const EngineTraits *find_engine(const Problem &problem, int index) {
  if (problem.data_type == 9) {
    // Tensor cores want eight channels at a time here; only the naive engine takes the rest.
    const bool eights = problem.c % 8 == 0 && problem.k % 8 == 0;
    for (const EngineTraits &engine : HALF_ENGINES) {
      if (engine.index == index && (eights || index == 0)) return &engine;
    }
    return nullptr;
  }
  for (const EngineTraits &engine : FLOAT_ENGINES) {
    // Some engines know one direction only, as the real ones.
    if (index == 28 && problem.operation == Operation::filter_gradient) return nullptr;
    if (index == 1 && problem.operation == Operation::forward) return nullptr;
    if (engine.index == index) return &engine;
  }
  return nullptr;
}

std::vector<int> propose(const Problem &problem, int mode) {
  std::vector<int> wanted;
  if (mode == MODE_A || mode == MODE_INSTANT) wanted = {62, 36, 44, 45, 7};
  if (mode == MODE_B) wanted = {22, 36, 45, 28, 1};
  if (mode == MODE_FALLBACK) wanted = {20, 28, 1, 30, 0};
  std::vector<int> supported;
  for (const int index : wanted) {
    if (find_engine(problem, index)) supported.push_back(index);
  }
  return supported;
}

}  // namespace emulator
