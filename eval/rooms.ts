/** A model's networks at work on rooms. What needs results of the engine is work, for `Run` to wait for, or a page not. */
import { UserError } from "../base/errors.ts";
import { fillNormal } from "../base/random.ts";
import { voxelCount } from "../data/grid.ts";
import { checkLabels } from "../data/labels.ts";
import { mirrorVolumes } from "../data/reference_weights.ts";
import { knownScene } from "../data/scenes/known_parts.ts";
import type { Backend } from "../nn/backend/backend.ts";
import { latentShape, latentSize, type ModelConfig } from "../nn/models/config.ts";
import { decode, encode, inferenceTape, type Volumes } from "../nn/models/inference.ts";
import { Networks } from "../nn/models/networks.ts";
import { argmax } from "../nn/ops/one_hot.ts";
import { knownBlocks } from "../nn/prior/condition.ts";
import type { SamplerOptions } from "../nn/prior/flow_prior.ts";
import type { NormStatistics, Tape } from "../nn/tape.ts";
import { Tensor } from "../nn/tensor.ts";
import { float32Of, uint8Of, type Work } from "../nn/work.ts";
import { hasRefiner, restoreParameters, type State } from "../run/network_state.ts";
import { hasPrior, openPriors, type Priors } from "../run/prior_state.ts";
import type { EditCondition } from "../run/project.ts";
import { type Complete, proposals } from "./edit.ts";
import { iouWithin } from "./metrics/completion_scores.ts";
import { asksForSomething, conditionOf, type PriorName, type RoomRequest } from "./room_request.ts";

/** Stream of the noise of {@link Rooms.sampleNoise}; training uses others. */
const SAMPLE_STREAM = 32;

/** Rooms that are tried for each completion; the one that keeps best to what is known is taken (docs/prior.md). */
const COMPLETION_TRIES = 6;

/** Rooms that are settled together. */
const SETTLED_TOGETHER = 16;

/** How a run comes by a prior. */
export const NO_PRIOR = "Train one with deno task train --resume <run> --stage prior";

/** What is to be known of a trained model besides its tensors. */
export interface ModelFacts {
  /** The run's folder, for errors. */
  readonly root: string;
  /** Sizes of the networks. */
  readonly config: ModelConfig;
  readonly statistics: NormStatistics;
  /** Whether the networks see volumes reversed, as the original program's do. */
  readonly mirrored: boolean;
  /** Labels of scenes that rooms can be asked to be like. */
  readonly labels: readonly string[];
  readonly classNames: readonly string[];
}

/** One stage's rooms: labels and, for each voxel, class probabilities. */
export interface DecodedRooms {
  /** uint8 `[n, D, H, W]`. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** float32 `[n, D, H, W, classes]`. */
  readonly probabilities: Float32Array<ArrayBuffer>;
}

/** Rooms from codes: as the generator gives them, and refined unless the run has no trained refiner. */
export interface Decoded {
  /** The generator's rooms. */
  readonly plain: DecodedRooms;
  /** The same rooms after the refiner; null for a run whose refine stage has not begun. */
  readonly refined: DecodedRooms | null;
}

/** Rooms that continue what is known of one. */
export interface Completed extends Decoded {
  /** The rooms, refined if there is a refiner, with the known voxels as they were given: uint8 `[n, D, H, W]`. */
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** See the file's comment; the methods are those of `Run`. */
export class Rooms implements Disposable {
  readonly #owned: DisposableStack;

  private constructor(
    readonly facts: ModelFacts,
    readonly networks: Networks,
    /** Null where no distribution of codes was learned. */
    readonly priors: Priors | null,
    /** Whether the refiner was trained. */
    readonly refines: boolean,
    owned: DisposableStack,
  ) {
    this.#owned = owned;
  }

  /** Loads a model onto an engine. @throws {UserError} naming `source` and a tensor that is missing or misshapen */
  static open(engine: Backend, facts: ModelFacts, tensors: State, source: string): Rooms {
    using guard = new DisposableStack();
    const networks = guard.use(new Networks(engine, facts.config)), refines = hasRefiner(tensors);
    for (const { parameters } of [networks.encoder, networks.generator, ...refines ? [networks.refiner] : []]) {
      restoreParameters(parameters, tensors, source);
    }
    const priors = hasPrior(tensors)
      ? guard.use(openPriors(engine, networks.config, facts.labels.length, tensors, source))
      : null;
    return new Rooms(facts, networks, priors, refines, guard.move());
  }

  /** Sizes of the networks. */
  get config(): ModelConfig {
    return this.facts.config;
  }

  /** Where codes of new rooms come from unless asked otherwise. */
  get prior(): PriorName {
    return this.priors ? "flow" : "none";
  }

  /** Sizes of one code. */
  get codeShape(): readonly number[] {
    return latentShape(this.config);
  }

  /** Numbers in one code. */
  get codeSize(): number {
    return latentSize(this.config);
  }

