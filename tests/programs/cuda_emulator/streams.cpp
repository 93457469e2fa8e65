// Streams and events. Work runs when it is waited for: whoever reads too early or reuses memory too early gets caught.
#include <unistd.h>

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

namespace {

// Between two attempts at work that waits for another process.
constexpr useconds_t PAUSE_MICROSECONDS = 50;

// Runs what is queued until there is enough: the device's error, 0 if there is none. Without `waits` it ends with NOT_YET
// at work that waits for another process.
int run(Stream &stream, bool waits, const std::function<bool()> &enough) {
  while (!stream.queue.empty() && !enough()) {
    Work work = std::move(stream.queue.front());
    stream.queue.pop_front();
    if (broken) continue;
    const int status = work();
    if (status != NOT_YET) {
      break_device(status);
      continue;
    }
    stream.queue.push_front(std::move(work));
    if (!waits) return NOT_YET;
    usleep(PAUSE_MICROSECONDS);
  }
  return broken;
}

}  // namespace

void record(const std::shared_ptr<Event> &event, const std::shared_ptr<Stream> &stream) {
  const uint64_t mark = ++event->recorded;
  event->asked = false;
  event->stream = stream;
  stream->queue.push_back([event, mark] {
    event->done = mark;
    event->passed = std::chrono::steady_clock::now();
    return 0;
  });
}

void wait_for(const std::shared_ptr<Stream> &stream, const std::shared_ptr<Event> &event) {
  // What was recorded up to now has to be passed first; later records do not count.
  const uint64_t awaited = event->recorded;
  stream->queue.push_back([event, awaited] {
    const auto other = event->stream.lock();
    return other ? run(*other, false, [&] { return event->done >= awaited; }) : 0;
  });
}

bool passed(Event &event) {
  const auto stream = event.stream.lock();
  const auto done = [&] { return event.done == event.recorded; };
  return !stream || run(*stream, false, done) != NOT_YET || done();
}

int finish(Stream &stream) {
  return run(stream, true, [] { return false; });
}

int finish_all() {
  for (const auto &stream : streams.all()) finish(*stream);
  return broken;
}

int finish(Event &event) {
  const auto stream = event.stream.lock();
  if (stream) run(*stream, true, [&] { return event.done == event.recorded; });
  return broken;
}

size_t stream_count() { return streams.size(); }
size_t event_count() { return events.size(); }

}  // namespace emulator
