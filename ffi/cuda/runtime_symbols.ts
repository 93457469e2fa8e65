/**
 * libcudart: devices, memory, streams and events. Functions return a `cudaError_t`.
 *
 * Handles and device addresses are `u64`, so that a number read from an out-parameter can be passed on as it is;
 * memory of the caller is `buffer`. The C declaration stands beside each parameter.
 */
export const RUNTIME_SYMBOLS = {
  cudaRuntimeGetVersion: {
    parameters: [
      "buffer", // int* runtimeVersion
    ],
    result: "i32", // cudaError_t
  },
  cudaDriverGetVersion: {
    parameters: [
      "buffer", // int* driverVersion
    ],
    result: "i32", // cudaError_t
  },
  cudaGetDeviceCount: {
    parameters: [
      "buffer", // int* count
    ],
    result: "i32", // cudaError_t
  },
  cudaSetDevice: {
    parameters: [
      "i32", // int device
    ],
    result: "i32", // cudaError_t
  },
  cudaDeviceGetAttribute: {
    parameters: [
      "buffer", // int* value
      "i32", // cudaDeviceAttr attr
      "i32", // int device
    ],
    result: "i32", // cudaError_t
  },
  cudaMemGetInfo: {
    parameters: [
      "buffer", // size_t* free
      "buffer", // size_t* total
    ],
    result: "i32", // cudaError_t
  },
  cudaMalloc: {
    parameters: [
      "buffer", // void** devPtr
      "usize", // size_t size
    ],
    result: "i32", // cudaError_t
  },
  cudaFree: {
    parameters: [
      "u64", // void* devPtr
    ],
    result: "i32", // cudaError_t
  },
  cudaMallocHost: {
    parameters: [
      "buffer", // void** ptr
      "usize", // size_t size
    ],
    result: "i32", // cudaError_t
  },
  cudaFreeHost: {
    parameters: [
      "u64", // void* ptr
    ],
    result: "i32", // cudaError_t
  },
  cudaMemcpyAsync: {
    parameters: [
      "u64", // void* dst
      "u64", // const void* src
      "usize", // size_t count
      "i32", // cudaMemcpyKind kind
      "u64", // cudaStream_t stream
    ],
    result: "i32", // cudaError_t
  },
  cudaMemsetAsync: {
    parameters: [
      "u64", // void* devPtr
      "i32", // int value
      "usize", // size_t count
      "u64", // cudaStream_t stream
    ],
    result: "i32", // cudaError_t
  },
  cudaStreamCreateWithFlags: {
    parameters: [
      "buffer", // cudaStream_t* pStream
      "u32", // unsigned int flags
    ],
    result: "i32", // cudaError_t
  },
  cudaStreamDestroy: {
    parameters: [
      "u64", // cudaStream_t stream
    ],
    result: "i32", // cudaError_t
  },
  cudaStreamSynchronize: {
    parameters: [
      "u64", // cudaStream_t stream
    ],
    result: "i32", // cudaError_t
  },
  cudaStreamWaitEvent: {
    parameters: [
      "u64", // cudaStream_t stream
      "u64", // cudaEvent_t event
      "u32", // unsigned int flags
    ],
    result: "i32", // cudaError_t
  },
  cudaEventCreateWithFlags: {
    parameters: [
      "buffer", // cudaEvent_t* event
      "u32", // unsigned int flags
    ],
    result: "i32", // cudaError_t
  },
  cudaEventDestroy: {
    parameters: [
      "u64", // cudaEvent_t event
    ],
    result: "i32", // cudaError_t
  },
  cudaEventRecord: {
    parameters: [
      "u64", // cudaEvent_t event
      "u64", // cudaStream_t stream
    ],
    result: "i32", // cudaError_t
  },
  cudaEventSynchronize: {
    parameters: [
      "u64", // cudaEvent_t event
    ],
    result: "i32", // cudaError_t
  },
  cudaEventQuery: {
    parameters: [
      "u64", // cudaEvent_t event
    ],
    result: "i32", // cudaError_t
  },
  cudaEventElapsedTime: {
    parameters: [
      "buffer", // float* ms
      "u64", // cudaEvent_t start
      "u64", // cudaEvent_t end
    ],
    result: "i32", // cudaError_t
  },
  cudaStreamBeginCapture: {
    parameters: [
      "u64", // cudaStream_t stream
      "i32", // cudaStreamCaptureMode mode
    ],
    result: "i32", // cudaError_t
  },
  cudaStreamEndCapture: {
    parameters: [
      "u64", // cudaStream_t stream
      "buffer", // cudaGraph_t* pGraph
    ],
    result: "i32", // cudaError_t
  },
  cudaGraphInstantiateWithFlags: {
    parameters: [
      "buffer", // cudaGraphExec_t* pGraphExec
      "u64", // cudaGraph_t graph
      "u64", // unsigned long long flags
    ],
    result: "i32", // cudaError_t
  },
  cudaGraphLaunch: {
    parameters: [
      "u64", // cudaGraphExec_t graphExec
      "u64", // cudaStream_t stream
    ],
    result: "i32", // cudaError_t
  },
  cudaGraphDestroy: {
    parameters: [
      "u64", // cudaGraph_t graph
    ],
    result: "i32", // cudaError_t
  },
  cudaGraphExecDestroy: {
    parameters: [
      "u64", // cudaGraphExec_t graphExec
    ],
    result: "i32", // cudaError_t
  },
  cudaGetLastError: {
    parameters: [], // void
    result: "i32", // cudaError_t
  },
  cudaGetErrorName: {
    parameters: [
      "i32", // cudaError_t error
    ],
    result: "pointer", // const char*
  },
  cudaGetErrorString: {
    parameters: [
      "i32", // cudaError_t error
    ],
    result: "pointer", // const char*
  },
} as const satisfies Deno.ForeignLibraryInterface;
