/**
 * libnccl: sums between GPUs. Functions return an `ncclResult_t` unless noted.
 *
 * Handles and device addresses are `u64` as in the other tables. The id of a communicator goes by value: 128 bytes of a
 * view, of which Deno does not check the length.
 */

/** `ncclUniqueId`. */
const UNIQUE_ID = {
  struct: [
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
    "u64",
  ],
} as const;

/** See the file's comment. */
export const NCCL_SYMBOLS = {
  ncclGetVersion: {
    parameters: [
      "buffer", // int* version
    ],
    result: "i32", // ncclResult_t
  },
  ncclGetUniqueId: {
    parameters: [
      "buffer", // ncclUniqueId* uniqueId
    ],
    result: "i32", // ncclResult_t
  },
  ncclCommInitRankConfig: {
    parameters: [
      "buffer", // ncclComm_t* comm
      "i32", // int nranks
      UNIQUE_ID, // ncclUniqueId commId
      "i32", // int rank
      "buffer", // ncclConfig_t* config
    ],
    result: "i32", // ncclResult_t
  },
  ncclCommFinalize: {
    parameters: [
      "u64", // ncclComm_t comm
    ],
    result: "i32", // ncclResult_t
  },
  ncclCommDestroy: {
    parameters: [
      "u64", // ncclComm_t comm
    ],
    result: "i32", // ncclResult_t
  },
  ncclCommAbort: {
    parameters: [
      "u64", // ncclComm_t comm
    ],
    result: "i32", // ncclResult_t
  },
  ncclCommGetAsyncError: {
    parameters: [
      "u64", // ncclComm_t comm
      "buffer", // ncclResult_t* asyncError
    ],
    result: "i32", // ncclResult_t
  },
  ncclGetErrorString: {
    parameters: [
      "i32", // ncclResult_t result
    ],
    result: "pointer", // const char*
  },
  ncclGetLastError: {
    parameters: [
      "u64", // ncclComm_t comm
    ],
    result: "pointer", // const char*
  },
  ncclAllReduce: {
    parameters: [
      "u64", // const void* sendbuff
      "u64", // void* recvbuff
      "usize", // size_t count
      "i32", // ncclDataType_t datatype
      "i32", // ncclRedOp_t op
      "u64", // ncclComm_t comm
      "u64", // cudaStream_t stream
    ],
    result: "i32", // ncclResult_t
  },
  ncclAllGather: {
    parameters: [
      "u64", // const void* sendbuff
      "u64", // void* recvbuff
      "usize", // size_t sendcount
      "i32", // ncclDataType_t datatype
      "u64", // ncclComm_t comm
      "u64", // cudaStream_t stream
    ],
    result: "i32", // ncclResult_t
  },
  ncclBroadcast: {
    parameters: [
      "u64", // const void* sendbuff
      "u64", // void* recvbuff
      "usize", // size_t count
      "i32", // ncclDataType_t datatype
      "i32", // int root
      "u64", // ncclComm_t comm
      "u64", // cudaStream_t stream
    ],
    result: "i32", // ncclResult_t
  },
} as const satisfies Deno.ForeignLibraryInterface;
