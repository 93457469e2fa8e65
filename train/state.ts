/** Between a trainer's memory and named tensors, as a checkpoint holds them. */
import { UserError } from "../base/errors.ts";
import type { TensorData } from "../data/formats/safetensors.ts";
import type { Backend, Span } from "../nn/backend/backend.ts";
import { elementCount, type Shape } from "../nn/shape.ts";
import { restoreNetworks, type State, uploadTensor } from "../run/network_state.ts";
import type { OptimizerName } from "./phases.ts";
import type { Trainer } from "./trainer.ts";

/**
 * Everything a trainer needs to go on: weights `encoder.conv1.filter` in our layouts, running statistics
 * `encoder.norm2.statistics` `[2, channels]`, and for every Adam state made so far
 * `adam.encoder.m`, `.v` (the layout of the network's buffer) and `.steps`. Waits for the engine.
 */
export function captureState(trainer: Trainer): Map<string, TensorData> {
  const { backend } = trainer;
  const state = new Map<string, TensorData>();
  for (const set of trainer.networks.parameterSets) {
    const values = set.values.toFloat32();
    for (const { name, layout: { shape, offset } } of set.parameters) {
      state.set(name, { dtype: "F32", shape, data: values.subarray(offset, offset + elementCount(shape)) });
    }
    for (const { name, value } of set.statistics) {
      state.set(`${set.network}.${name}.statistics`, download(backend, value, value.shape));
    }
  }
  for (const [name, { m, v, steps }] of trainer.optimizers) {
    state.set(`adam.${name}.m`, download(backend, m, m.shape));
    state.set(`adam.${name}.v`, download(backend, v, v.shape));
    state.set(`adam.${name}.steps`, count(steps));
  }
  return state;
}

/** Loads what {@link captureState} gave. @throws {UserError} naming `source` and a tensor that is missing or misshapen. */
export function restoreState(trainer: Trainer, state: State, source: string): void {
  restoreNetworks(trainer.networks, state, source);
  const names = new Set([...state.keys()].filter((name) => name.startsWith("adam.")).map((name) => name.split(".")[1]));
  for (const name of names as Set<OptimizerName>) {
    const optimizer = trainer.optimizer(name);
    uploadTensor(trainer.backend, state, `adam.${name}.m`, optimizer.m.shape, optimizer.m, source);
    uploadTensor(trainer.backend, state, `adam.${name}.v`, optimizer.v.shape, optimizer.v, source);
    optimizer.steps = countIn(state, `adam.${name}.steps`, source);
  }
}

function download(backend: Backend, source: Span, shape: Shape): TensorData {
  const data = new Float32Array(elementCount(shape));
  backend.download(source, data);
  return { dtype: "F32", shape, data };
}

function count(value: number): TensorData {
  return { dtype: "I32", shape: [], data: new Int32Array([value]) };
}

function countIn(state: State, name: string, source: string): number {
  const value = state.get(name)?.data[0];
  if (typeof value !== "number") {
    throw new UserError(`${source} has no number ${name}; it was written by another version`);
  }
  return value;
}
