/**
 * libnvrtc: compiles CUDA C++ at run time. Functions return an `nvrtcResult`.
 *
 * Handles and device addresses are `u64`, so that a number read from an out-parameter can be passed on as it is;
 * memory of the caller is `buffer`. The C declaration stands beside each parameter.
 */
export const NVRTC_SYMBOLS = {
  nvrtcGetErrorString: {
    parameters: [
      "i32", // nvrtcResult result
    ],
    result: "pointer", // const char*
  },
  nvrtcVersion: {
    parameters: [
      "buffer", // int* major
      "buffer", // int* minor
    ],
    result: "i32", // nvrtcResult
  },
  nvrtcGetNumSupportedArchs: {
    parameters: [
      "buffer", // int* numArchs
    ],
    result: "i32", // nvrtcResult
  },
  nvrtcGetSupportedArchs: {
    parameters: [
      "buffer", // int* supportedArchs
    ],
    result: "i32", // nvrtcResult
  },
  nvrtcCreateProgram: {
    parameters: [
      "buffer", // nvrtcProgram* prog
      "buffer", // const char* src
      "buffer", // const char* name
      "i32", // int numHeaders
      "buffer", // const char*const* headers
      "buffer", // const char*const* includeNames
    ],
    result: "i32", // nvrtcResult
  },
  nvrtcDestroyProgram: {
    parameters: [
      "buffer", // nvrtcProgram* prog
    ],
    result: "i32", // nvrtcResult
  },
  nvrtcCompileProgram: {
    parameters: [
      "u64", // nvrtcProgram prog
      "i32", // int numOptions
      "buffer", // const char*const* options
    ],
    result: "i32", // nvrtcResult
  },
  nvrtcGetCUBINSize: {
    parameters: [
      "u64", // nvrtcProgram prog
      "buffer", // size_t* cubinSizeRet
    ],
    result: "i32", // nvrtcResult
  },
  nvrtcGetCUBIN: {
    parameters: [
      "u64", // nvrtcProgram prog
      "buffer", // char* cubin
    ],
    result: "i32", // nvrtcResult
  },
  nvrtcGetPTXSize: {
    parameters: [
      "u64", // nvrtcProgram prog
      "buffer", // size_t* ptxSizeRet
    ],
    result: "i32", // nvrtcResult
  },
  nvrtcGetPTX: {
    parameters: [
      "u64", // nvrtcProgram prog
      "buffer", // char* ptx
    ],
    result: "i32", // nvrtcResult
  },
  nvrtcGetProgramLogSize: {
    parameters: [
      "u64", // nvrtcProgram prog
      "buffer", // size_t* logSizeRet
    ],
    result: "i32", // nvrtcResult
  },
  nvrtcGetProgramLog: {
    parameters: [
      "u64", // nvrtcProgram prog
      "buffer", // char* log
    ],
    result: "i32", // nvrtcResult
  },
} as const satisfies Deno.ForeignLibraryInterface;
