// libcudart: devices, memory, streams and events. Statuses are cudaError_t.
#include <cstring>

#include "declarations.hpp"
#include "runtime.hpp"
#include "streams.hpp"

using namespace emulator;

namespace {

constexpr int OUT_OF_MEMORY = 2, INVALID_DEVICE = 101, NOT_READY = 600, INVALID_MEMCPY_DIRECTION = 21,
              CAPTURE_ISOLATION = 905, CAPTURED_EVENT = 907;
int last_error = 0;
bool context = false;
int device_in_use = 0;

}  // namespace

namespace emulator {
bool context_is_current() { return context; }
void make_context_current() { context = true; }
int current_device() { return device_in_use; }

int result(int status) {
  if (status && status != NOT_READY) last_error = status;
  return status;
}

int device_attribute(int *value, int attribute, int device) {
  if (device < 0 || device >= device_count()) return INVALID_DEVICE;
  const std::map<int, int> known = {{13, 1000000}, {16, MULTIPROCESSORS}, {36, 1000000}, {37, 512}, {38, 4 << 20},
                                    {75, CAPABILITY_MAJOR}, {76, CAPABILITY_MINOR}, {97, 99 << 10}};
  const auto at = known.find(attribute);
  if (at == known.end()) return complain(INVALID_VALUE, "device attribute %d is not emulated", attribute);
  *value = at->second;
  return 0;
}
}  // namespace emulator

