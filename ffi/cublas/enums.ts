/** Numbers of the cuBLAS headers that this project passes on. */

/** `cublasOperation_t`. */
export const CUBLAS_OPERATION = {
  N: 0,
  T: 1,
} as const;

/** `cublasComputeType_t`, those used. */
export const CUBLAS_COMPUTE = {
  "32F": 68,
  "32F_PEDANTIC": 69,
  "32F_FAST_16BF": 75,
  "32F_FAST_TF32": 77,
} as const;

/** `cudaDataType_t`, those used. */
export const CUDA_DATA_TYPE = {
  R_32F: 0,
} as const;

/** `CUBLAS_GEMM_DEFAULT`: the library chooses the algorithm. */
export const CUBLAS_GEMM_DEFAULT = -1;

/** `libraryPropertyType_t`. */
export const LIBRARY_PROPERTY = {
  MAJOR_VERSION: 0,
  MINOR_VERSION: 1,
  PATCH_LEVEL: 2,
} as const;
