// What the parts of the emulated device share: one lock, the books of everything alive, injected failures, complaints.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace emulator {

// Every function of every library takes this lock: the real ones may be called from several threads too.
extern std::recursive_mutex lock;

// What it looks like from outside. FCR_EMULATOR_MEMORY sets the memory in bytes.
constexpr int MULTIPROCESSORS = 4, DRIVER_VERSION = 13000, RUNTIME_VERSION = 13000;
constexpr int CAPABILITY_MAJOR = 9, CAPABILITY_MINOR = 0;
size_t total_memory();
// GPUs: FCR_EMULATOR_DEVICES, 1 without.
int device_count();

// A call of an exported function: holds the lock, counts, and knows whether it has to fail.
class Call {
 public:
  explicit Call(const char *name);
  // The status that a test asked this call to return, or 0.
  int injected() const { return injected_; }

 private:
  std::unique_lock<std::recursive_mutex> held_;
  int injected_;
};

// Says what a caller did wrong: on stderr (unless FCR_EMULATOR_QUIET is set) and to emulator_last_complaint.
// Gives `status` back.
int complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
const std::string &last_complaint();

// Handles of one kind: numbers that are never used twice, so that a stale one is recognised.
template <class T> class Table {
 public:
  Table(const char *kind, uint64_t base) : kind_(kind), next_(base) {}
  uint64_t add(std::shared_ptr<T> object) {
    const uint64_t handle = next_ += 16;
    live_[handle] = std::move(object);
    return handle;
  }
  // The object, or null after a complaint.
  std::shared_ptr<T> find(uint64_t handle, const char *function) const {
    const auto at = live_.find(handle);
    if (at != live_.end()) return at->second;
    complain(0, "%s: %s 0x%llx is unknown or was destroyed", function, kind_, (unsigned long long)handle);
    return nullptr;
  }
  bool remove(uint64_t handle, const char *function) {
    if (live_.erase(handle)) return true;
    complain(0, "%s: %s 0x%llx is unknown or was destroyed twice", function, kind_, (unsigned long long)handle);
    return false;
  }
  size_t size() const { return live_.size(); }
  std::vector<std::shared_ptr<T>> all() const {
    std::vector<std::shared_ptr<T>> objects;
    for (const auto &[handle, object] : live_) objects.push_back(object);
    return objects;
  }
  const char *kind() const { return kind_; }

 private:
  const char *kind_;
  uint64_t next_;
  std::map<uint64_t, std::shared_ptr<T>> live_;
};

// --- memory.cpp
enum class Kind { device, pinned };
// 0 if there is no memory (or a test wants it so).
uint64_t allocate(Kind kind, size_t bytes);
// Whether `address` was the start of a live allocation of that kind; its memory becomes inaccessible.
bool release(Kind kind, uint64_t address, const char *function);
// Whether all of [address, address + bytes) lies in one live allocation of that kind.
bool in_allocation(Kind kind, uint64_t address, size_t bytes);
// The same, with a complaint that names `function` and `what`.
bool check_range(Kind kind, uint64_t address, size_t bytes, const char *function, const char *what);
// Whether an address belongs to the emulated memory at all, live or not.
bool in_arena(uint64_t address);
// Checks the bytes behind every allocation; a complaint and false if somebody wrote there.
bool canaries_intact(const char *when);
size_t held_bytes(Kind kind);
size_t allocation_count(Kind kind);

// --- streams.cpp
// Work is queued and runs as late as the rules allow: when somebody waits for it. A work item gives 0, the error that the
// device ends with, or NOT_YET if it has to be run again because it waits for another process.
constexpr int NOT_YET = -1;
using Work = std::function<int()>;
// 0, or a status (the same number in runtime and driver) if the stream does not exist.
int enqueue(uint64_t stream, Work work, const char *function);
int unknown_stream(uint64_t stream, const char *function);
// Runs everything queued; the device's error, 0 if there is none.
int finish_all();
// The error that broke the device; every later call reports it.
int device_error();
void break_device(int status);
size_t stream_count();
size_t event_count();
size_t graph_count();

// --- runtime.cpp
// Whether a context is current (cudaSetDevice or any call that needs a device was made).
bool context_is_current();
void make_context_current();
// The GPU that cudaSetDevice named last.
int current_device();
// What both attribute functions tell: 0 or a status.
int device_attribute(int *value, int attribute, int device);

// --- driver.cpp, cublas.cpp, cudnn_api.cpp, nccl.cpp
size_t module_count();
size_t cublas_handle_count();
size_t cudnn_handle_count();
size_t cudnn_descriptor_count();
size_t nvrtc_program_count();
size_t communicator_count();

}  // namespace emulator
