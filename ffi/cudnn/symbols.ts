/**
 * libcudnn 9: the graph API (NVIDIA's "backend" API). Functions return a `cudnnStatus_t` unless noted.
 *
 * Handles and device addresses are `u64`, so that a number read from an out-parameter can be passed on as it is;
 * memory of the caller is `buffer`. The C declaration stands beside each parameter.
 */
export const CUDNN_SYMBOLS = {
  cudnnGetVersion: {
    parameters: [], // void
    result: "usize", // size_t
  },
  cudnnGetCudartVersion: {
    parameters: [], // void
    result: "usize", // size_t
  },
  cudnnGetErrorString: {
    parameters: [
      "i32", // cudnnStatus_t status
    ],
    result: "pointer", // const char*
  },
  cudnnGetLastErrorString: {
    parameters: [
      "buffer", // char* message
      "usize", // size_t max_size
    ],
    result: "void", // void
  },
  cudnnCreate: {
    parameters: [
      "buffer", // cudnnHandle_t* handle
    ],
    result: "i32", // cudnnStatus_t
  },
  cudnnDestroy: {
    parameters: [
      "u64", // cudnnHandle_t handle
    ],
    result: "i32", // cudnnStatus_t
  },
  cudnnSetStream: {
    parameters: [
      "u64", // cudnnHandle_t handle
      "u64", // cudaStream_t streamId
    ],
    result: "i32", // cudnnStatus_t
  },
  cudnnBackendCreateDescriptor: {
    parameters: [
      "i32", // cudnnBackendDescriptorType_t descriptorType
      "buffer", // cudnnBackendDescriptor_t* descriptor
    ],
    result: "i32", // cudnnStatus_t
  },
  cudnnBackendDestroyDescriptor: {
    parameters: [
      "u64", // cudnnBackendDescriptor_t descriptor
    ],
    result: "i32", // cudnnStatus_t
  },
  cudnnBackendFinalize: {
    parameters: [
      "u64", // cudnnBackendDescriptor_t descriptor
    ],
    result: "i32", // cudnnStatus_t
  },
  cudnnBackendSetAttribute: {
    parameters: [
      "u64", // cudnnBackendDescriptor_t descriptor
      "i32", // cudnnBackendAttributeName_t attributeName
      "i32", // cudnnBackendAttributeType_t attributeType
      "i64", // int64_t elementCount
      "buffer", // const void* arrayOfElements
    ],
    result: "i32", // cudnnStatus_t
  },
  cudnnBackendGetAttribute: {
    parameters: [
      "u64", // const cudnnBackendDescriptor_t descriptor
      "i32", // cudnnBackendAttributeName_t attributeName
      "i32", // cudnnBackendAttributeType_t attributeType
      "i64", // int64_t requestedElementCount
      "buffer", // int64_t* elementCount
      "buffer", // void* arrayOfElements
    ],
    result: "i32", // cudnnStatus_t
  },
  cudnnBackendExecute: {
    parameters: [
      "u64", // cudnnHandle_t handle
      "u64", // cudnnBackendDescriptor_t executionPlan
      "u64", // cudnnBackendDescriptor_t variantPack
    ],
    result: "i32", // cudnnStatus_t
  },
} as const satisfies Deno.ForeignLibraryInterface;
