// libnccl between processes of this machine: chunks go through shared memory, every rank adds them up in the order of
// the ranks. Statuses are ncclResult_t. As on real devices a collective whose peers are gone stays in its stream until
// the communicator is aborted.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <random>

#include "declarations.hpp"
#include "streams.hpp"

using namespace emulator;

namespace {

constexpr int SUCCESS = 0, SYSTEM_ERROR = 2, INVALID_ARGUMENT = 4, INVALID_USAGE = 5, REMOTE_ERROR = 6, IN_PROGRESS = 7;
constexpr int UINT8 = 1, FLOAT32 = 7, FLOAT64 = 8, SUM = 0, MAX = 2;
constexpr int MAX_RANKS = 16;
constexpr size_t CHUNK = 1 << 20;

enum class Collective { all_reduce, all_gather, broadcast };
// What a rank is asked for; all have to be asked for the same.
struct Request {
  Collective collective;
  int type, reduction, root;
  size_t count;
};
// What ranks see of each other; a new file is full of zeros.
struct Shared {
  std::atomic<int> size, joined;
  struct Rank {
    pid_t process;
    int device;
    Request request;
    std::atomic<uint64_t> written, read;  // chunks so far
  } ranks[MAX_RANKS];
  char chunks[MAX_RANKS][CHUNK];
};

struct Communicator {
  std::string name;
  Shared *shared = nullptr;
  int rank = 0, size = 0, error = SUCCESS;
  bool aborted = false, finalized = false;
  uint64_t chunks = 0;
  std::shared_ptr<Event> last;  // behind the last collective
  std::chrono::steady_clock::time_point looked;
  ~Communicator() {
    if (!shared) return;
    munmap(shared, sizeof(Shared));
    shm_unlink(name.c_str());
  }
};
Table<Communicator> communicators("communicator", 0xa1000000);

struct Config {
  size_t size;
  unsigned magic, version;
  int blocking;
};

size_t bytes_of(int type) { return type == UINT8 ? 1 : type == FLOAT32 ? 4 : 8; }

// Whether a process runs; one that ended counts as gone before its parent has asked for it.
bool runs(pid_t process) {
  if (kill(process, 0) && errno == ESRCH) return false;
  char path[64], text[512] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", process);
  FILE *file = fopen(path, "r");
  if (!file) return false;
  const size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  const char *end = length ? strrchr(text, ')') : nullptr;
  return end && end[1] && end[2] != 'Z';
}

template <class T> void add_up(Communicator &of, const Request &request, T *y, size_t count) {
  for (size_t i = 0; i < count; i++) {
    T result = ((const T *)of.shared->chunks[0])[i];
    for (int rank = 1; rank < of.size; rank++) {
      const T other = ((const T *)of.shared->chunks[rank])[i];
      result = request.reduction == SUM ? T(result + other) : other > result ? other : result;
    }
    y[i] = result;
  }
}

// One collective of a rank on its way, a chunk of every rank at a time.
struct Passage {
  std::shared_ptr<Communicator> comm;
  Request request;
  uint64_t source, target;
  size_t done = 0;  // numbers
  bool written = false;

  bool all(std::atomic<uint64_t> Shared::Rank::*counter, uint64_t least) const {
    for (int rank = 0; rank < comm->size; rank++) {
      if (comm->shared->ranks[rank].*counter < least) return false;
    }
    return true;
  }

  int operator()() {
    const size_t width = bytes_of(request.type);
    for (;;) {
      if (comm->aborted) return 0;
      const size_t count = std::min(CHUNK / width, request.count - done);
      if (count == 0) return 0;
      Shared::Rank &own = comm->shared->ranks[comm->rank];
      if (!written) {
        // The last chunk must have been read by all before this one takes its place.
        if (!all(&Shared::Rank::read, comm->chunks)) return NOT_YET;
        own.request = request;
        memcpy(comm->shared->chunks[comm->rank], (const void *)(source + done * width), count * width);
        own.written = ++comm->chunks;
        written = true;
      }
      if (!all(&Shared::Rank::written, comm->chunks)) return NOT_YET;
      if (const int status = disagreement()) return status;
      take(count, width);
      own.read = comm->chunks;
      written = false;
      done += count;
    }
  }

  int disagreement() const {
    for (int rank = 0; rank < comm->size; rank++) {
      if (!memcmp(&comm->shared->ranks[rank].request, &request, sizeof request)) continue;
      comm->error = INVALID_USAGE;
      return complain(NOT_YET, "nccl: rank %d is asked for another collective than rank %d", rank, comm->rank);
    }
    return 0;
  }

