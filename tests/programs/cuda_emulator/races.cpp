// Finds races of kernels: two accesses of the same byte, one of them a write, by threads that no barrier orders. A cell
// for every byte remembers its last writer and two of its last readers.
#include <array>
#include <cstdlib>
#include <memory>
#include <unordered_map>

#include "blocks.hpp"
#include "core.hpp"

namespace emulator {
namespace {

// Barriers are counted over all launches: an access is ordered before those of its block in a later interval.
struct Access {
  uint64_t block = 0, interval = 0;
  unsigned thread = 0;
};
struct Cell {
  uint64_t launch = 0;
  Access writer, reader, other_reader;
};
constexpr uint64_t PAGE_BYTES = 4096;
typedef std::array<Cell, PAGE_BYTES> Page;

std::unordered_map<uint64_t, std::unique_ptr<Page>> pages;
uint64_t last_number = 0, launch_number = 0, block_number = 0, interval = 0;
Page *last_page = nullptr;
const Kernel *running = nullptr;
long found = 0;

Cell &cell_of(uint64_t address) {
  const uint64_t number = address / PAGE_BYTES;
  if (!last_page || number != last_number) {
    auto &page = pages[number];
    if (!page) page.reset(new Page());
    last_page = page.get();
    last_number = number;
  }
  Cell &cell = (*last_page)[address % PAGE_BYTES];
  if (cell.launch != launch_number) {
    cell = Cell();
    cell.launch = launch_number;
  }
  return cell;
}

// Whether nothing orders an earlier access before `now`. Shared memory is another block's own.
bool races_with(const Access &before, const Access &now, bool shared) {
  if (before.block == 0) return false;
  if (before.block != now.block) return !shared;
  return before.thread != now.thread && before.interval == now.interval;
}

}  // namespace

bool watches_races() {
  static const bool wanted = getenv("FCR_EMULATOR_RACES") != nullptr;
  return wanted;
}

void watch_launch(const Kernel &kernel) {
  running = &kernel;
  launch_number++;
  found = 0;
}

void watch_block() {
  block_number++;
  interval++;
}

void watch_barrier() { interval++; }

long races() { return found; }

void watch_access(unsigned thread, uint64_t address, unsigned bytes, bool write, bool shared) {
  const Access now = {block_number, interval, thread};
  for (unsigned i = 0; i < bytes; i++) {
    Cell &cell = cell_of(address + i);
    const char *what = races_with(cell.writer, now, shared) ? (write ? "writes what another wrote" : "reads what another writes")
                       : write && (races_with(cell.reader, now, shared) || races_with(cell.other_reader, now, shared))
                           ? "writes what another reads"
                           : nullptr;
    if (what && found++ == 0) {
      complain(0, "%s: a race in %s memory: thread %u %s, and no barrier is between them", running->name,
               shared ? "shared" : "device", thread, what);
    }
    if (write) {
      cell.writer = now;
      cell.reader = cell.other_reader = Access();
    } else if (cell.reader.block != now.block || cell.reader.interval != now.interval) {
      cell.other_reader = cell.reader;
      cell.reader = now;
    } else if (cell.reader.thread != thread) {
      cell.other_reader = now;
    }
  }
}

}  // namespace emulator
