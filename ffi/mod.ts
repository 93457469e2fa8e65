/** Everything that knows C: the CUDA libraries, NCCL and MPI through Deno's FFI. Importing this opens nothing. */
export { CompilationError, type Compiled, Compiler } from "./nvrtc/compiler.ts";
export { NVRTC_SYMBOLS } from "./nvrtc/symbols.ts";
export { CUBLAS_COMPUTE } from "./cublas/enums.ts";
export { Cublas, type CublasCompute, CublasHandle, type GemmOperand } from "./cublas/handle.ts";
export { CUBLAS_SYMBOLS } from "./cublas/symbols.ts";
export { ArgumentArena, type ArgumentKind } from "./cuda/argument_arena.ts";
export { Driver } from "./cuda/driver.ts";
export { DRIVER_SYMBOLS } from "./cuda/driver_symbols.ts";
export { DEVICE_ATTRIBUTE, MEMCPY_KIND, RUNTIME_STATUS } from "./cuda/enums.ts";
export { Graph } from "./cuda/graph.ts";
export { DeviceMemory, PinnedMemory } from "./cuda/memory.ts";
export { type Dimensions, KernelFunction, Module } from "./cuda/module.ts";
export { type DeviceAttribute, type MemoryInfo, Runtime, type Waiting } from "./cuda/runtime.ts";
export { RUNTIME_SYMBOLS } from "./cuda/runtime_symbols.ts";
export { Event, Stream } from "./cuda/stream.ts";
export {
  ConvolutionGraph,
  type ConvolutionOperation,
  type ConvolutionProblem,
  type PlanTarget,
} from "./cudnn/convolution_graph.ts";
export {
  type AttributeName,
  type AttributeType,
  Descriptor,
  type DescriptorType,
  type EnumType,
  type NoteType,
} from "./cudnn/descriptor.ts";
export {
  ATTRIBUTE,
  ATTRIBUTE_TYPE,
  BEHAVIOR_NOTE,
  DESCRIPTOR_TYPE,
  HEURISTIC_MODE,
  NUMERICAL_NOTE,
} from "./cudnn/enums.ts";
export {
  deviceProperties,
  EngineConfig,
  engineConfig,
  engineCount,
  heuristicConfigs,
  type HeuristicMode,
} from "./cudnn/engine_config.ts";
export { execute, ExecutionPlan } from "./cudnn/execution_plan.ts";
export { CudnnHandle } from "./cudnn/handle.ts";
export { Cudnn, cudnnVersionText, isUnsupported } from "./cudnn/library.ts";
export { CUDNN_SYMBOLS } from "./cudnn/symbols.ts";
export { type MpiAbi, MPICH, type MpiHandles, OPEN_MPI, STANDARD_ABI } from "./mpi/abi.ts";
export { type InstalledLibrary, installedMpis } from "./mpi/installed.ts";
export { type Launcher, launcherOf, LIBRARY_VARIABLE, MPI_LIBRARY_NAMES } from "./mpi/launcher.ts";
export { Mpi, type MpiBuffer, type MpiRequest } from "./mpi/library.ts";
export { MPI_SYMBOLS } from "./mpi/symbols.ts";
export { NCCL_DATA_TYPE, NCCL_REDUCTION } from "./nccl/enums.ts";
export { Communicator, type NcclType } from "./nccl/communicator.ts";
export { type Worker, workerOf } from "./nccl/launcher.ts";
export { Nccl, NCCL_ID_BYTES, ncclVersionText } from "./nccl/library.ts";
export { NCCL_SYMBOLS } from "./nccl/symbols.ts";
export { startedAs } from "./started.ts";
export { coreMask, endProcess, yieldCore } from "./scheduling.ts";
export { type CheckedLibrary, type CheckedSymbols, LibraryError } from "./checked.ts";
export { CudaLibraries, LibraryUnusableError, openDriver } from "./cuda_libraries.ts";
export { findLibraries, type FoundLibraries, type FoundLibrary, LibraryNotFoundError } from "./library.ts";
export { LIBRARIES, type LibraryName, type LibraryNaming } from "./library_names.ts";
export {
  cudaSystemProblem,
  type LibraryPlace,
  libraryPlaces,
  processEnvironment,
  type SearchEnvironment,
} from "./library_places.ts";
