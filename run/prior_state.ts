/** The prior of a run from the named tensors of a checkpoint, and back. */
import { UserError } from "../base/errors.ts";
import type { TensorData } from "../data/formats/safetensors.ts";
import type { Backend } from "../nn/backend/backend.ts";
import type { ModelConfig } from "../nn/models/config.ts";
import { elementCount, type Shape } from "../nn/shape.ts";
import { CodeScale } from "../nn/prior/code_scale.ts";
import { codeChannels, codeSize, priorConfig } from "../nn/prior/config.ts";
import { FlowPrior } from "../nn/prior/flow_prior.ts";
import { GaussianPrior } from "../nn/prior/gaussian_prior.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { restoreParameters, type State } from "./network_state.ts";

/** Tensors of the prior begin with this. */
export const PRIOR_PREFIX = "prior.";
/** What was measured of the codes. */
const CODES = "prior.codes", KNOWN_CODES = "prior.knownCodes", FACTOR = "prior.gaussian.factor";

/** What was measured of the codes of training scenes. */
export interface MeasuredCodes {
  /** Of whole scenes. */
  readonly scale: CodeScale;
  /** Of scenes that are known in part. */
  readonly knownScale: CodeScale;
  /** Fitted to codes of whole scenes. */
  readonly gaussian: GaussianPrior;
}

/** Priors as they are used. */
export interface Priors extends Disposable {
  /** The learned one. */
  readonly flow: FlowPrior;
  /** Fitted to mean and covariance. */
  readonly gaussian: GaussianPrior;
}

/** Whether a checkpoint has a prior. */
export function hasPrior(state: State): boolean {
  return state.has(`${CODES}.mean`);
}

/** A checkpoint as it was when its prior began, from which on the networks stay as they are; others stay, too. */
export function withoutPrior(checkpoint: Checkpoint): Checkpoint {
  if (checkpoint.phase !== "prior") return checkpoint;
  const { options, options: { iterations, refineIterations } } = checkpoint;
  const tensors = new Map([...checkpoint.tensors].filter(([name]) => !name.startsWith(PRIOR_PREFIX)));
  return {
    ...{ options, tensors, step: iterations + refineIterations },
    ...refineIterations > 0
      ? { phase: "refine", iteration: refineIterations }
      : { phase: "base", iteration: iterations },
  };
}

/** As named tensors: `prior.codes.mean` `[codeSize]`, `prior.codes.deviation` `[channels]`, …. */
export function measuredTensors({ scale, knownScale, gaussian }: MeasuredCodes): Map<string, TensorData> {
  const vector = (data: Float32Array<ArrayBuffer>): TensorData => ({ dtype: "F32", shape: [data.length], data });
  const size = scale.mean.length;
  return new Map([
    [`${CODES}.mean`, vector(scale.mean)],
    [`${CODES}.deviation`, vector(scale.deviation)],
    [`${KNOWN_CODES}.mean`, vector(knownScale.mean)],
    [`${KNOWN_CODES}.deviation`, vector(knownScale.deviation)],
    [FACTOR, { dtype: "F32", shape: [size, size], data: gaussian.factor }],
  ]);
}

/**
 * The priors in a checkpoint of a model whose scenes have so many labels, with the averaged weights.
 * @throws {UserError} naming `source` and a tensor that is missing or misshapen.
 */
export function openPriors(backend: Backend, model: ModelConfig, labels: number, state: State, source: string): Priors {
  const config = priorConfig(model, labels), size = codeSize(config), channels = codeChannels(config);
  const scaleOf = (name: string) =>
    new CodeScale(
      numbers(state, `${name}.mean`, [size], source),
      numbers(state, `${name}.deviation`, [channels], source),
    );
  const scale = scaleOf(CODES);
  const gaussian = new GaussianPrior(scale.mean, numbers(state, FACTOR, [size, size], source));
  using guard = new DisposableStack();
  const flow = guard.use(new FlowPrior(backend, config, scale, scaleOf(KNOWN_CODES)));
  restoreParameters(flow.network.parameters, state, source);
  guard.move();
  return { flow, gaussian, [Symbol.dispose]: () => flow[Symbol.dispose]() };
}

function numbers(state: State, name: string, shape: Shape, source: string): Float32Array<ArrayBuffer> {
  const data = state.get(name)?.data;
  if (data instanceof Float32Array && data.length === elementCount(shape)) return Float32Array.from(data);
  throw new UserError(`${source} has no ${shape.join("x")} numbers ${name}; train its prior again with --stage prior`);
}
