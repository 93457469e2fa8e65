/** Numbers of NCCL's header that this project passes on or is given. */

/** `ncclResult_t`. */
export const NCCL_RESULT = {
  Success: 0,
  UnhandledCudaError: 1,
  SystemError: 2,
  InternalError: 3,
  InvalidArgument: 4,
  InvalidUsage: 5,
  RemoteError: 6,
  InProgress: 7,
} as const;

/** `ncclDataType_t`, those used. */
export const NCCL_DATA_TYPE = {
  Uint8: 1,
  Float32: 7,
  Float64: 8,
} as const;

/** `ncclRedOp_t`, those used. */
export const NCCL_REDUCTION = {
  Sum: 0,
  Max: 2,
} as const;
