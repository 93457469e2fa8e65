// The functions of NVIDIA's libraries that the emulated device has, as Deno calls them: handles and device addresses
// are 64-bit numbers. signatures.cpp compares these declarations with NVIDIA's headers where there are any.
#pragma once
#include <cstddef>
#include <cstdint>

#ifndef DECLARE
#include "core.hpp"
#define DECLARE EXPORT
#endif

// libcudart
DECLARE int cudaRuntimeGetVersion(int *version);
DECLARE int cudaDriverGetVersion(int *version);
DECLARE int cudaGetDeviceCount(int *count);
DECLARE int cudaSetDevice(int device);
DECLARE int cudaDeviceGetAttribute(int *value, int attribute, int device);
DECLARE int cudaDeviceSynchronize();
DECLARE int cudaMemGetInfo(size_t *available, size_t *total);
DECLARE int cudaMalloc(uint64_t *address, size_t bytes);
DECLARE int cudaFree(uint64_t address);
DECLARE int cudaMallocHost(uint64_t *address, size_t bytes);
DECLARE int cudaFreeHost(uint64_t address);
DECLARE int cudaMemcpyAsync(uint64_t target, uint64_t source, size_t bytes, int kind, uint64_t stream);
DECLARE int cudaMemsetAsync(uint64_t target, int value, size_t bytes, uint64_t stream);
DECLARE int cudaStreamCreateWithFlags(uint64_t *stream, unsigned flags);
DECLARE int cudaStreamDestroy(uint64_t stream);
DECLARE int cudaStreamSynchronize(uint64_t stream);
DECLARE int cudaStreamWaitEvent(uint64_t stream, uint64_t event, unsigned flags);
DECLARE int cudaEventCreateWithFlags(uint64_t *event, unsigned flags);
DECLARE int cudaEventDestroy(uint64_t event);
DECLARE int cudaEventRecord(uint64_t event, uint64_t stream);
DECLARE int cudaEventSynchronize(uint64_t event);
DECLARE int cudaEventQuery(uint64_t event);
DECLARE int cudaEventElapsedTime(float *milliseconds, uint64_t start, uint64_t end);
DECLARE int cudaStreamBeginCapture(uint64_t stream, int mode);
DECLARE int cudaStreamEndCapture(uint64_t stream, uint64_t *graph);
DECLARE int cudaGraphInstantiateWithFlags(uint64_t *executable, uint64_t graph, unsigned long long flags);
DECLARE int cudaGraphLaunch(uint64_t executable, uint64_t stream);
DECLARE int cudaGraphDestroy(uint64_t graph);
DECLARE int cudaGraphExecDestroy(uint64_t executable);
DECLARE int cudaGetLastError();
DECLARE const char *cudaGetErrorName(int status);
DECLARE const char *cudaGetErrorString(int status);

// libcuda
DECLARE int cuInit(unsigned flags);
DECLARE int cuDriverGetVersion(int *version);
DECLARE int cuDeviceGetCount(int *count);
DECLARE int cuDeviceGet(int *device, int ordinal);
DECLARE int cuDeviceGetName(char *name, int capacity, int device);
DECLARE int cuDeviceTotalMem_v2(size_t *bytes, int device);
DECLARE int cuDeviceGetAttribute(int *value, int attribute, int device);
DECLARE int cuGetErrorName(int status, const char **text);
DECLARE int cuGetErrorString(int status, const char **text);
DECLARE int cuModuleLoadData(uint64_t *module, const void *image);
DECLARE int cuModuleUnload(uint64_t module);
DECLARE int cuModuleGetFunction(uint64_t *function, uint64_t module, const char *name);
DECLARE int cuFuncSetAttribute(uint64_t function, int attribute, int value);
DECLARE int cuFuncGetAttribute(int *value, int attribute, uint64_t function);
DECLARE int cuLaunchKernel(uint64_t function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                           unsigned block_y, unsigned block_z, unsigned shared_bytes, uint64_t stream,
                           void **parameters, void **extra);

// libnvrtc
DECLARE const char *nvrtcGetErrorString(int status);
DECLARE int nvrtcVersion(int *major, int *minor);
DECLARE int nvrtcGetNumSupportedArchs(int *count);
DECLARE int nvrtcGetSupportedArchs(int *architectures);
DECLARE int nvrtcCreateProgram(uint64_t *program, const char *source, const char *name, int header_count,
                               const char *const *headers, const char *const *include_names);
