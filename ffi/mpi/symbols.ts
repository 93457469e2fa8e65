/**
 * MPI 3: the functions that training uses. All return an error class or code, 0 for success.
 *
 * Handles are `u64` whatever they are in C: addresses in Open MPI, small numbers in the standard ABI of MPI 5, and in
 * MPICH an `int`, of which callees on x86-64 and arm64 read the low half of the register or of the place on the stack.
 * Buffers are addresses too, as one of them may be MPI_IN_PLACE. Collectives are the ones that return at once, so that
 * a wait can end (`MPI_Test`) when nothing is heard.
 */
export const MPI_SYMBOLS = {
  MPI_Get_library_version: {
    parameters: [
      "buffer", // char* version
      "buffer", // int* resultlen
    ],
    result: "i32",
  },
  MPI_Init_thread: {
    parameters: [
      "pointer", // int* argc
      "pointer", // char*** argv
      "i32", // int required
      "buffer", // int* provided
    ],
    result: "i32",
  },
  MPI_Finalize: {
    parameters: [],
    result: "i32",
  },
  MPI_Abort: {
    parameters: [
      "u64", // MPI_Comm comm
      "i32", // int errorcode
    ],
    result: "i32",
  },
  MPI_Error_string: {
    parameters: [
      "i32", // int errorcode
      "buffer", // char* string
      "buffer", // int* resultlen
    ],
    result: "i32",
  },
  MPI_Comm_set_errhandler: {
    parameters: [
      "u64", // MPI_Comm comm
      "u64", // MPI_Errhandler errhandler
    ],
    result: "i32",
  },
  MPI_Comm_rank: {
    parameters: [
      "u64", // MPI_Comm comm
      "buffer", // int* rank
    ],
    result: "i32",
  },
  MPI_Comm_size: {
    parameters: [
      "u64", // MPI_Comm comm
      "buffer", // int* size
    ],
    result: "i32",
  },
  MPI_Get_processor_name: {
    parameters: [
      "buffer", // char* name
      "buffer", // int* resultlen
    ],
    result: "i32",
  },
  MPI_Iallreduce: {
    parameters: [
      "u64", // const void* sendbuf
      "u64", // void* recvbuf
      "i32", // int count
      "u64", // MPI_Datatype datatype
      "u64", // MPI_Op op
      "u64", // MPI_Comm comm
      "buffer", // MPI_Request* request
    ],
    result: "i32",
  },
  MPI_Iallgather: {
    parameters: [
      "u64", // const void* sendbuf
      "i32", // int sendcount
      "u64", // MPI_Datatype sendtype
      "u64", // void* recvbuf
      "i32", // int recvcount
      "u64", // MPI_Datatype recvtype
      "u64", // MPI_Comm comm
      "buffer", // MPI_Request* request
    ],
    result: "i32",
  },
  MPI_Ibcast: {
    parameters: [
      "u64", // void* buffer
      "i32", // int count
      "u64", // MPI_Datatype datatype
      "i32", // int root
      "u64", // MPI_Comm comm
      "buffer", // MPI_Request* request
    ],
    result: "i32",
  },
  MPI_Ibarrier: {
    parameters: [
      "u64", // MPI_Comm comm
      "buffer", // MPI_Request* request
    ],
    result: "i32",
  },
  MPI_Test: {
    parameters: [
      "buffer", // MPI_Request* request
      "buffer", // int* flag
      "u64", // MPI_Status* status
    ],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;