  /** Voxels of one room. */
  get voxels(): number {
    return voxelCount(this.config.grid);
  }

  /** Codes of rooms. */
  *encode(labels: Uint8Array, n: number): Work<Float32Array<ArrayBuffer>> {
    this.check("rooms", labels.length, n, this.voxels);
    checkLabels(labels, "rooms to encode", undefined, this.config.classes);
    const { networks, facts: { statistics } } = this, scenes = this.#oriented(labels, this.voxels, 1);
    using tensor = Tensor.from(networks.backend, scenes, [n, ...this.config.grid], "labels");
    using tape = inferenceTape(networks, statistics);
    return this.#orientedCodes(yield* float32Of(encode(tape, networks, tensor)));
  }

  /** Rooms of codes, with probabilities. */
  decode(codes: Float32Array, n: number, refines: boolean): Work<Decoded> {
    const decodedRooms = (tape: Tape, volume: Tensor) => this.#decodedRooms(tape, volume);
    return this.#decoding(codes, n, refines, function* (tape, { probabilities, refined }) {
      const plain = yield* decodedRooms(tape, probabilities);
      return { plain, refined: refined ? yield* decodedRooms(tape, refined) : null };
    });
  }

  /** Labels of the generator's rooms uint8 `[n, D, H, W]`, or of the refined ones. */
  labelsOf(codes: Float32Array, n: number, refined = false): Work<Uint8Array<ArrayBuffer>> {
    const roomLabels = (tape: Tape, volume: Tensor) => this.#roomLabels(tape, volume);
    return this.#decoding(
      codes,
      n,
      refined,
      (tape, volumes) => roomLabels(tape, volumes.refined ?? volumes.probabilities),
    );
  }

  *#decoding<T>(
    codes: Float32Array,
    n: number,
    refines: boolean,
    read: (tape: Tape, volumes: Volumes) => Work<T>,
  ): Work<T> {
    this.check("codes", codes.length, n, this.codeSize);
    const { networks, facts: { statistics } } = this, shape = [n, ...this.codeShape];
    using tensor = Tensor.from(networks.backend, this.#orientedCodes(codes), shape, "latent codes");
    using tape = inferenceTape(networks, statistics);
    return yield* read(tape, decode(tape, networks, tensor, refines && this.refines));
  }

  *#decodedRooms(tape: Tape, volume: Tensor): Work<DecodedRooms> {
    const labels = yield* this.#roomLabels(tape, volume), probabilities = yield* float32Of(volume);
    return { labels, probabilities: this.#oriented(probabilities, this.voxels, this.config.classes) };
  }

  *#roomLabels(tape: Tape, volume: Tensor): Work<Uint8Array<ArrayBuffer>> {
    return this.#oriented(yield* uint8Of(argmax(tape, volume)), this.voxels, 1);
  }

  /** Codes of rooms from noise. */
  *codesOf(noise: Float32Array, n: number, request: RoomRequest): Work<Float32Array<ArrayBuffer>> {
    this.check("codes", noise.length, n, this.codeSize);
    const { priors, facts: { root, labels, classNames } } = this, { prior = this.prior } = request;
    if (prior !== "flow" && asksForSomething(request)) {
      throw new UserError(`only the flow prior can be asked for types and classes; this is ${prior}. ${NO_PRIOR}`);
    }
    if (prior === "none") return Float32Array.from(noise);
    if (!priors) throw new UserError(`${root} has no ${prior} prior. ${NO_PRIOR}`);
    if (prior === "gaussian") return this.#orientedCodes(priors.gaussian.sample(noise));
    const condition = conditionOf(request, labels, classNames);
    return yield* this.#settled(this.#orientedCodes(yield* priors.flow.sampling(noise, condition, request)));
  }

  /** The codes that the encoder has for the rooms of codes. */
  *#settled(codes: Float32Array): Work<Float32Array<ArrayBuffer>> {
    const settled = new Float32Array(codes.length), size = this.codeSize, count = codes.length / size;
    for (let start = 0; start < count; start += SETTLED_TOGETHER) {
      const n = Math.min(SETTLED_TOGETHER, count - start);
      const labels = yield* this.labelsOf(codes.subarray(start * size, (start + n) * size), n);
      settled.set(yield* this.encode(labels, n), start * size);
    }
    return settled;
  }

  /** Rooms that continue what is known of one. */
  *complete(
    labels: Uint8Array,
    known: Uint8Array,
    n: number,
    seed: number,
    request: RoomRequest,
  ): Work<Completed> {
    const { given, codes } = yield* this.#completions(labels, known, n, seed, request);
    const decoded = yield* this.decode(codes, n, true);
    return { ...decoded, labels: this.#withGiven((decoded.refined ?? decoded.plain).labels, given, known) };
  }

  /** Proposals for a changed part of a scene. */
  edit(
    labels: Uint8Array,
    mask: Uint8Array,
    condition: EditCondition,
    n: number,
    seed: number,
    sampler: SamplerOptions,
  ): Work<Uint8Array<ArrayBuffer>> {
    this.check("rooms", labels.length, 1, this.voxels);
    this.check("masks", mask.length, 1, this.voxels);
    checkLabels(labels, "the scene to edit", undefined, this.config.classes);
    const complete: Complete = (scene, known, request) =>
      this.#completedLabels(scene, known, n, seed, { ...request, ...sampler });
    return proposals({ labels, mask, grid: this.config.grid, names: this.facts.classNames, complete }, condition);
  }

  *#completedLabels(
    labels: Uint8Array,
    known: Uint8Array,
    n: number,
    seed: number,
    request: RoomRequest,
  ): Work<Uint8Array<ArrayBuffer>> {
    const { given, codes } = yield* this.#completions(labels, known, n, seed, request);
    return this.#withGiven(yield* this.labelsOf(codes, n, true), given, known);
  }

  /** Codes of rooms that continue what is known of one, and that as it is given to the prior. */
  *#completions(
    labels: Uint8Array,
    known: Uint8Array,
    n: number,
    seed: number,
    request: RoomRequest,
  ): Work<{ given: Uint8Array<ArrayBuffer>; codes: Float32Array<ArrayBuffer> }> {
    this.check("rooms", labels.length, 1, this.voxels);
    this.check("masks", known.length, 1, this.voxels);
    const { priors, facts: { root, labels: types, classNames } } = this;
    if (!priors || (request.prior ?? "flow") !== "flow") {
      throw new UserError(`${root}: only a flow prior completes rooms. ${NO_PRIOR}`);
    }
    const given = knownScene(labels, known), { flow } = priors;
    const code = flow.knownScale.normalised(this.#orientedCodes(yield* this.encode(given, 1)));
    const [scene, mask] = [given, known].map((volume) => this.#oriented(volume, this.voxels, 1));
    const part = { code, blocks: knownBlocks(scene, mask, this.config.grid) };
    const condition = { ...conditionOf(request, types, classNames), known: part };
    const codes = new Float32Array(n * this.codeSize);
    for (let i = 0; i < n; i++) {
      const noise = this.sampleNoise(COMPLETION_TRIES, seed, i * COMPLETION_TRIES);
      const tried = this.#orientedCodes(yield* flow.sampling(noise, condition, request));
      codes.set(yield* this.#mostFaithful(tried, given, known), i * this.codeSize);
    }
    return { given, codes };
  }

  /** The one of the codes whose room has the greatest IoU with what is known. */
  *#mostFaithful(codes: Float32Array, given: Uint8Array, known: Uint8Array): Work<Float32Array> {
    const n = codes.length / this.codeSize, labels = yield* this.labelsOf(codes, n);
    const room = (i: number) => labels.subarray(i * this.voxels, (i + 1) * this.voxels);
    const agreement = Array.from({ length: n }, (_, i) => iouWithin(known, 1, room(i), given));
    const best = Math.max(0, agreement.indexOf(Math.max(...agreement))); // of an empty part none is better
    return codes.subarray(best * this.codeSize, (best + 1) * this.codeSize);
  }

  #withGiven(made: Uint8Array<ArrayBuffer>, given: Uint8Array, known: Uint8Array): Uint8Array<ArrayBuffer> {
    return made.map((label, i) => known[i % this.voxels] === 0 ? label : given[i % this.voxels]);
  }

  /** Noise of new rooms. */
  sampleNoise(n: number, seed: number, first = 0): Float32Array<ArrayBuffer> {
    checkCount("rooms", n);
    const codes = new Float32Array(n * this.codeSize);
    for (let i = 0; i < n; i++) {
      fillNormal(codes.subarray(i * this.codeSize, (i + 1) * this.codeSize), {
        seed,
        stream: SAMPLE_STREAM,
        iteration: first + i,
      });
    }
    return codes;
  }

  /** Codes on their way into or out of the networks; flat ones are the same in both directions. */
  #orientedCodes<T extends Float32Array>(codes: T): T {
    const channels = this.codeShape.at(-1)!;
    return this.#oriented(codes, this.codeSize / channels, channels);
  }

  /** Volumes on their way into or out of the networks, which may want them reversed. */
  #oriented<T extends Float32Array | Uint8Array>(volumes: T, cells: number, channels: number): T {
    return this.facts.mirrored ? mirrorVolumes(volumes, cells, channels) : volumes;
  }

  /** Gives the networks' memory back. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }

  /** @throws {UserError} unless `found` numbers are `n` times `each` */
  check(what: string, found: number, n: number, each: number): void {
    checkCount(what, n);
    if (found !== n * each) {
      throw new UserError(
        `${n} ${what} of this run are ${n} x ${each} numbers, found ${found}; its grid is ${
          this.config.grid.join("x")
        }`,
      );
    }
  }
}

function checkCount(what: string, n: number): void {
  if (!Number.isInteger(n) || n < 1) throw new UserError(`${n} ${what}: expected a whole number from 1 on`);
}
