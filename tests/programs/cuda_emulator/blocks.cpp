// Threads of a block take turns on one thread of the host. Each runs until a barrier or its end; one that waits keeps
// its stack (a fiber), the next begins on another. Blocks are spread over a few threads of the host. Every other launch
// goes through blocks backwards; threads begin, and go on after a barrier, in a random order, so that code that relies on
// an order shows.
#include "blocks.hpp"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstdlib>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "core.hpp"

namespace emulator {
namespace {

constexpr int ILLEGAL_ADDRESS = 700, MISALIGNED_ADDRESS = 716, LAUNCH_FAILED = 719;
constexpr size_t STACK_BYTES = 64 << 10;
constexpr size_t SHARED_LIMIT = 256 << 10, PAGE = 4096;

class BlockRunner;
thread_local BlockRunner *current = nullptr;

struct Fiber {
  jmp_buf state;
  ucontext_t start;
  Size3 thread;
  bool started = false, waiting = false;
};

class BlockRunner : public Worker {
 public:
  BlockRunner() {
    stacks_ = (char *)mmap(nullptr, STACK_BYTES * 1024, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    shared_pages_ = (char *)mmap(nullptr, SHARED_LIMIT + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(shared_pages_, SHARED_LIMIT, PROT_READ | PROT_WRITE);
    fibers_.resize(1024);
    barrier = [](Worker *worker) { static_cast<BlockRunner *>(worker)->wait(); };
    access = [](Worker *worker, void *at, unsigned bytes, bool write) {
      static_cast<BlockRunner *>(worker)->watch((char *)at, bytes, write);
    };
  }

  // Runs one block; 0 or the error.
  int run(const Kernel &kernel, Size3 block_at, unsigned shared_bytes, void **parameters, unsigned seed) {
    kernel_ = &kernel;
    parameters_ = parameters;
    random_.seed(seed);
    block = block_at;
    threads_ = block_size.x * block_size.y * block_size.z;
    next_ = 0;
    used_ = 0;
    order_.resize(threads_);
    std::iota(order_.begin(), order_.end(), 0u);
    std::shuffle(order_.begin(), order_.end(), random_);
    if (watches_races()) watch_block();
    // Shared memory ends where its pages do and starts as garbage.
    const unsigned rounded = (shared_bytes + 15) / 16 * 16;
    shared = shared_pages_ + SHARED_LIMIT - rounded;
    std::fill_n((unsigned char *)shared, rounded, 0xff);
    current = this;
    const int fault = sigsetjmp(fault_, 1);
    if (fault == 0) run_threads();
    current = nullptr;
    if (fault != 0 || divergent_) std::fill(fibers_.begin(), fibers_.end(), Fiber());
    if (!divergent_) return fault;
    divergent_ = false;
    return LAUNCH_FAILED;
  }

  // From the signal handler.
  [[noreturn]] void fault(int status) { siglongjmp(fault_, status); }

 private:
  void run_threads() {
    while (next_ < threads_) {
      Fiber &fiber = fibers_[used_++];
      fiber.waiting = false;
      resume(fiber);
    }
    // Round after round from barrier to barrier; all threads have to be there.
    for (;;) {
      const unsigned waiting = std::count_if(fibers_.begin(), fibers_.begin() + used_, [](const Fiber &f) { return f.waiting; });
      if (waiting == 0) return;
      if (waiting != threads_) {
        complain(0, "%s: only %u of %u threads of a block came to a barrier", kernel_->name, waiting, threads_);
        divergent_ = true;
        return;
      }
      if (watches_races()) watch_barrier();
      std::shuffle(order_.begin(), order_.end(), random_);
      for (const unsigned i : order_) {
        fibers_[i].waiting = false;
        thread = fibers_[i].thread;
        resume(fibers_[i]);
      }
    }
  }

  void resume(Fiber &fiber) {
    running_ = &fiber;
    if (_setjmp(scheduler_) != 0) return;
    if (fiber.started) _longjmp(fiber.state, 1);
    fiber.started = true;
    getcontext(&fiber.start);
    fiber.start.uc_stack.ss_sp = stacks_ + STACK_BYTES * (&fiber - fibers_.data());
    fiber.start.uc_stack.ss_size = STACK_BYTES;
    fiber.start.uc_link = nullptr;
    const uint64_t self = (uint64_t)this;
    makecontext(&fiber.start, (void (*)())enter, 2, (unsigned)(self >> 32), (unsigned)self);
    setcontext(&fiber.start);
  }

  static void enter(unsigned high, unsigned low) {
    BlockRunner *self = (BlockRunner *)((uint64_t)high << 32 | low);
    for (;;) {
      self->run_next_threads();
      // This stack is free for the next block.
      if (_setjmp(self->running_->state) == 0) _longjmp(self->scheduler_, 1);
    }
  }

  // Runs threads that have not begun until one waits (it comes back later) or none is left.
  void run_next_threads() {
    while (next_ < threads_) {
      const unsigned i = order_[next_++];
      Fiber *own = running_;
      own->thread = {i % block_size.x, i / block_size.x % block_size.y, i / (block_size.x * block_size.y)};
      thread = own->thread;
      waited_ = false;
      kernel_->run(parameters_);
      // After a barrier others have begun already.
      if (waited_) return;
    }
  }

  void wait() {
    Fiber *own = running_;
    own->waiting = true;
    if (_setjmp(own->state) == 0) _longjmp(scheduler_, 1);
    waited_ = true;
  }

  // Local variables are a thread's own; what is not the device's is the block's.
  void watch(char *at, unsigned bytes, bool write) {
    if (at >= stacks_ && at < stacks_ + STACK_BYTES * 1024) return;
    const unsigned index = thread.x + block_size.x * (thread.y + block_size.y * thread.z);
    watch_access(index, (uint64_t)at, bytes, write, !in_arena((uint64_t)at));
  }

  char *stacks_, *shared_pages_;
  std::vector<unsigned> order_;
  std::minstd_rand random_;
  std::vector<Fiber> fibers_;
  Fiber *running_ = nullptr;
  jmp_buf scheduler_;
  sigjmp_buf fault_;
  const Kernel *kernel_ = nullptr;
  void **parameters_ = nullptr;
  unsigned threads_ = 0, next_ = 0, used_ = 0;
  bool waited_ = false, divergent_ = false;
};

// SIGILL is what the checks of alignment that nvrtc.cpp compiles in end with.
const int SIGNALS[] = {SIGSEGV, SIGBUS, SIGILL};
std::map<int, struct sigaction> previous;

// A kernel's bad access ends the launch; everybody else's goes to whoever handled it before.
void handle_fault(int signal, siginfo_t *info, void *context) {
  if (current) {
    current->fault(signal == SIGILL ? MISALIGNED_ADDRESS : ILLEGAL_ADDRESS);
  }
  const struct sigaction &before = previous.at(signal);
  if (before.sa_flags & SA_SIGINFO) return before.sa_sigaction(signal, info, context);
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(signal);
  sigaction(signal, &before, nullptr);
}

void handle_faults() {
  static bool installed = false;
  if (installed) return;
  installed = true;
  struct sigaction action = {};
  action.sa_sigaction = handle_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const int signal : SIGNALS) sigaction(signal, nullptr, &previous[signal]);
  for (const int signal : SIGNALS) sigaction(signal, &action, nullptr);
}

}  // namespace

int run_grid(const Kernel &kernel, void (*bind)(Worker *), void (*poison)(), Size3 grid, Size3 block, unsigned shared_bytes,
             void **parameters) {
  handle_faults();
  static std::vector<BlockRunner *> runners;
  static bool backwards = false;
  backwards = !backwards;
  const uint64_t blocks = (uint64_t)grid.x * grid.y * grid.z;
  const uint64_t threads = blocks * block.x * block.y * block.z;
  static unsigned seed = [] {
    const char *wish = getenv("FCR_EMULATOR_SEED");
    return wish ? (unsigned)atoll(wish) : 1u;
  }();
  seed += 0x9e3779b9u;
  if (watches_races()) watch_launch(kernel);
  const uint64_t wanted = watches_races() || threads < 4096 ? 1 : std::min<uint64_t>({blocks, std::max(1u, std::thread::hardware_concurrency()), 8});
  while (runners.size() < wanted) runners.push_back(new BlockRunner);
  std::atomic<int> error{0};
  auto work = [&](uint64_t first) {
    BlockRunner &runner = *runners[first];
    runner.block_size = block;
    runner.grid_size = grid;
    bind(&runner);
    for (uint64_t i = first; i < blocks && error == 0; i += wanted) {
      const uint64_t at = backwards ? blocks - 1 - i : i;
      const Size3 position = {(unsigned)(at % grid.x), (unsigned)(at / grid.x % grid.y), (unsigned)(at / grid.x / grid.y)};
      if (poison) poison();
      const unsigned own_seed = seed + (unsigned)at * 0x85ebca6bu;
      if (const int status = runner.run(kernel, position, shared_bytes, parameters, own_seed)) error = status;
    }
  };
  std::vector<std::thread> others;
  for (uint64_t i = 1; i < wanted; i++) others.emplace_back(work, i);
  work(0);
  for (std::thread &other : others) other.join();
  if (error == ILLEGAL_ADDRESS || error == MISALIGNED_ADDRESS) {
    complain(0, "%s: %s", kernel.name, error == ILLEGAL_ADDRESS ? "access to memory that is not allocated" : "misaligned access");
  }
  return error == 0 && watches_races() && races() > 0 ? LAUNCH_FAILED : (int)error;
}

}  // namespace emulator
