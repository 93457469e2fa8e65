// As signatures.cpp, for NCCL's header, which comes apart from those of CUDA; and what ffi/nccl knows of its structures.
#include <cstddef>

#include <nccl.h>

#include "signatures.hpp"

CHECK(ncclGetVersion);
CHECK(ncclGetUniqueId);
CHECK(ncclCommInitRankConfig);
CHECK(ncclCommFinalize);
CHECK(ncclCommDestroy);
CHECK(ncclCommAbort);
CHECK(ncclCommGetAsyncError);
CHECK(ncclGetErrorString);
CHECK(ncclGetLastError);
CHECK(ncclAllReduce);
CHECK(ncclAllGather);
CHECK(ncclBroadcast);
static_assert(sizeof(ncclUniqueId) == sizeof(ours::NcclId), "ncclUniqueId");
static_assert(offsetof(ncclConfig_t, magic) == 8 && offsetof(ncclConfig_t, version) == 12, "ncclConfig_t");
static_assert(offsetof(ncclConfig_t, blocking) == 16, "ncclConfig_t");