// Functions that wait, or that ask for memory.
#define ENTER_UNCAPTURED(name)             \
  ENTER_DEVICE(name);                      \
  if (const int status = refused_by_capture(#name)) return result(status)

EXPORT int cudaRuntimeGetVersion(int *version) {
  ENTER(cudaRuntimeGetVersion);
  *version = RUNTIME_VERSION;
  return 0;
}

EXPORT int cudaDriverGetVersion(int *version) {
  ENTER(cudaDriverGetVersion);
  *version = DRIVER_VERSION;
  return 0;
}

EXPORT int cudaGetDeviceCount(int *count) {
  ENTER(cudaGetDeviceCount);
  *count = device_count();
  return 0;
}

EXPORT int cudaSetDevice(int device) {
  ENTER(cudaSetDevice);
  if (device < 0 || device >= device_count()) return result(INVALID_DEVICE);
  device_in_use = device;
  make_context_current();
  return result(device_error());
}

EXPORT int cudaDeviceGetAttribute(int *value, int attribute, int device) {
  ENTER(cudaDeviceGetAttribute);
  return result(device_attribute(value, attribute, device));
}

EXPORT int cudaDeviceSynchronize() {
  ENTER_UNCAPTURED(cudaDeviceSynchronize);
  return result(finish_all());
}

EXPORT int cudaMemGetInfo(size_t *available, size_t *total) {
  ENTER_DEVICE(cudaMemGetInfo);
  *total = total_memory();
  *available = total_memory() - held_bytes(Kind::device);
  return 0;
}

EXPORT int cudaMalloc(uint64_t *address, size_t bytes) {
  ENTER_UNCAPTURED(cudaMalloc);
  *address = allocate(Kind::device, bytes);
  return *address ? 0 : result(OUT_OF_MEMORY);
}

EXPORT int cudaFree(uint64_t address) {
  ENTER_UNCAPTURED(cudaFree);
  // The real one waits for the device, too.
  if (const int status = finish_all()) return result(status);
  return address == 0 || release(Kind::device, address, "cudaFree") ? 0 : result(INVALID_VALUE);
}

EXPORT int cudaMallocHost(uint64_t *address, size_t bytes) {
  ENTER_UNCAPTURED(cudaMallocHost);
  *address = allocate(Kind::pinned, bytes);
  return *address ? 0 : result(OUT_OF_MEMORY);
}

EXPORT int cudaFreeHost(uint64_t address) {
  ENTER_UNCAPTURED(cudaFreeHost);
  if (const int status = finish_all()) return result(status);
  return address == 0 || release(Kind::pinned, address, "cudaFreeHost") ? 0 : result(INVALID_VALUE);
}

namespace {

// A side of a copy: device memory has to be ours; host memory is pinned memory or anything that is not.
bool side_is_valid(bool device, uint64_t address, size_t bytes, const char *what) {
  if (device) return check_range(Kind::device, address, bytes, "cudaMemcpyAsync", what);
  return address != 0 && (!in_arena(address) || check_range(Kind::pinned, address, bytes, "cudaMemcpyAsync", what));
}

int copy(uint64_t target, uint64_t source, size_t bytes, bool target_on_device, bool source_on_device) {
  // Memory may have been released since the copy was queued.
  if (!side_is_valid(target_on_device, target, bytes, "the target (when the copy runs)")) return INVALID_VALUE;
  if (!side_is_valid(source_on_device, source, bytes, "the source (when the copy runs)")) return INVALID_VALUE;
  memmove((void *)target, (const void *)source, bytes);
  return 0;
}

}  // namespace

EXPORT int cudaMemcpyAsync(uint64_t target, uint64_t source, size_t bytes, int kind, uint64_t handle) {
  ENTER_DEVICE(cudaMemcpyAsync);
  if (kind < 1 || kind > 3) return result(complain(INVALID_MEMCPY_DIRECTION, "cudaMemcpyAsync: kind %d", kind));
  const auto stream = streams.find(handle, "cudaMemcpyAsync");
  if (!stream) return result(unknown_stream(handle, "cudaMemcpyAsync"));
  if (bytes == 0) return 0;
  const bool to_device = kind != 2, from_device = kind != 1;
  if (!side_is_valid(to_device, target, bytes, "the target")) return result(INVALID_VALUE);
  if (!side_is_valid(from_device, source, bytes, "the source")) return result(INVALID_VALUE);
  if (to_device && from_device && target < source + bytes && source < target + bytes) {
    return result(complain(INVALID_VALUE, "cudaMemcpyAsync: source and target overlap"));
  }
  const bool pageable = !in_arena(target) || !in_arena(source);
  if (stream->capture && pageable && refused_by_capture("cudaMemcpyAsync of pageable memory")) return result(900);
  if (!from_device && !in_arena(source)) {
    // Pageable memory is staged before the call returns.
    const auto staged = std::make_shared<std::vector<char>>((const char *)source, (const char *)source + bytes);
    put(*stream, [=] {
      if (!check_range(Kind::device, target, bytes, "cudaMemcpyAsync", "the target (when the copy runs)")) {
        return INVALID_VALUE;
      }
      memcpy((void *)target, staged->data(), bytes);
      return 0;
    });
    return 0;
  }
  put(*stream, [=] { return copy(target, source, bytes, to_device, from_device); });
  // A copy to pageable memory returns when it is done.
  return !to_device && !in_arena(target) ? result(finish(*stream)) : 0;
}

EXPORT int cudaMemsetAsync(uint64_t target, int value, size_t bytes, uint64_t handle) {
  ENTER_DEVICE(cudaMemsetAsync);
  if (!check_range(Kind::device, target, bytes, "cudaMemsetAsync", "the target")) return result(INVALID_VALUE);
  return result(enqueue(handle, [=] {
    if (!check_range(Kind::device, target, bytes, "cudaMemsetAsync", "the target (when it runs)")) return INVALID_VALUE;
    memset((void *)target, value, bytes);
    return 0;
  }, "cudaMemsetAsync"));
}

EXPORT int cudaStreamCreateWithFlags(uint64_t *handle, unsigned flags) {
  ENTER_DEVICE(cudaStreamCreateWithFlags);
  if (flags > 1) return result(complain(INVALID_VALUE, "cudaStreamCreateWithFlags: flags %u", flags));
  *handle = streams.add(std::make_shared<Stream>());
  return 0;
}

EXPORT int cudaStreamDestroy(uint64_t handle) {
  ENTER_DEVICE(cudaStreamDestroy);
  const auto stream = streams.find(handle, "cudaStreamDestroy");
  if (!stream) return result(INVALID_HANDLE);
  if (stream->capture) return result(refused_by_capture("cudaStreamDestroy"));
  finish(*stream);
  streams.remove(handle, "cudaStreamDestroy");
  return result(device_error());
}

EXPORT int cudaStreamSynchronize(uint64_t handle) {
  ENTER_DEVICE(cudaStreamSynchronize);
  const auto stream = streams.find(handle, "cudaStreamSynchronize");
  if (!stream) return result(INVALID_HANDLE);
  if (stream->capture) return result(refused_by_capture("cudaStreamSynchronize"));
  return result(finish(*stream));
}

EXPORT int cudaStreamWaitEvent(uint64_t handle, uint64_t event_handle, unsigned flags) {
  ENTER_DEVICE(cudaStreamWaitEvent);
  const auto stream = streams.find(handle, "cudaStreamWaitEvent");
  const auto event = events.find(event_handle, "cudaStreamWaitEvent");
  if (!stream || !event) return result(INVALID_HANDLE);
  if (flags) return result(complain(INVALID_VALUE, "cudaStreamWaitEvent: flags %u", flags));
  if (stream->capture) {
    if (event->captured && event->capture.lock() == stream->capture) return 0;
    return result(invalidate(*stream->capture, CAPTURE_ISOLATION, "cudaStreamWaitEvent", "waits for what is outside"));
  }
  if (event->captured) return result(complain(CAPTURED_EVENT, "cudaStreamWaitEvent: the event is part of a graph"));
  wait_for(stream, event);
  return 0;
}

EXPORT int cudaEventCreateWithFlags(uint64_t *handle, unsigned flags) {
  ENTER_DEVICE(cudaEventCreateWithFlags);
  if (flags > 3) return result(complain(INVALID_VALUE, "cudaEventCreateWithFlags: flags %u", flags));
  const auto event = std::make_shared<Event>();
  event->timing = !(flags & 2);
  *handle = events.add(event);
  return 0;
}

EXPORT int cudaEventDestroy(uint64_t handle) {
  ENTER_DEVICE(cudaEventDestroy);
  return events.remove(handle, "cudaEventDestroy") ? 0 : result(INVALID_HANDLE);
}

EXPORT int cudaEventRecord(uint64_t handle, uint64_t stream_handle) {
  ENTER_DEVICE(cudaEventRecord);
  const auto event = events.find(handle, "cudaEventRecord");
  const auto stream = streams.find(stream_handle, "cudaEventRecord");
  if (!event || !stream) return result(INVALID_HANDLE);
  event->captured = stream->capture != nullptr;
  event->capture = stream->capture;
  if (!event->captured) record(event, stream);
  return 0;
}

EXPORT int cudaEventSynchronize(uint64_t handle) {
  ENTER_UNCAPTURED(cudaEventSynchronize);
  const auto event = events.find(handle, "cudaEventSynchronize");
  if (!event) return result(INVALID_HANDLE);
  if (event->captured) return result(complain(CAPTURED_EVENT, "cudaEventSynchronize: the event is part of a graph"));
  return result(finish(*event));
}

EXPORT int cudaEventQuery(uint64_t handle) {
  ENTER_UNCAPTURED(cudaEventQuery);
  const auto event = events.find(handle, "cudaEventQuery");
  if (!event) return result(INVALID_HANDLE);
  if (event->done == event->recorded) return 0;
  if (!event->asked) {
    event->asked = true;
    return NOT_READY;
  }
  if (passed(*event)) return result(device_error());
  return NOT_READY;
}

EXPORT int cudaEventElapsedTime(float *milliseconds, uint64_t start, uint64_t end) {
  ENTER_DEVICE(cudaEventElapsedTime);
  const auto from = events.find(start, "cudaEventElapsedTime"), to = events.find(end, "cudaEventElapsedTime");
  if (!from || !to) return result(INVALID_HANDLE);
  if (!from->timing || !to->timing || !from->recorded || !to->recorded) {
    return result(complain(INVALID_HANDLE, "cudaEventElapsedTime: an event without timing or never recorded"));
  }
  if (from->done != from->recorded || to->done != to->recorded) return NOT_READY;
  *milliseconds = std::chrono::duration<float, std::milli>(to->passed - from->passed).count();
  return 0;
}

EXPORT int cudaGetLastError() {
  const Call call("cudaGetLastError");
  const int status = device_error() ? device_error() : last_error;
  last_error = 0;
  return status;
}

EXPORT const char *cudaGetErrorName(int status) {
  switch (status) {
    case 0: return "cudaSuccess";
    case INVALID_VALUE: return "cudaErrorInvalidValue";
    case OUT_OF_MEMORY: return "cudaErrorMemoryAllocation";
    case INVALID_DEVICE: return "cudaErrorInvalidDevice";
    case INVALID_HANDLE: return "cudaErrorInvalidResourceHandle";
    case NOT_READY: return "cudaErrorNotReady";
    case 700: return "cudaErrorIllegalAddress";
    case 900: return "cudaErrorStreamCaptureUnsupported";
    case 901: return "cudaErrorStreamCaptureInvalidated";
    case 905: return "cudaErrorStreamCaptureIsolation";
    case 906: return "cudaErrorStreamCaptureImplicit";
    case 907: return "cudaErrorCapturedEvent";
    case 716: return "cudaErrorMisalignedAddress";
    case 719: return "cudaErrorLaunchFailure";
    default: return "cudaError (emulated)";
  }
}

EXPORT const char *cudaGetErrorString(int status) {
  switch (status) {
    case 0: return "no error";
    case INVALID_VALUE: return "invalid argument";
    case OUT_OF_MEMORY: return "out of memory";
    case INVALID_DEVICE: return "invalid device ordinal";
    case INVALID_HANDLE: return "invalid resource handle";
    case NOT_READY: return "device not ready";
    case 700: return "an illegal memory access was encountered";
    case 900: return "operation not permitted when stream is capturing";
    case 901: return "operation failed due to a previous error during capture";
    case 716: return "misaligned address";
    case 719: return "unspecified launch failure";
    default: return "an error of the emulated device";
  }
}
