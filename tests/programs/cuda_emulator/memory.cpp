// Device and pinned memory as host memory in a reserved range of addresses. An allocation starts at a multiple of 256
// bytes and ends (up to that alignment) at an inaccessible page; addresses are used once, so that an access after the
// release hits an inaccessible page too. Fresh memory holds NaN.
#include <sys/mman.h>

#include <cstring>

#include "core.hpp"

namespace emulator {
namespace {

constexpr size_t ARENA = (size_t)4 << 40, PAGE = 4096, ALIGNMENT = 256;
constexpr unsigned char FRESH = 0xff, CANARY = 0xc5;

struct Allocation {
  Kind kind;
  size_t bytes;
  uint64_t mapped;  // first byte of its pages
  size_t mapped_bytes;
};
std::map<uint64_t, Allocation> live;
size_t held[2] = {0, 0};

struct Arena {
  uint64_t base, next;
  Arena() {
    void *memory = mmap(nullptr, ARENA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    base = memory == MAP_FAILED ? 0 : (uint64_t)memory;
    next = base + PAGE;
  }
};
Arena &arena() {
  static Arena only;
  return only;
}

const Allocation *around(uint64_t address, uint64_t *start) {
  auto at = live.upper_bound(address);
  if (at == live.begin()) return nullptr;
  --at;
  *start = at->first;
  // One past the end belongs to it: empty ranges may start there.
  return address <= at->first + at->second.bytes ? &at->second : nullptr;
}

bool canary_intact(uint64_t start, const Allocation &allocation, const char *when) {
  const unsigned char *byte = (const unsigned char *)start + allocation.bytes;
  for (const unsigned char *end = (const unsigned char *)allocation.mapped + allocation.mapped_bytes; byte < end; byte++) {
    if (*byte == CANARY) continue;
    complain(0, "%s: somebody wrote behind the %zu bytes at 0x%llx", when, allocation.bytes, (unsigned long long)start);
    return false;
  }
  return true;
}

}  // namespace

uint64_t allocate(Kind kind, size_t bytes) {
  if (kind == Kind::device && (bytes > total_memory() || held[0] + bytes > total_memory())) return 0;
  const size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, pages = (rounded + PAGE - 1) / PAGE * PAGE;
  Arena &all = arena();
  if (!all.base || all.next + pages + PAGE > all.base + ARENA) return 0;
  const uint64_t mapped = all.next;
  if (mprotect((void *)mapped, pages, PROT_READ | PROT_WRITE) != 0) return 0;
  all.next += pages + PAGE;
  const uint64_t start = mapped + pages - rounded;
  memset((void *)start, FRESH, bytes);
  memset((char *)start + bytes, CANARY, rounded - bytes);
  live[start] = {kind, bytes, mapped, pages};
  held[(int)kind] += bytes;
  return start;
}

bool release(Kind kind, uint64_t address, const char *function) {
  const auto at = live.find(address);
  if (at == live.end() || at->second.kind != kind) {
    complain(0, "%s: 0x%llx is not a live allocation", function, (unsigned long long)address);
    return false;
  }
  canary_intact(address, at->second, function);
  const Allocation gone = at->second;
  madvise((void *)gone.mapped, gone.mapped_bytes, MADV_DONTNEED);
  mprotect((void *)gone.mapped, gone.mapped_bytes, PROT_NONE);
  held[(int)kind] -= gone.bytes;
  live.erase(at);
  return true;
}

bool in_allocation(Kind kind, uint64_t address, size_t bytes) {
  uint64_t start = 0;
  const Allocation *found = around(address, &start);
  return found && found->kind == kind && address + bytes <= start + found->bytes;
}

bool check_range(Kind kind, uint64_t address, size_t bytes, const char *function, const char *what) {
  if (in_allocation(kind, address, bytes)) return true;
  complain(0, "%s: %s is not %zu bytes of live %s memory at 0x%llx", function, what, bytes,
           kind == Kind::device ? "device" : "pinned", (unsigned long long)address);
  return false;
}

bool in_arena(uint64_t address) {
  return arena().base && address >= arena().base && address < arena().base + ARENA;
}

bool canaries_intact(const char *when) {
  bool intact = true;
  for (const auto &[start, allocation] : live) intact = canary_intact(start, allocation, when) && intact;
  return intact;
}

size_t held_bytes(Kind kind) { return held[(int)kind]; }

size_t allocation_count(Kind kind) {
  size_t count = 0;
  for (const auto &[start, allocation] : live) count += allocation.kind == kind;
  return count;
}

}  // namespace emulator
