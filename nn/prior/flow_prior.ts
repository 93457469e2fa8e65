/** A learned distribution of codes. */
import type { Backend } from "../backend/backend.ts";
import { Tape } from "../tape.ts";
import { CodeScale } from "./code_scale.ts";
import { type Condition, isFree } from "./condition.ts";
import { codeSize, type PriorConfig } from "./config.ts";
import { type FlowArrays, flowArrays, uploadState, writeSample } from "./flow_state.ts";
import { integrate, SAMPLER_STEPS } from "./integrate.ts";
import { timeFeatures } from "./time_features.ts";
import { type VelocityNetwork, velocityNetwork } from "./velocity_network.ts";

/** Samples that go through the network together. */
const BATCH = 256;

/**
 * How much of what is asked is obeyed unless told otherwise. As learned (1) nine of ten demanded classes are there and
 * 97 % of rooms are of the type asked for, at 2 nearly all.
 */
export const GUIDANCE = 2;

/** How to draw. */
export interface SamplerOptions {
  /** Steps from noise to codes, {@link SAMPLER_STEPS} if left out: more are nearer to what was learned. */
  readonly steps?: number;
  /**
   * How much of what is asked is obeyed, {@link GUIDANCE} if left out: 1 as learned; more exaggerates (J. Ho and T.
   * Salimans, "Classifier-Free Diffusion Guidance", 2022). Without effect where nothing is asked.
   */
  readonly guidance?: number;
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
    { steps = SAMPLER_STEPS, guidance = GUIDANCE }: SamplerOptions,
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
      noise,
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
