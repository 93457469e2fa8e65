/** Weights in 16 bits, as released models store them. */
import { UserError } from "../base/errors.ts";
import type { TensorData } from "../data/formats/safetensors.ts";

/** Float32 as float16, rounded to the nearest; other tensors stay. @throws {UserError} naming what is out of range. */
export function narrowed(tensor: TensorData, name: string): TensorData {
  if (tensor.dtype !== "F32") return tensor;
  const data = Float16Array.from(tensor.data as Float32Array);
  if (!data.every(Number.isFinite)) throw new UserError(`${name} has a weight beyond ±65504, the range of 16 bits`);
  return { dtype: "F16", shape: tensor.shape, data };
}

/** Float16 as float32; other tensors stay. */
export function widened(tensor: TensorData): TensorData {
  if (tensor.dtype !== "F16") return tensor;
  return { dtype: "F32", shape: tensor.shape, data: Float32Array.from(tensor.data as Float16Array) };
}
