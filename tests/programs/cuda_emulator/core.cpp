// Failures on demand, complaints, and what is still alive: the functions that tests call themselves.
#include "core.hpp"

#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace emulator {

std::recursive_mutex lock;

namespace {

struct Failure {
  long long nth;  // counted down by calls; fails at 1
  int status;
  bool breaks = false;  // the device, which then answers
};
struct Books {
  std::map<std::string, std::vector<Failure>> failures;
  std::map<std::string, long long> calls;
  std::string complaint;
  long long complaints = 0;

  // FCR_EMULATOR_FAIL=function:nth=status[,...], e.g. cudaMalloc:5=2.
  Books() {
    const char *wish = getenv("FCR_EMULATOR_FAIL");
    std::string rest = wish ? wish : "";
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      const std::string one = rest.substr(0, comma);
      rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
      const size_t colon = one.find(':'), equals = one.find('=');
      if (colon == std::string::npos || equals == std::string::npos || equals < colon) {
        fprintf(stderr, "FCR_EMULATOR_FAIL: \"%s\" is not function:nth=status\n", one.c_str());
        abort();
      }
      failures[one.substr(0, colon)].push_back({atoll(one.c_str() + colon + 1), atoi(one.c_str() + equals + 1)});
    }
  }
};
// Never destroyed: the libraries are called until the process ends.
Books &books() {
  static Books *all = new Books;
  return *all;
}

std::string live_objects() {
  char text[512];
  snprintf(text, sizeof text,
           "{\"deviceAllocations\":%zu,\"pinnedAllocations\":%zu,\"streams\":%zu,\"events\":%zu,\"graphs\":%zu,"
           "\"modules\":%zu,"
           "\"nvrtcPrograms\":%zu,\"cublasHandles\":%zu,\"cudnnHandles\":%zu,\"cudnnDescriptors\":%zu,"
           "\"communicators\":%zu,\"complaints\":%lld}",
           allocation_count(Kind::device), allocation_count(Kind::pinned), stream_count(), event_count(),
           graph_count(), module_count(), nvrtc_program_count(), cublas_handle_count(), cudnn_handle_count(),
           cudnn_descriptor_count(), communicator_count(), books().complaints);
  return text;
}

// FCR_EMULATOR_REPORT=<file>: what was alive when the process ended. Made by the first call, after everything it reads,
// so that it goes before that: the order among the files' own objects is not defined.
struct ExitReport {
  ~ExitReport() {
    const char *path = getenv("FCR_EMULATOR_REPORT");
    if (!path) return;
    canaries_intact("at exit");
    if (FILE *file = fopen(path, "w")) {
      fprintf(file, "%s\n", live_objects().c_str());
      fclose(file);
    }
  }
};

}  // namespace

Call::Call(const char *name) : held_(lock), injected_(0) {
  static ExitReport at_exit;
  books().calls[name]++;
  const auto at = books().failures.find(name);
  if (at == books().failures.end()) return;
  for (Failure &failure : at->second) {
    if (failure.nth <= 0 || --failure.nth > 0) continue;
    if (failure.breaks) break_device(failure.status);
    else injected_ = failure.status;
  }
}

int complain(int status, const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  std::lock_guard<std::recursive_mutex> held(lock);
  books().complaint = text;
  books().complaints++;
  if (!getenv("FCR_EMULATOR_QUIET")) fprintf(stderr, "emulated device: %s\n", text);
  return status;
}

const std::string &last_complaint() { return books().complaint; }

size_t total_memory() {
  static const size_t bytes = [] {
    const char *wish = getenv("FCR_EMULATOR_MEMORY");
    return wish ? (size_t)atoll(wish) : (size_t)16 << 30;
  }();
  return bytes;
}

int device_count() {
  const char *wish = getenv("FCR_EMULATOR_DEVICES");
  return wish ? atoi(wish) : 1;
}

}  // namespace emulator

using namespace emulator;

// The nth call of `function` from now (1 = the next) returns `status` without doing anything.
EXPORT void emulator_fail(const char *function, int64_t nth, int status) {
  std::lock_guard<std::recursive_mutex> held(lock);
  books().failures[function].push_back({nth, status});
}

// By the nth call of `function` from now a kernel has broken the device with `status`: that call and all later ones of
// every library report it, cuDNN and cuBLAS as their own "execution failed".
EXPORT void emulator_break(const char *function, int64_t nth, int status) {
  std::lock_guard<std::recursive_mutex> held(lock);
  books().failures[function].push_back({nth, status, true});
}

// Forgets all failures that were asked for.
EXPORT void emulator_no_failures() {
  std::lock_guard<std::recursive_mutex> held(lock);
  books().failures.clear();
}

// Calls of `function` so far.
EXPORT int64_t emulator_calls(const char *function) {
  std::lock_guard<std::recursive_mutex> held(lock);
  return books().calls[function];
}

// JSON: how many objects of each kind are alive, and how many complaints there were.
EXPORT void emulator_state(char *text, uint64_t capacity) {
  std::lock_guard<std::recursive_mutex> held(lock);
  canaries_intact("in emulator_state");
  snprintf(text, capacity, "%s", live_objects().c_str());
}

// The last complaint, "" if there was none since the last call.
EXPORT void emulator_last_complaint(char *text, uint64_t capacity) {
  std::lock_guard<std::recursive_mutex> held(lock);
  snprintf(text, capacity, "%s", books().complaint.c_str());
  books().complaint.clear();
}
