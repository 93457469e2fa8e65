/** A learned distribution of codes. */
import type { Backend, Size3 } from "../backend/backend.ts";
import { forEachRun, windowOf, windowWeights } from "../canvas.ts";
import { Tape } from "../tape.ts";
import { finished, float32Of, type Work } from "../work.ts";
import { CodeScale } from "./code_scale.ts";
import { type Condition, isFree } from "./condition.ts";
import { codeChannels, codeSize, type PriorConfig } from "./config.ts";
import { type FlowArrays, flowArrays, uploadState, writeSample } from "./flow_state.ts";
import { integrate, SAMPLER_STEPS, type Velocity } from "./integrate.ts";
import { timeFeatures } from "./time_features.ts";
import { type VelocityNetwork, velocityNetwork } from "./velocity_network.ts";

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
export const TEMPERATURE = 0.9;

/** A piece of a canvas as large as what was learned. */
export interface CanvasWindow {
  /** Its first cell. */
  readonly start: Size3;
  /** What is asked of it; nothing if left out. */
  readonly condition?: Condition;
}

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
    return finished(this.sampling(noise, conditions, options));
  }

  /** {@link sample} as work. */
  *sampling(
    noise: Float32Array,
    conditions: Condition | readonly Condition[] = {},
    options: SamplerOptions = {},
  ): Work<Float32Array<ArrayBuffer>> {
    const size = codeSize(this.config), count = noise.length / size;
    const conditionOf = (i: number) => conditions instanceof Array ? conditions[i] : conditions as Condition;
    const codes = new Float32Array(noise.length);
    for (let start = 0; start < count; start += BATCH) {
      const n = Math.min(BATCH, count - start), asked = Array.from({ length: n }, (_, i) => conditionOf(start + i));
      codes.set(yield* this.#sample(noise.subarray(start * size, (start + n) * size), asked, options), start * size);
    }
    return this.scale.restored(codes);
  }

  /**
   * Codes on a canvas `[d, h, w, channels]` larger than what was learned: at each step the velocity of a cell is the mean
   * of what the windows that it is in tell of it (O. Bar-Tal et al., "MultiDiffusion", ICML 2023), weighted by
   * {@link windowWeights}. Means of codes depend on the place in a window and so are not taken away from the canvas, but
   * from each window.
   *
   * @param noise `[d, h, w, channels]` from N(0, 1). Cells that are in no window stay noise.
   * @param canvas cells along depth, height and width.
   * @param windows what is asked of each.
   * @throws {RangeError} if codes have no cells.
   */
  sampleCanvas(
    noise: Float32Array,
    canvas: Size3,
    windows: readonly CanvasWindow[],
    { steps = SAMPLER_STEPS, guidance = GUIDANCE, temperature = TEMPERATURE }: SamplerOptions = {},
  ): Float32Array<ArrayBuffer> {
    const { config, scale: { mean, deviation } } = this, size = codeSize(config), channels = codeChannels(config);
    if (config.codeShape.length !== 4) throw new RangeError("codes without cells have no place on a canvas");
    const [depth, height, width] = config.codeShape, window: Size3 = [depth, height, width];
    const shift = mean.map((value, i) => value / deviation[i % channels]);
    const cellWeights = windowWeights(window), weights = shift.map((_, i) => cellWeights[Math.floor(i / channels)]);
    const weightSums = new Float32Array(noise.length); // over the windows that each number is in
    for (const { start } of windows) {
      forEachRun(canvas, window, start, channels, (from, at, length) => {
        for (let i = 0; i < length; i++) weightSums[at + i] += weights[from + i];
      });
    }
    const batches = Array.from(
      { length: Math.ceil(windows.length / BATCH) },
      (_, i) => windows.slice(i * BATCH, (i + 1) * BATCH),
    ).map((batch) => ({ batch, velocity: this.#velocity(batch.map(({ condition = {} }) => condition), guidance) }));
    const ofCanvas = function* (points: Float32Array, time: number) {
      const mixed = new Float32Array(points.length);
      for (const { batch, velocity } of batches) {
        const x = new Float32Array(batch.length * size);
        batch.forEach(({ start }, n) => {
          x.set(windowOf(points, canvas, window, start, channels).map((y, i) => y - (1 - time) * shift[i]), n * size);
        });
        const v = yield* velocity(x, time);
        batch.forEach(({ start }, n) => {
          forEachRun(canvas, window, start, channels, (from, at, length) => {
            for (let i = 0; i < length; i++) {
              mixed[at + i] += weights[from + i] * (v[n * size + from + i] - shift[from + i]) / weightSums[at + i];
            }
          });
        });
      }
      return mixed;
    };
    const start = noise.map((value) => temperature * value);
    return finished(integrate(ofCanvas, start, steps)).map((value, i) => value * deviation[i % channels]);
  }

  /** Codes of noise, both normalised, of at most {@link BATCH} samples. */
  #sample(
    noise: Float32Array,
    asked: readonly Condition[],
    { steps = SAMPLER_STEPS, guidance = GUIDANCE, temperature = TEMPERATURE }: SamplerOptions,
  ): Work<Float32Array> {
    return integrate(this.#velocity(asked, guidance), noise.map((value) => temperature * value), steps);
  }

  /** The velocities of as many samples as something is asked of, at most {@link BATCH}. */
  #velocity(asked: readonly Condition[], guidance: number): Velocity {
    const guides = guidance !== 1 && !asked.every(isFree);
    const conditions = guides ? [...asked, ...asked.map(() => ({}))] : asked, n = conditions.length;
    const arrays = flowArrays(this.config, n);
    conditions.forEach((condition, i) => writeSample(this.config, arrays, i, condition));
    const velocities = () => this.#velocities(arrays, n);
    return function* (points, time) {
      arrays.x.set(points);
      if (guides) arrays.x.set(points, points.length);
      arrays.time.set(timeFeatures(new Float32Array(n).fill(time)));
      const told = yield* velocities();
      if (!guides) return told;
      const free = told.subarray(points.length);
      return free.map((value, i) => value + guidance * (told[i] - value));
    };
  }

  *#velocities(arrays: FlowArrays, n: number): Work<Float32Array> {
    using owned = new DisposableStack();
    const state = uploadState(this.backend, arrays, n, owned);
    using tape = new Tape(this.backend);
    return yield* float32Of(this.network.forward(tape, state));
  }

  /** Gives the network's memory back. */
  [Symbol.dispose](): void {
    this.network[Symbol.dispose]();
  }
}
