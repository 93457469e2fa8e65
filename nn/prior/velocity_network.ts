/** What a prior learns: the velocity with which noise becomes a code. */
import type { Backend } from "../backend/backend.ts";
import type { ParameterSet } from "../parameters.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import type { PriorConfig } from "./config.ts";
import type { FlowState } from "./flow_state.ts";
import { ResidualNetwork } from "./residual_network.ts";
import { VelocityTransformer } from "./velocity_transformer.ts";

/** A network that tells velocities. */
export interface VelocityNetwork extends Disposable {
  /** Its weights, in one buffer. */
  readonly parameters: ParameterSet;
  /** The velocities `[n, codeSize]` at a state. */
  forward(tape: Tape, state: FlowState): Tensor;
}

/** Most cells whose numbers are better taken as one vector than as a sequence. */
const MOST_FLAT_CELLS = 16;

/** The network for a prior: residual layers for codes of few cells, a transformer over cells for more. */
export function velocityNetwork(backend: Backend, config: PriorConfig): VelocityNetwork {
  const cells = config.codeShape.length === 1 ? 1 : config.cells;
  return cells <= MOST_FLAT_CELLS ? new ResidualNetwork(backend, config) : new VelocityTransformer(backend, config);
}
