// CUDA graphs: what a stream is given while it is captured runs with every launch of the graph, and not before.
#include "declarations.hpp"
#include "runtime.hpp"
#include "streams.hpp"

using namespace emulator;

namespace {

constexpr int ILLEGAL_STATE = 401, CAPTURE_INVALIDATED = 901, MODES = 3;

using Graph = std::vector<Work>;
Table<Graph> graphs("graph", 0x81000000), executables("executable graph", 0x82000000);

}  // namespace

namespace emulator {
size_t graph_count() { return graphs.size() + executables.size(); }
}  // namespace emulator

EXPORT int cudaStreamBeginCapture(uint64_t handle, int mode) {
  ENTER_DEVICE(cudaStreamBeginCapture);
  const auto stream = streams.find(handle, "cudaStreamBeginCapture");
  if (!stream) return result(INVALID_HANDLE);
  if (mode < 0 || mode >= MODES) return result(complain(INVALID_VALUE, "cudaStreamBeginCapture: mode %d", mode));
  if (stream->capture) return result(complain(ILLEGAL_STATE, "cudaStreamBeginCapture: the stream is captured already"));
  stream->capture = std::make_shared<Capture>();
  return 0;
}

EXPORT int cudaStreamEndCapture(uint64_t handle, uint64_t *graph) {
  const Call call("cudaStreamEndCapture");
  *graph = 0;
  const auto stream = streams.find(handle, "cudaStreamEndCapture");
  if (!stream) return result(INVALID_HANDLE);
  if (!stream->capture) return result(complain(ILLEGAL_STATE, "cudaStreamEndCapture: the stream is not captured"));
  // Whatever comes of it, the capture is over.
  const auto capture = std::move(stream->capture);
  if (call.injected()) return result(call.injected());
  if (device_error()) return result(device_error());
  if (!capture->valid) return result(CAPTURE_INVALIDATED);
  *graph = graphs.add(std::make_shared<Graph>(std::move(capture->work)));
  return 0;
}

EXPORT int cudaGraphInstantiateWithFlags(uint64_t *executable, uint64_t handle, unsigned long long flags) {
  ENTER_DEVICE(cudaGraphInstantiateWithFlags);
  const auto graph = graphs.find(handle, "cudaGraphInstantiateWithFlags");
  if (!graph) return result(INVALID_VALUE);
  if (flags) return result(complain(INVALID_VALUE, "cudaGraphInstantiateWithFlags: flags %llu", flags));
  *executable = executables.add(std::make_shared<Graph>(*graph));
  return 0;
}

EXPORT int cudaGraphLaunch(uint64_t handle, uint64_t stream) {
  ENTER_DEVICE(cudaGraphLaunch);
  const auto executable = executables.find(handle, "cudaGraphLaunch");
  if (!executable) return result(INVALID_VALUE);
  return result(enqueue(stream, [executable, done = size_t{0}]() mutable {
    for (; done < executable->size(); done++) {
      if (const int status = (*executable)[done]()) return status;
    }
    return 0;
  }, "cudaGraphLaunch"));
}

EXPORT int cudaGraphDestroy(uint64_t handle) {
  ENTER(cudaGraphDestroy);
  return graphs.remove(handle, "cudaGraphDestroy") ? 0 : result(INVALID_VALUE);
}

EXPORT int cudaGraphExecDestroy(uint64_t handle) {
  ENTER(cudaGraphExecDestroy);
  return executables.remove(handle, "cudaGraphExecDestroy") ? 0 : result(INVALID_VALUE);
}
