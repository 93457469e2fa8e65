/**
 * libcuda.so.1, which comes with the NVIDIA driver: loading and launching kernels. Functions return a `CUresult`.
 *
 * Handles and device addresses are `u64`, so that a number read from an out-parameter can be passed on as it is;
 * memory of the caller is `buffer`. The C declaration stands beside each parameter.
 */
export const DRIVER_SYMBOLS = {
  cuInit: {
    parameters: [
      "u32", // unsigned int Flags
    ],
    result: "i32", // CUresult
  },
  cuDriverGetVersion: {
    parameters: [
      "buffer", // int* driverVersion
    ],
    result: "i32", // CUresult
  },
  cuDeviceGetCount: {
    parameters: [
      "buffer", // int* count
    ],
    result: "i32", // CUresult
  },
  cuDeviceGet: {
    parameters: [
      "buffer", // CUdevice* device
      "i32", // int ordinal
    ],
    result: "i32", // CUresult
  },
  cuDeviceGetName: {
    parameters: [
      "buffer", // char* name
      "i32", // int len
      "i32", // CUdevice dev
    ],
    result: "i32", // CUresult
  },
  cuDeviceTotalMem_v2: {
    parameters: [
      "buffer", // size_t* bytes
      "i32", // CUdevice dev
    ],
    result: "i32", // CUresult
  },
  cuDeviceGetAttribute: {
    parameters: [
      "buffer", // int* pi
      "i32", // CUdevice_attribute attrib
      "i32", // CUdevice dev
    ],
    result: "i32", // CUresult
  },
  cuGetErrorName: {
    parameters: [
      "i32", // CUresult error
      "buffer", // const char** pStr
    ],
    result: "i32", // CUresult
  },
  cuGetErrorString: {
    parameters: [
      "i32", // CUresult error
      "buffer", // const char** pStr
    ],
    result: "i32", // CUresult
  },
  cuModuleLoadData: {
    parameters: [
      "buffer", // CUmodule* module
      "buffer", // const void* image
    ],
    result: "i32", // CUresult
  },
  cuModuleUnload: {
    parameters: [
      "u64", // CUmodule hmod
    ],
    result: "i32", // CUresult
  },
  cuModuleGetFunction: {
    parameters: [
      "buffer", // CUfunction* hfunc
      "u64", // CUmodule hmod
      "buffer", // const char* name
    ],
    result: "i32", // CUresult
  },
  cuLaunchKernel: {
    parameters: [
      "u64", // CUfunction f
      "u32", // unsigned int gridDimX
      "u32", // unsigned int gridDimY
      "u32", // unsigned int gridDimZ
      "u32", // unsigned int blockDimX
      "u32", // unsigned int blockDimY
      "u32", // unsigned int blockDimZ
      "u32", // unsigned int sharedMemBytes
      "u64", // CUstream hStream
      "buffer", // void** kernelParams
      "pointer", // void** extra
    ],
    result: "i32", // CUresult
  },
} as const satisfies Deno.ForeignLibraryInterface;