  void take(size_t count, size_t width) {
    char *y = (char *)(target + done * width);
    if (request.collective == Collective::broadcast) memcpy(y, comm->shared->chunks[request.root], count * width);
    else if (request.collective == Collective::all_gather) {
      for (int rank = 0; rank < comm->size; rank++) {
        memcpy(y + rank * request.count * width, comm->shared->chunks[rank], count * width);
      }
    } else if (request.type == FLOAT32) add_up(*comm, request, (float *)y, count);
    else add_up(*comm, request, (double *)y, count);
  }
};

int enqueue_collective(const char *function, uint64_t handle, uint64_t stream_handle, const Request &given,
                       uint64_t source, uint64_t target) {
  const auto comm = communicators.find(handle, function);
  const auto stream = streams.find(stream_handle, function);
  if (!comm || !stream) return INVALID_ARGUMENT;
  if (comm->error) return comm->error;
  if (comm->finalized) return complain(INVALID_USAGE, "%s: after ncclCommFinalize", function);
  Request request;
  memset((void *)&request, 0, sizeof request);  // compared as bytes
  request.collective = given.collective, request.type = given.type, request.reduction = given.reduction;
  request.root = given.root, request.count = given.count;
  const bool reduces = request.collective == Collective::all_reduce;
  if (request.type != FLOAT32 && request.type != FLOAT64 && (reduces || request.type != UINT8)) {
    return complain(INVALID_ARGUMENT, "%s: type %d is not emulated", function, request.type);
  }
  if (reduces && request.reduction != SUM && request.reduction != MAX) {
    return complain(INVALID_ARGUMENT, "%s: reduction %d is not emulated", function, request.reduction);
  }
  const size_t bytes = request.count * bytes_of(request.type);
  const size_t results = request.collective == Collective::all_gather ? comm->size * bytes : bytes;
  if (bytes == 0) return SUCCESS;
  if (!check_range(Kind::device, source, bytes, function, "the source")) return INVALID_ARGUMENT;
  if (!check_range(Kind::device, target, results, function, "the target")) return INVALID_ARGUMENT;
  // Collectives of a communicator run in the order of the calls, whatever their streams.
  if (comm->last) wait_for(stream, comm->last);
  const std::string name = function;
  auto passage = std::make_shared<Passage>(Passage{comm, request, source, target});
  stream->queue.push_back([=] {
    if (!check_range(Kind::device, source, bytes, name.c_str(), "the source (when it runs)")) return 700;
    if (!check_range(Kind::device, target, results, name.c_str(), "the target (when it runs)")) return 700;
    return (*passage)();
  });
  comm->last = std::make_shared<Event>();
  record(comm->last, stream);
  return SUCCESS;
}

}  // namespace

namespace emulator {
size_t communicator_count() { return communicators.size(); }
}  // namespace emulator

