/** Between the variables of a checkpoint of the original program and the tensors of a run. */
import { fromReference, toReference } from "../../data/reference_weights.ts";
import type { TensorData } from "../../data/formats/safetensors.ts";
import { latentGrid, type ModelConfig } from "../../nn/models/config.ts";
import { NETWORK_NAMES, type NetworkName } from "../../nn/models/networks.ts";
import { elementCount } from "../../nn/shape.ts";
import {
  GLOBAL_STEP,
  REFERENCE_OPTIMIZERS,
  type ReferenceNetwork,
  referenceNetworks,
  type ReferenceOptimizer,
  type ReferenceTensor,
  unreadVariables,
} from "./reference_layout.ts";
import type { State } from "../../run/network_state.ts";

/** Number of latent cells. */
export function cellsOf(config: ModelConfig): number {
  return latentGrid(config).reduce((product, size) => product * size, 1);
}

/** A float32 tensor. */
export function floats(
  shape: readonly number[],
  data: Float32Array = new Float32Array(elementCount(shape)),
): TensorData {
  return { dtype: "F32", shape, data };
}

/** A whole number. */
export function wholeNumber(value: number): TensorData {
  return { dtype: "I32", shape: [], data: Int32Array.of(value) };
}

/** Running statistics of every batch norm as before any calibration: mean 0, variance 1. */
export function freshStatistics(networks: Record<NetworkName, ReferenceNetwork>): [string, TensorData][] {
  return NETWORK_NAMES.flatMap((network) =>
    networks[network].norms.map(({ name, channels }): [string, TensorData] => [
      `${network}.${name}.statistics`,
      floats([2, channels], new Float32Array(2 * channels).fill(1, channels)),
    ])
  );
}

/** A moment of Adam in our layout: the network's tensors, from the original's values, in one buffer. */
export function momentFromReference(
  { size, tensors }: ReferenceNetwork,
  cells: number,
  valuesOf: (tensor: ReferenceTensor) => Float32Array,
): TensorData {
  const buffer = new Float32Array(size);
  for (const tensor of tensors) buffer.set(fromReference(tensor, valuesOf(tensor), tensor.shape, cells), tensor.offset);
  return floats([size], buffer);
}

/**
 * Every variable of the original program, made from the state of a run when it is asked for. Variables that no layer
 * reads have values that change nothing.
 *
 * @param optimizers with slots and powers of every Adam state; 0 steps for those that the run has not made.
 */
export function referenceVariables(
  state: State,
  config: ModelConfig,
  step: number,
  optimizers: { readonly beta1: number; readonly beta2: number } | null,
): Map<string, () => TensorData> {
  const cells = cellsOf(config), networks = referenceNetworks(config);
  const variables = new Map<string, () => TensorData>([[GLOBAL_STEP, () => wholeNumber(step)]]);
  for (const { name, shape, neutral } of unreadVariables(config)) {
    variables.set(name, () => floats(shape, new Float32Array(elementCount(shape)).fill(neutral)));
  }
  for (const tensor of NETWORK_NAMES.flatMap((network) => networks[network].tensors)) {
    variables.set(tensor.name, () => {
      const { data } = state.get(`${tensor.network}.${tensor.parameter}`)!;
      return floats(tensor.shape, toReference(tensor, data as Float32Array, tensor.shape, cells));
    });
  }
  if (!optimizers) return variables;
  for (const optimizer of REFERENCE_OPTIMIZERS) {
    const { name, network, m, v, powers } = optimizer;
    const steps = Number(state.get(`adam.${name}.steps`)?.data[0] ?? 0);
    for (const [power, beta] of [["beta1_power", optimizers.beta1], ["beta2_power", optimizers.beta2]] as const) {
      variables.set(power + powers, () => floats([], Float32Array.of(beta ** (steps + 1))));
    }
    for (const tensor of networks[network].tensors) {
      variables.set(`${tensor.name}/${m}`, () => slot(state, optimizer, "m", tensor, cells));
      variables.set(`${tensor.name}/${v}`, () => slot(state, optimizer, "v", tensor, cells));
    }
  }
  return variables;
}

function slot(
  state: State,
  { name }: ReferenceOptimizer,
  moment: "m" | "v",
  tensor: ReferenceTensor,
  cells: number,
): TensorData {
  const buffer = state.get(`adam.${name}.${moment}`)?.data as Float32Array | undefined;
  const { offset, shape } = tensor;
  const values = buffer?.subarray(offset, offset + elementCount(shape)) ?? new Float32Array(elementCount(shape));
  return floats(shape, toReference(tensor, values, shape, cells));
}
