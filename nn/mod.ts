/** Networks, tape, tensors and engines. */
export * from "./backend/backend.ts";
export * from "./backend/calls.ts";
export { OPERATIONS } from "./backend/operations.ts";
export type { Access, Elements, Operand, OperandType, Operation } from "./backend/operation.ts";
export { MemoryLedger, type MemoryUse, OutOfMemoryError } from "./backend/memory.ts";
export {
  type ConvDirection,
  type ConvTypes,
  CountingBackend,
  type CountingOptions,
  type PlannedEngine,
} from "./backend/counting_backend.ts";
export { type OperationCount, OperationCounts } from "./backend/operation_counts.ts";
export { type DeviceName, resolveDevice } from "./backend/device_name.ts";
export { type Precision } from "./backend/precision.ts";
export { type CpuEngineName } from "./backend/cpu/native/choice.ts";
export { type EngineOptions, openBackend } from "./backend/open.ts";
export type { CodeDiscriminator } from "./models/code_discriminator.ts";
export {
  checkModelConfig,
  GENERATOR_NAMES,
  type GeneratorName,
  latentGrid,
  latentShape,
  latentSize,
  type ModelConfig,
  PAPER_MODEL,
} from "./models/config.ts";
export { type System, SYSTEM_NAMES, type SystemName, SYSTEMS } from "./models/systems.ts";
export { decode, encode, inferenceTape, type Volumes } from "./models/inference.ts";
export type { Discriminator } from "./models/discriminator.ts";
export type { CodeDistribution, Encoder } from "./models/encoder.ts";
export type { Generator, GeneratorOptions } from "./models/generator.ts";
export { NETWORK_NAMES, type NetworkName, Networks } from "./models/networks.ts";
export type { Refiner } from "./models/refiner.ts";
export { Adam, type AdamOptions, PAPER_ADAM } from "./optim/adam.ts";
export {
  type Initializer,
  Parameter,
  ParameterBuilder,
  type ParameterLayout,
  ParameterSet,
  type RunningStatistics,
} from "./parameters.ts";
export type { Shape } from "./shape.ts";
export {
  type CostTerm,
  type NormStatistics,
  type OnFinalGradients,
  Tape,
  type TapeOptions,
  type TapeRecord,
} from "./tape.ts";
export { Storage, Tensor, UseAfterFreeError } from "./tensor.ts";
