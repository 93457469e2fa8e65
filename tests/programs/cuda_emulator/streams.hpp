// Streams and events, for the functions that make and wait for them.
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core.hpp"

namespace emulator {

// What a stream is given between cudaStreamBeginCapture and cudaStreamEndCapture.
struct Capture {
  std::vector<Work> work;
  bool valid = true;
};

struct Stream {
  std::deque<Work> queue;
  std::shared_ptr<Capture> capture;
};

struct Event {
  bool timing = false;
  // How often it was recorded, and which of these records the device has passed.
  uint64_t recorded = 0, done = 0;
  // Whether somebody was told that it has not been passed yet: the next time it has.
  bool asked = false;
  std::weak_ptr<Stream> stream;
  // The capture that its last record is part of: nobody can wait for that one.
  std::weak_ptr<Capture> capture;
  bool captured = false;
  std::chrono::steady_clock::time_point passed;
};

extern Table<Stream> streams;
extern Table<Event> events;

// Puts work into a stream, or into the graph that is made of it.
void put(Stream &stream, Work work);
// cudaErrorStreamCaptureUnsupported if anything is captured, which is invalid then: the function would wait, or ask for
// memory. 0 otherwise.
int refused_by_capture(const char *function);
// Says why a capture cannot go on, and makes it invalid; gives `status` back.
int invalidate(Capture &capture, int status, const char *function, const char *why);
// Puts a mark behind everything in a stream, and lets a stream wait for the last mark of an event.
void record(const std::shared_ptr<Event> &event, const std::shared_ptr<Stream> &stream);
void wait_for(const std::shared_ptr<Stream> &stream, const std::shared_ptr<Event> &event);
// Whether the device passed the event's last mark, once it has done what it can without waiting for other processes.
bool passed(Event &event);

// Run what is queued up to the end, or up to the event's last record. The device's error, 0 if there is none.
int finish(Stream &stream);
int finish(Event &event);

}  // namespace emulator
