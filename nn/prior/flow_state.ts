/** Codes on their way between noise and what was learned, and what is asked of them: in arrays, and on an engine. */
import type { Backend } from "../backend/backend.ts";
import { Tensor } from "../tensor.ts";
import { type Condition, writeCondition } from "./condition.ts";
import { blockFeatures, codeSize, type PriorConfig, sceneFeatures } from "./config.ts";
import { TIME_FEATURES } from "./time_features.ts";

/** The parts of a state of n samples. */
export interface FlowState {
  /** Codes mixed with noise, normalised: `[n, codeSize]`. */
  readonly x: Tensor;
  /** `timeFeatures`, `[n, 64]`. */
  readonly time: Tensor;
  /** `writeCondition`, `[n, sceneFeatures]`. */
  readonly scene: Tensor;
  /** The same, `[n, codeSize]`. */
  readonly knownCode: Tensor;
  /** The same, `[n, blockFeatures]`. */
  readonly knownBlocks: Tensor;
}

/** Codes as float32 arrays of the parts of a {@link FlowState}. */
export type FlowArrays = Readonly<Record<keyof FlowState, Float32Array>>;

/** Numbers of one sample in each part of a {@link FlowState}. */
function stateSizes(config: PriorConfig): Readonly<Record<keyof FlowState, number>> {
  const numbers = codeSize(config);
  return {
    x: numbers,
    time: TIME_FEATURES,
    scene: sceneFeatures(config),
    knownCode: numbers,
    knownBlocks: blockFeatures(config),
  };
}

/** The parts of a state, each made of its name and its numbers of one sample. */
function stateOf<T>(config: PriorConfig, make: (part: keyof FlowState, size: number) => T): Record<keyof FlowState, T> {
  const sizes = Object.entries(stateSizes(config)) as [keyof FlowState, number][];
  return Object.fromEntries(sizes.map(([part, size]) => [part, make(part, size)])) as Record<keyof FlowState, T>;
}

/** Arrays for `n` samples. */
export function flowArrays(config: PriorConfig, n: number): FlowArrays {
  return stateOf(config, (_, size) => new Float32Array(n * size));
}

/** A state of `n` samples with undefined content; `owned` gives it back. */
export function allocateState(backend: Backend, config: PriorConfig, n: number, owned: DisposableStack): FlowState {
  return stateOf(config, (_, size) => owned.use(Tensor.allocate(backend, [n, size], "flow states")));
}

/** Writes what is asked of sample `i`. */
export function writeSample(config: PriorConfig, arrays: FlowArrays, i: number, condition: Condition): void {
  const rows = stateOf(config, (part, size) => arrays[part].subarray(i * size, (i + 1) * size));
  writeCondition(config, condition, rows);
}

/** The arrays of `n` samples on an engine; `owned` gives them back. */
export function uploadState(backend: Backend, arrays: FlowArrays, n: number, owned: DisposableStack): FlowState {
  const upload = (array: Float32Array) => owned.use(Tensor.from(backend, array, [n, array.length / n], "flow states"));
  const parts = Object.entries(arrays).map(([part, array]) => [part, upload(array)]);
  return Object.fromEntries(parts) as Record<keyof FlowState, Tensor>;
}
