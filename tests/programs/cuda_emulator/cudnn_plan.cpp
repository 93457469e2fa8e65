// Plans as text: the engine and the problem as a list of numbers.
#include <cstdio>
#include <cstring>
#include <sstream>

#include "cudnn_descriptors.hpp"

namespace emulator {
namespace {

// Calls f for every number of a problem, the same way for writing and reading.
template <class F> void each_number(Problem &p, F f) {
  f(p.data_type), f(p.n), f(p.c), f(p.k), f(p.alpha), f(p.beta), f(p.alignment);
  for (auto *triple : {&p.input, &p.kernel, &p.output, &p.pre, &p.post, &p.stride, &p.ids}) {
    for (int64_t &number : *triple) f(number);
  }
}

const char START[] = "{\"emulated\":92400,\"plan\":\"";

}  // namespace

std::string plan_to_json(const Problem &problem, int engine) {
  Problem copy = problem;
  std::ostringstream text;
  text << START << engine << ' ' << (int)copy.operation;
  each_number(copy, [&](auto &number) { text << ' ' << number; });
  return text.str() + "\"}";
}

int plan_from_json(const std::string &json, Descriptor &plan) {
  if (json.rfind(START, 0) != 0) return refuse(CUDNN_VERSION_MISMATCH, "plan: made by another version", false);
  std::istringstream text(json.substr(strlen(START)));
  auto problem = std::make_shared<Problem>();
  int operation = 0;
  text >> plan.engine >> operation;
  problem->operation = (Operation)operation;
  each_number(*problem, [&](auto &number) { text >> number; });
  if (!text || !find_engine(*problem, plan.engine)) return refuse(CUDNN_BAD_PARAM, "plan: damaged text", false);
  plan.problem = problem;
  return 0;
}

}  // namespace emulator
