/**
 * libcublas: products of matrices. Functions return a `cublasStatus_t` unless noted.
 *
 * Handles and device addresses are `u64`, so that a number read from an out-parameter can be passed on as it is;
 * memory of the caller is `buffer`. The C declaration stands beside each parameter.
 */
export const CUBLAS_SYMBOLS = {
  cublasGetStatusName: {
    parameters: [
      "i32", // cublasStatus_t status
    ],
    result: "pointer", // const char*
  },
  cublasGetStatusString: {
    parameters: [
      "i32", // cublasStatus_t status
    ],
    result: "pointer", // const char*
  },
  cublasGetProperty: {
    parameters: [
      "i32", // libraryPropertyType type
      "buffer", // int* value
    ],
    result: "i32", // cublasStatus_t
  },
  cublasCreate_v2: {
    parameters: [
      "buffer", // cublasHandle_t* handle
    ],
    result: "i32", // cublasStatus_t
  },
  cublasDestroy_v2: {
    parameters: [
      "u64", // cublasHandle_t handle
    ],
    result: "i32", // cublasStatus_t
  },
  cublasSetStream_v2: {
    parameters: [
      "u64", // cublasHandle_t handle
      "u64", // cudaStream_t streamId
    ],
    result: "i32", // cublasStatus_t
  },
  cublasSetWorkspace_v2: {
    parameters: [
      "u64", // cublasHandle_t handle
      "u64", // void* workspace
      "usize", // size_t workspaceSizeInBytes
    ],
    result: "i32", // cublasStatus_t
  },
  cublasGemmEx: {
    parameters: [
      "u64", // cublasHandle_t handle
      "i32", // cublasOperation_t transa
      "i32", // cublasOperation_t transb
      "i32", // int m
      "i32", // int n
      "i32", // int k
      "buffer", // const void* alpha
      "u64", // const void* A
      "i32", // cudaDataType Atype
      "i32", // int lda
      "u64", // const void* B
      "i32", // cudaDataType Btype
      "i32", // int ldb
      "buffer", // const void* beta
      "u64", // void* C
      "i32", // cudaDataType Ctype
      "i32", // int ldc
      "i32", // cublasComputeType_t computeType
      "i32", // cublasGemmAlgo_t algo
    ],
    result: "i32", // cublasStatus_t
  },
  cublasGemmStridedBatchedEx: {
    parameters: [
      "u64", // cublasHandle_t handle
      "i32", // cublasOperation_t transa
      "i32", // cublasOperation_t transb
      "i32", // int m
      "i32", // int n
      "i32", // int k
      "buffer", // const void* alpha
      "u64", // const void* A
      "i32", // cudaDataType Atype
      "i32", // int lda
      "i64", // long long int strideA
      "u64", // const void* B
      "i32", // cudaDataType Btype
      "i32", // int ldb
      "i64", // long long int strideB
      "buffer", // const void* beta
      "u64", // void* C
      "i32", // cudaDataType Ctype
      "i32", // int ldc
      "i64", // long long int strideC
      "i32", // int batchCount
      "i32", // cublasComputeType_t computeType
      "i32", // cublasGemmAlgo_t algo
    ],
    result: "i32", // cublasStatus_t
  },
} as const satisfies Deno.ForeignLibraryInterface;
