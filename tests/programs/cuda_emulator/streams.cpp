// Streams and events. Work runs when it is waited for: whoever reads too early or reuses memory too early gets caught.
#include <deque>

#include "core.hpp"
#include "streams.hpp"

namespace emulator {

Table<Stream> streams("stream", 0x51000000);
Table<Event> events("event", 0x61000000);

namespace {
int broken = 0;
}

int device_error() { return broken; }
void break_device(int status) {
  if (!broken) broken = status;
}

bool enqueue(uint64_t handle, Work work, const char *function) {
  const auto stream = streams.find(handle, function);
  if (!stream) return false;
  stream->queue.push_back(std::move(work));
  return true;
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
