/** Weights and statistics of networks from the named tensors of a checkpoint. */
import { UserError } from "../base/errors.ts";
import type { TensorData } from "../data/formats/safetensors.ts";
import type { Backend, Span } from "../nn/backend/backend.ts";
import type { Networks } from "../nn/models/networks.ts";
import type { ParameterSet } from "../nn/parameters.ts";
import { sameShape, type Shape, shapeText } from "../nn/shape.ts";

/** Tensors by name. */
export type State = ReadonlyMap<string, TensorData>;

/** Steps of the refiner's optimiser: a checkpoint has them if the refiner was trained. */
export const REFINER_STEPS = "adam.refiner.steps";

/** Whether a checkpoint has a trained refiner. */
export function hasRefiner(state: State): boolean {
  return state.has(REFINER_STEPS);
}

/** Loads weights and running statistics of all networks. @throws {UserError} naming `source` and a tensor that is missing or misshapen. */
export function restoreNetworks(networks: Networks, state: State, source: string): void {
  for (const set of networks.parameterSets) restoreParameters(set, state, source);
}

/** Loads weights and running statistics of one network. @throws {UserError} as {@link restoreNetworks} does. */
export function restoreParameters(set: ParameterSet, state: State, source: string): void {
  for (const { name, shape, value } of set.parameters) uploadTensor(set.backend, state, name, shape, value, source);
  for (const { name, value } of set.statistics) {
    uploadTensor(set.backend, state, `${set.network}.${name}.statistics`, value.shape, value, source);
  }
}

/** Loads the tensor `name`. @throws {UserError} naming `source` if it is missing or misshapen. */
export function uploadTensor(
  backend: Backend,
  state: State,
  name: string,
  shape: Shape,
  target: Span,
  source: string,
): void {
  const tensor = state.get(name);
  if (!tensor) throw new UserError(`${source} has no tensor ${name}; it was written by another version or model`);
  if (!(tensor.data instanceof Float32Array) || !sameShape(tensor.shape, shape)) {
    throw new UserError(
      `${source}: tensor ${name} is ${tensor.dtype} ${shapeText(tensor.shape)}, expected F32 ${shapeText(shape)}; ` +
        `it is of a model of other sizes; use a checkpoint that this run wrote, or start a new run`,
    );
  }
  backend.upload(tensor.data, target);
}
