/** The layers that a prior's networks are made of. */
import { addRows } from "../ops/add_rows.ts";
import { dense } from "../ops/dense.ts";
import { silu } from "../ops/silu.ts";
import type { Initializer, ParameterBuilder, ParameterSet } from "../parameters.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { TIME_FEATURES } from "./time_features.ts";

/** Declares weight `[inputs, outputs]` and bias of the layer `name`. */
export function addLinear(
  builder: ParameterBuilder,
  name: string,
  inputs: number,
  outputs: number,
  initializer: Initializer = "scaled",
): ParameterBuilder {
  return builder.add(`${name}.weight`, [inputs, outputs], initializer).add(`${name}.bias`, [1, outputs], "bias");
}

/** x · weight + bias of the layer `name`: `[rows, inputs]` → `[rows, outputs]`. */
export function linear(tape: Tape, x: Tensor, set: ParameterSet, name: string): Tensor {
  return addRows(tape, dense(tape, x, set.get(`${name}.weight`)), set.get(`${name}.bias`), x.shape[0]);
}

/** Declares {@link embedding}. */
export function addEmbedding(builder: ParameterBuilder, sceneFeatures: number, width: number): void {
  addLinear(builder, "time1", TIME_FEATURES, width);
  addLinear(builder, "time2", width, width);
  builder.add("scene.weight", [sceneFeatures, width], "scaled");
}

/** Time and what is asked of a whole scene as one vector each, `[n, width]`: what modulates the network's norms. */
export function embedding(tape: Tape, time: Tensor, scene: Tensor, set: ParameterSet): Tensor {
  return tape.scope(() => {
    const ofTime = linear(tape, silu(tape, linear(tape, time, set, "time1")), set, "time2"); // [n, width]
    const ofScene = dense(tape, scene, set.get("scene.weight")); // [n, width]
    return silu(tape, addRows(tape, ofTime, ofScene, 1));
  });
}
