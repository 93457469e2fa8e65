/** Everything that knows C: the CUDA libraries through Deno's FFI. Importing this opens nothing. */
export { CompilationError, type Compiled, Compiler } from "./nvrtc/compiler.ts";
export { Cublas, type CublasCompute, CublasHandle, type GemmOperand } from "./cublas/handle.ts";
export { ArgumentArena, type ArgumentKind } from "./cuda/argument_arena.ts";
export { Driver } from "./cuda/driver.ts";
export { DeviceMemory, PinnedMemory } from "./cuda/memory.ts";
export { type Dimensions, KernelFunction, Module } from "./cuda/module.ts";
export { type DeviceAttribute, type MemoryInfo, Runtime } from "./cuda/runtime.ts";
export { RUNTIME_STATUS } from "./cuda/runtime_status.ts";
export { Event, Stream } from "./cuda/stream.ts";
export { ConvolutionGraph, type ConvolutionOperation, type ConvolutionProblem } from "./cudnn/convolution_graph.ts";
export { Descriptor } from "./cudnn/descriptor.ts";
export {
  deviceProperties,
  devicePropertiesJson,
  EngineConfig,
  engineConfig,
  engineCount,
  heuristicConfigs,
  type HeuristicMode,
  type PlanTarget,
} from "./cudnn/engine_config.ts";
export { execute, ExecutionPlan } from "./cudnn/execution_plan.ts";
export { CudnnHandle } from "./cudnn/handle.ts";
export { Cudnn, cudnnVersionText, isUnsupported } from "./cudnn/library.ts";
export { type CheckedLibrary, LibraryError } from "./checked.ts";
export { CudaLibraries, LibraryUnusableError, openDriver } from "./cuda_libraries.ts";
export { findLibraries, type FoundLibraries, type FoundLibrary, LibraryNotFoundError } from "./library.ts";
export { LIBRARIES, type LibraryName } from "./library_names.ts";
export { libraryPlaces, processEnvironment, type SearchEnvironment } from "./library_places.ts";