DECLARE int nvrtcDestroyProgram(uint64_t *program);
DECLARE int nvrtcCompileProgram(uint64_t program, int option_count, const char *const *options);
DECLARE int nvrtcGetCUBINSize(uint64_t program, size_t *bytes);
DECLARE int nvrtcGetCUBIN(uint64_t program, char *cubin);
DECLARE int nvrtcGetPTXSize(uint64_t program, size_t *bytes);
DECLARE int nvrtcGetPTX(uint64_t program, char *ptx);
DECLARE int nvrtcGetProgramLogSize(uint64_t program, size_t *bytes);
DECLARE int nvrtcGetProgramLog(uint64_t program, char *log);

// libcublas
DECLARE int cublasGetProperty(int property, int *value);
DECLARE const char *cublasGetStatusName(int status);
DECLARE const char *cublasGetStatusString(int status);
DECLARE int cublasCreate_v2(uint64_t *handle);
DECLARE int cublasDestroy_v2(uint64_t handle);
DECLARE int cublasGetVersion_v2(uint64_t handle, int *version);
DECLARE int cublasSetStream_v2(uint64_t handle, uint64_t stream);
DECLARE int cublasSetWorkspace_v2(uint64_t handle, uint64_t workspace, size_t bytes);
DECLARE int cublasSetMathMode(uint64_t handle, int mode);
DECLARE int cublasGemmEx(uint64_t handle, int transpose_a, int transpose_b, int m, int n, int k, const void *alpha,
                         uint64_t a, int a_type, int a_stride, uint64_t b, int b_type, int b_stride, const void *beta,
                         uint64_t c, int c_type, int c_stride, int compute_type, int algorithm);
DECLARE int cublasGemmStridedBatchedEx(uint64_t handle, int transpose_a, int transpose_b, int m, int n, int k,
                                       const void *alpha, uint64_t a, int a_type, int a_stride, long long a_step,
                                       uint64_t b, int b_type, int b_stride, long long b_step, const void *beta,
                                       uint64_t c, int c_type, int c_stride, long long c_step, int batch,
                                       int compute_type, int algorithm);

// libcudnn
DECLARE size_t cudnnGetVersion();
DECLARE size_t cudnnGetCudartVersion();
DECLARE const char *cudnnGetErrorString(int status);
DECLARE void cudnnGetLastErrorString(char *message, size_t capacity);
DECLARE int cudnnCreate(uint64_t *handle);
DECLARE int cudnnDestroy(uint64_t handle);
DECLARE int cudnnSetStream(uint64_t handle, uint64_t stream);
DECLARE int cudnnBackendCreateDescriptor(int type, uint64_t *descriptor);
DECLARE int cudnnBackendDestroyDescriptor(uint64_t descriptor);
DECLARE int cudnnBackendFinalize(uint64_t descriptor);
DECLARE int cudnnBackendSetAttribute(uint64_t descriptor, int name, int type, int64_t count, const void *elements);
DECLARE int cudnnBackendGetAttribute(uint64_t descriptor, int name, int type, int64_t requested, int64_t *count,
                                     void *elements);
DECLARE int cudnnBackendExecute(uint64_t handle, uint64_t plan, uint64_t variant_pack);

// libnccl
struct NcclId {
  char name[48], rest[80];
};
DECLARE int ncclGetVersion(int *version);
DECLARE int ncclGetUniqueId(NcclId *id);
DECLARE int ncclCommInitRankConfig(uint64_t *communicator, int size, NcclId id, int rank, const void *config);
DECLARE int ncclCommFinalize(uint64_t communicator);
DECLARE int ncclCommDestroy(uint64_t communicator);
DECLARE int ncclCommAbort(uint64_t communicator);
DECLARE int ncclCommGetAsyncError(uint64_t communicator, int *error);
DECLARE const char *ncclGetErrorString(int status);
DECLARE const char *ncclGetLastError(uint64_t communicator);
DECLARE int ncclAllReduce(uint64_t source, uint64_t target, size_t count, int type, int reduction, uint64_t communicator,
                          uint64_t stream);
DECLARE int ncclAllGather(uint64_t source, uint64_t target, size_t count, int type, uint64_t communicator,
                          uint64_t stream);
DECLARE int ncclBroadcast(uint64_t source, uint64_t target, size_t count, int type, int root, uint64_t communicator,
                          uint64_t stream);
