// Stands in for the header that adds C++ to the runtime's: NCCL's needs the types alone.
#pragma once
#include <cuda_runtime_api.h>