#define ENTER(name)       \
  const Call call(#name); \
  if (call.injected()) return call.injected()

EXPORT int ncclGetVersion(int *version) {
  ENTER(ncclGetVersion);
  *version = 23007;
  return SUCCESS;
}

EXPORT int ncclGetUniqueId(NcclId *id) {
  ENTER(ncclGetUniqueId);
  std::random_device random;
  memset((void *)id, 0, sizeof *id);
  snprintf(id->name, sizeof id->name, "/fcr-emulated-nccl-%08x%08x", random(), random());
  return SUCCESS;
}

EXPORT int ncclCommInitRankConfig(uint64_t *handle, int size, NcclId id, int rank, const void *given) {
  ENTER(ncclCommInitRankConfig);
  const Config *config = (const Config *)given;
  if (size < 1 || size > MAX_RANKS || rank < 0 || rank >= size) return INVALID_ARGUMENT;
  if (!config || config->size < sizeof(Config) || config->magic != 0xcafebeef || config->version < 21400) {
    return complain(INVALID_ARGUMENT, "ncclCommInitRankConfig: no valid ncclConfig_t");
  }
  if (config->blocking) return complain(INVALID_USAGE, "ncclCommInitRankConfig: blocking ones are not emulated");
  if (strncmp(id.name, "/fcr-emulated-nccl-", 19) || id.name[sizeof id.name - 1]) {
    return complain(INVALID_ARGUMENT, "ncclCommInitRankConfig: the id is none of ncclGetUniqueId");
  }
  make_context_current();
  const auto comm = std::make_shared<Communicator>();
  comm->name = id.name, comm->rank = rank, comm->size = size;
  const int file = shm_open(id.name, O_RDWR | O_CREAT, 0600);
  if (file < 0) return SYSTEM_ERROR;
  const bool sized = !ftruncate(file, sizeof(Shared));
  void *memory = sized ? mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
  close(file);
  if (memory == MAP_FAILED) return SYSTEM_ERROR;
  comm->shared = (Shared *)memory;
  int unknown = 0;
  if (!comm->shared->size.compare_exchange_strong(unknown, size) && unknown != size) {
    return complain(INVALID_ARGUMENT, "ncclCommInitRankConfig: %d ranks, another has said %d", size, unknown);
  }
  Shared::Rank &own = comm->shared->ranks[rank];
  own.process = getpid(), own.device = current_device();
  comm->shared->joined++;
  *handle = communicators.add(comm);
  return IN_PROGRESS;
}

EXPORT int ncclCommGetAsyncError(uint64_t handle, int *error) {
  ENTER(ncclCommGetAsyncError);
  const auto comm = communicators.find(handle, "ncclCommGetAsyncError");
  if (!comm) return INVALID_ARGUMENT;
  const auto now = std::chrono::steady_clock::now();
  const int joined = comm->shared->joined;
  if (now - comm->looked > std::chrono::milliseconds(50)) {
    comm->looked = now;
    for (const Shared::Rank &other : comm->shared->ranks) {
      if (!comm->error && !comm->finalized && other.process && !runs(other.process)) comm->error = REMOTE_ERROR;
    }
  }
  if (joined == comm->size) {
    for (int rank = 0; rank < comm->size; rank++) {
      if (rank == comm->rank || comm->shared->ranks[rank].device != current_device() || comm->error) continue;
      comm->error = complain(INVALID_USAGE, "nccl: ranks %d and %d have the same GPU", rank, comm->rank);
    }
  }
  const bool busy = joined < comm->size || (comm->finalized && comm->last && !passed(*comm->last));
  *error = comm->error ? comm->error : busy ? IN_PROGRESS : SUCCESS;
  return SUCCESS;
}

EXPORT int ncclCommFinalize(uint64_t handle) {
  ENTER(ncclCommFinalize);
  const auto comm = communicators.find(handle, "ncclCommFinalize");
  if (!comm) return INVALID_ARGUMENT;
  comm->finalized = true;
  return IN_PROGRESS;
}

EXPORT int ncclCommDestroy(uint64_t handle) {
  ENTER(ncclCommDestroy);
  const auto comm = communicators.find(handle, "ncclCommDestroy");
  if (!comm) return INVALID_ARGUMENT;
  if (!comm->finalized || (comm->last && !passed(*comm->last))) {
    complain(0, "ncclCommDestroy: collectives are not finished");
  }
  communicators.remove(handle, "ncclCommDestroy");
  return SUCCESS;
}

EXPORT int ncclCommAbort(uint64_t handle) {
  ENTER(ncclCommAbort);
  const auto comm = communicators.find(handle, "ncclCommAbort");
  if (!comm) return INVALID_ARGUMENT;
  comm->aborted = true;
  communicators.remove(handle, "ncclCommAbort");
  return SUCCESS;
}

EXPORT const char *ncclGetErrorString(int status) {
  switch (status) {
    case SUCCESS: return "no error";
    case SYSTEM_ERROR: return "unhandled system error";
    case INVALID_ARGUMENT: return "invalid argument";
    case INVALID_USAGE: return "invalid usage";
    case REMOTE_ERROR: return "remote process exited or there was a network error";
    case IN_PROGRESS: return "NCCL operation in progress";
    default: return "an error of the emulated NCCL";
  }
}

EXPORT const char *ncclGetLastError(uint64_t) { return ""; }

EXPORT int ncclAllReduce(uint64_t source, uint64_t target, size_t count, int type, int reduction, uint64_t comm,
                         uint64_t stream) {
  ENTER(ncclAllReduce);
  const Request request{Collective::all_reduce, type, reduction, 0, count};
  return enqueue_collective("ncclAllReduce", comm, stream, request, source, target);
}

EXPORT int ncclAllGather(uint64_t source, uint64_t target, size_t count, int type, uint64_t comm, uint64_t stream) {
  ENTER(ncclAllGather);
  return enqueue_collective("ncclAllGather", comm, stream, {Collective::all_gather, type, 0, 0, count}, source, target);
}

EXPORT int ncclBroadcast(uint64_t source, uint64_t target, size_t count, int type, int root, uint64_t comm,
                         uint64_t stream) {
  ENTER(ncclBroadcast);
  return enqueue_collective("ncclBroadcast", comm, stream, {Collective::broadcast, type, 0, root, count}, source, target);
}
