/** A learned distribution of codes. */
import type { Backend } from "../backend/backend.ts";
import { Tape } from "../tape.ts";
import { Tensor } from "../tensor.ts";
import { CodeScale } from "./code_scale.ts";
import { type Condition, isFree, writeCondition } from "./condition.ts";
import { blockFeatures, codeSize, type PriorConfig, sceneFeatures } from "./config.ts";
import { integrate, SAMPLER_STEPS } from "./integrate.ts";
import { TIME_FEATURES, timeFeatures } from "./time_features.ts";
import { type FlowState, type VelocityNetwork, velocityNetwork } from "./velocity_network.ts";

/** Samples that go through the network together. */
const BATCH = 256;

/**
 * How much of what is asked is obeyed unless told otherwise. As learned (1) nine of ten demanded classes are there and
 * 97 % of rooms are of the type asked for, at 2 nearly all.
 */
export const GUIDANCE = 2;

/**
 * Size of the noise unless told otherwise. Smaller noise leads to likelier codes: a little less recall for a little more
 * precision.
 */
export const TEMPERATURE = 0.95;

/** How to draw. */
export interface SamplerOptions {
  /** Steps from noise to codes, {@link SAMPLER_STEPS} if left out: more are nearer to what was learned. */
  readonly steps?: number;
  /**
   * How much of what is asked is obeyed, {@link GUIDANCE} if left out: 1 as learned; more exaggerates (J. Ho and T.
   * Salimans, "Classifier-Free Diffusion Guidance", 2022). Without effect where nothing is asked.
   */
  readonly guidance?: number;
  /** Factor of the noise, {@link TEMPERATURE} if left out: 1 as learned, less for likelier codes of less variety. */
  readonly temperature?: number;
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

/**
 * A rectified flow over codes (X. Liu, C. Gong and Q. Liu, "Flow Straight and Fast", ICLR 2023): a network that tells
 * the velocity ε − x on the straight ways (1 − t)·x + t·ε from codes x to noise ε of N(0, 1). Following it backwards
 * turns noise into codes.
 */
export class FlowPrior implements Disposable {
  /** Tells velocities; its parameters have no values until they are loaded. */
  readonly network: VelocityNetwork;

  /**
   * Takes memory for the network.
   *
   * @param scale of codes.
   * @param knownScale of codes of scenes that are known in part.
   * @param make the network, as a rule by size.
   */
  constructor(
    readonly backend: Backend,
    readonly config: PriorConfig,
    readonly scale: CodeScale,
    readonly knownScale: CodeScale,
    make: typeof velocityNetwork = velocityNetwork,
  ) {
    this.network = make(backend, config);
  }

  /**
   * Codes `[n, codeSize]` of noise `[n, codeSize]` from N(0, 1): each is given by its noise and its condition alone.
   *
   * @param conditions what is asked of each code, or of all.
   */
  sample(
    noise: Float32Array,
    conditions: Condition | readonly Condition[] = {},
    options: SamplerOptions = {},
  ): Float32Array<ArrayBuffer> {
    const size = codeSize(this.config), count = noise.length / size;
    const conditionOf = (i: number) => conditions instanceof Array ? conditions[i] : conditions as Condition;
    const codes = new Float32Array(noise.length);
    for (let start = 0; start < count; start += BATCH) {
      const n = Math.min(BATCH, count - start), asked = Array.from({ length: n }, (_, i) => conditionOf(start + i));
      codes.set(this.#sample(noise.subarray(start * size, (start + n) * size), asked, options), start * size);
    }
    return this.scale.restored(codes);
  }

  #sample(
    noise: Float32Array,
    asked: readonly Condition[],
    { steps = SAMPLER_STEPS, guidance = GUIDANCE, temperature = TEMPERATURE }: SamplerOptions,
  ): Float32Array {
    const guides = guidance !== 1 && !asked.every(isFree);
    const conditions = guides ? [...asked, ...asked.map(() => ({}))] : asked, n = conditions.length;
    const arrays = flowArrays(this.config, n);
    conditions.forEach((condition, i) => writeSample(this.config, arrays, i, condition));
    return integrate(
      (points, time) => {
        arrays.x.set(points);
        if (guides) arrays.x.set(points, points.length);
        arrays.time.set(timeFeatures(new Float32Array(n).fill(time)));
        const velocities = this.#velocities(arrays, n);
        if (!guides) return velocities;
        const free = velocities.subarray(points.length);
        return free.map((value, i) => value + guidance * (velocities[i] - value));
      },
      noise.map((value) => temperature * value),
      steps,
    );
  }

  #velocities(arrays: FlowArrays, n: number): Float32Array {
    using owned = new DisposableStack();
    const state = uploadState(this.backend, arrays, n, owned);
    using tape = new Tape(this.backend);
    return this.network.forward(tape, state).toFloat32();
  }

  /** Gives the network's memory back. */
  [Symbol.dispose](): void {
    this.network[Symbol.dispose]();
  }
}
