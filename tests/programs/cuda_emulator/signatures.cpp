// Compares the emulated device's declarations with NVIDIA's headers: same functions, as many parameters, each passed the
// same way (an address or handle in 64 bits, an integer of the same width, a float). Compiling this file is the test.
#include <cstddef>
#include <cstdint>

#include <cuda.h>
#include <cuda_runtime_api.h>
#include <nvrtc.h>
#include <cublas_v2.h>
#include <cudnn.h>

#include "signatures.hpp"

CHECK(cudaRuntimeGetVersion);
CHECK(cudaDriverGetVersion);
CHECK(cudaGetDeviceCount);
CHECK(cudaSetDevice);
CHECK(cudaDeviceGetAttribute);
CHECK(cudaDeviceSynchronize);
CHECK(cudaMemGetInfo);
CHECK(cudaFree);
CHECK(cudaFreeHost);
CHECK(cudaMemcpyAsync);
CHECK(cudaMemsetAsync);
CHECK(cudaStreamCreateWithFlags);
CHECK(cudaStreamDestroy);
CHECK(cudaStreamSynchronize);
CHECK(cudaStreamWaitEvent);
CHECK(cudaEventCreateWithFlags);
CHECK(cudaEventDestroy);
CHECK(cudaEventRecord);
CHECK(cudaEventSynchronize);
CHECK(cudaEventQuery);
CHECK(cudaEventElapsedTime);
CHECK(cudaStreamBeginCapture);
CHECK(cudaStreamEndCapture);
CHECK(cudaGraphInstantiateWithFlags);
CHECK(cudaGraphLaunch);
CHECK(cudaGraphDestroy);
CHECK(cudaGraphExecDestroy);
CHECK(cudaGetLastError);
CHECK(cudaGetErrorName);
CHECK(cudaGetErrorString);
CHECK(cuInit);
CHECK(cuDriverGetVersion);
CHECK(cuDeviceGetCount);
CHECK(cuDeviceGet);
CHECK(cuDeviceGetName);
CHECK(cuDeviceTotalMem_v2);
CHECK(cuDeviceGetAttribute);
CHECK(cuGetErrorName);
CHECK(cuGetErrorString);
CHECK(cuModuleLoadData);
CHECK(cuModuleUnload);
CHECK(cuModuleGetFunction);
CHECK(cuFuncSetAttribute);
CHECK(cuFuncGetAttribute);
CHECK(cuLaunchKernel);
CHECK(nvrtcGetErrorString);
CHECK(nvrtcVersion);
CHECK(nvrtcGetNumSupportedArchs);
CHECK(nvrtcGetSupportedArchs);
CHECK(nvrtcCreateProgram);
CHECK(nvrtcDestroyProgram);
CHECK(nvrtcCompileProgram);
CHECK(nvrtcGetCUBINSize);
CHECK(nvrtcGetCUBIN);
CHECK(nvrtcGetPTXSize);
CHECK(nvrtcGetPTX);
CHECK(nvrtcGetProgramLogSize);
CHECK(nvrtcGetProgramLog);
CHECK(cublasGetProperty);
CHECK(cublasGetStatusName);
CHECK(cublasGetStatusString);
CHECK(cublasCreate_v2);
CHECK(cublasDestroy_v2);
CHECK(cublasGetVersion_v2);
CHECK(cublasSetStream_v2);
CHECK(cublasSetWorkspace_v2);
CHECK(cublasSetMathMode);
CHECK(cudnnGetVersion);
CHECK(cudnnGetCudartVersion);
CHECK(cudnnGetErrorString);
CHECK(cudnnGetLastErrorString);
CHECK(cudnnCreate);
CHECK(cudnnDestroy);
CHECK(cudnnSetStream);
CHECK(cudnnBackendCreateDescriptor);
CHECK(cudnnBackendDestroyDescriptor);
CHECK(cudnnBackendFinalize);
CHECK(cudnnBackendSetAttribute);
CHECK(cudnnBackendGetAttribute);
CHECK(cudnnBackendExecute);
// These have C++ overloads in NVIDIA's headers: the cast picks the C function, which has to be among them.
#define CHECK_OVERLOAD(name, type) \
  static_assert(Same<decltype(static_cast<type>(&::name)), decltype(&ours::name)>::value, #name)
typedef cudaError_t (*Allocate)(void **, size_t);
typedef cublasStatus_t (*Gemm)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int, const void *,
                               const void *, cudaDataType, int, const void *, cudaDataType, int, const void *, void *,
                               cudaDataType, int, cublasComputeType_t, cublasGemmAlgo_t);
typedef cublasStatus_t (*BatchedGemm)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int, const void *,
                                      const void *, cudaDataType, int, long long, const void *, cudaDataType, int,
                                      long long, const void *, void *, cudaDataType, int, long long, int,
                                      cublasComputeType_t, cublasGemmAlgo_t);
CHECK_OVERLOAD(cudaMalloc, Allocate);
CHECK_OVERLOAD(cudaMallocHost, Allocate);
CHECK_OVERLOAD(cublasGemmEx, Gemm);
CHECK_OVERLOAD(cublasGemmStridedBatchedEx, BatchedGemm);
