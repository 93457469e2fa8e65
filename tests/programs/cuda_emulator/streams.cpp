// Streams and events. Work runs when it is waited for: whoever reads too early or reuses memory too early gets caught.
#include <deque>

#include "core.hpp"
#include "streams.hpp"

namespace emulator {

Table<Stream> streams("stream", 0x51000000);
Table<Event> events("event", 0x61000000);

namespace {
constexpr int INVALID_HANDLE = 400, CAPTURE_UNSUPPORTED = 900, CAPTURE_IMPLICIT = 906;
int broken = 0;
}

int device_error() { return broken; }
void break_device(int status) {
  if (!broken) broken = status;
}

int invalidate(Capture &capture, int status, const char *function, const char *why) {
  capture.valid = false;
  return complain(status, "%s: %s while a stream is captured", function, why);
}

int refused_by_capture(const char *function) {
  int status = 0;
  for (const auto &stream : streams.all()) {
    if (stream->capture) status = invalidate(*stream->capture, CAPTURE_UNSUPPORTED, function, "is not allowed");
  }
  return status;
}

int unknown_stream(uint64_t handle, const char *function) {
  // Work of the legacy stream waits for that of the others.
  if (handle == 0 && refused_by_capture(function)) return CAPTURE_IMPLICIT;
  return INVALID_HANDLE;
}

void put(Stream &stream, Work work) {
  if (stream.capture) stream.capture->work.push_back(std::move(work));
  else stream.queue.push_back(std::move(work));
}

int enqueue(uint64_t handle, Work work, const char *function) {
  const auto stream = streams.find(handle, function);
  if (!stream) return unknown_stream(handle, function);
  put(*stream, std::move(work));
  return 0;
}

int run(Stream &stream, const std::function<bool()> &enough) {
  while (!stream.queue.empty() && !enough()) {
    const Work work = std::move(stream.queue.front());
    stream.queue.pop_front();
    if (broken) continue;
    break_device(work());
  }
  return broken;
}

int finish(Stream &stream) {
  return run(stream, [] { return false; });
}

int finish_all() {
  for (const auto &stream : streams.all()) finish(*stream);
  return broken;
}

int finish(Event &event) {
  const auto stream = event.stream.lock();
  if (stream) run(*stream, [&] { return event.done == event.recorded; });
  return broken;
}

size_t stream_count() { return streams.size(); }
size_t event_count() { return events.size(); }

}  // namespace emulator
