import { UserError } from "../base/errors.ts";
import { classSetOf } from "../data/class_file.ts";
import type { ClassSet } from "../data/classes.ts";
import { checkLabels } from "../data/labels.ts";
import { knownScene } from "../data/scenes/known_parts.ts";
import { fillNormal } from "../base/random.ts";
import { mirrorVolumes } from "../data/reference_weights.ts";
import type { Backend } from "../nn/backend/backend.ts";
import type { CpuEngineName } from "../nn/backend/cpu/native/choice.ts";
import { ordinalOf, resolveDevice } from "../nn/backend/device_name.ts";
import { openBackend } from "../nn/backend/open.ts";
import { latentShape, latentSize, type ModelConfig } from "../nn/models/config.ts";
import { decode, encode, inferenceTape } from "../nn/models/inference.ts";
import { Networks } from "../nn/models/networks.ts";
import type { SamplerOptions } from "../nn/prior/flow_prior.ts";
import { knownBlocks } from "../nn/prior/condition.ts";
import { argmax } from "../nn/ops/one_hot.ts";
import type { NormStatistics } from "../nn/tape.ts";
import { Tensor } from "../nn/tensor.ts";
import { latestCheckpoint, readCheckpoint } from "../run/checkpoint.ts";
import { engineOptions, modelOf, type TrainOptions } from "../run/config.ts";
import { runFolder } from "../run/run_folder.ts";
import { hasRefiner, restoreParameters } from "../run/network_state.ts";
import { SHIPPED_MODEL } from "../run/shipped_model.ts";
import { hasPrior, openPriors, type Priors } from "../run/prior_state.ts";
import type { EditCondition } from "../run/project.ts";
import { type Complete, proposals } from "./edit.ts";
import { iouWithin } from "./metrics/completion_scores.ts";
import { asksForSomething, conditionOf, type PriorName, type RoomRequest } from "./room_request.ts";

/** Stream of the noise of {@link Run.sampleNoise}; training uses others. */
const SAMPLE_STREAM = 32;

/** Rooms that are tried for each completion; the one that keeps best to what is known is taken (docs/prior.md). */
const COMPLETION_TRIES = 6;

/** Rooms that are settled together. */
const SETTLED_TOGETHER = 16;

/** How a run comes by a prior. */
export const NO_PRIOR = "Train one with deno task train --resume <run> --stage prior";

/** What to open of a run. */
export interface RunOpenOptions {
  /** Checkpoint; the newest if left out. */
  readonly step?: number;
  /** An engine to use, which stays with the caller; otherwise one is opened for this run. */
  readonly backend?: Backend;
  /** Engine opened for this run: "auto", "cpu", "webgpu", "cuda" or "cuda:<number>"; "auto" if left out. */
  readonly device?: string;
  /** Code of the CPU engine opened for this run: "native", "wasm", or "auto" if left out. */
  readonly cpuEngine?: CpuEngineName;
  /** Threads of the CPU engine opened for this run; one per core if left out. */
  readonly threads?: number;
  /** Statistics of batch norm, by default those of the run's options. */
  readonly statistics?: NormStatistics;
  /** Told when the engine works but slowly, in one line. */
  readonly notice?: (message: string) => void;
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

/**
 * A trained run, ready to encode, decode, reconstruct and generate rooms.
 *
 * ```ts no-eval
 * using run = await Run.open("runs/demo");
 * const codes = run.encode(labels, 1);                 // labels: Uint8Array [D·H·W], a class each
 * const { plain, refined } = run.decode(codes, 1);     // class probabilities and labels
 * const rooms = run.decode(run.sampleCodes(4, 0), 4);  // four new rooms from seed 0
 * ```
 */
export class Run implements Disposable {
  /** Sizes of the networks. */
  readonly config: ModelConfig;
  /**
   * Networks of the checkpoint, for what works on them; they stay the run's.
   * @internal
   */
  readonly networks: Networks;
  /**
   * Distributions of codes, if the run has learned them, likewise.
   * @internal
   */
  readonly priors: Priors | null;
  readonly #owned: DisposableStack;

  private constructor(
    readonly root: string,
    readonly options: TrainOptions,
    /** Iterations that the weights were trained for. */
    readonly step: number,
    /** SHA-256 of the checkpoint, in hexadecimal. */
    readonly checksum: string,
    /** Whether the refiner was trained. */
    readonly refines: boolean,
    readonly statistics: NormStatistics,
    /** Labels of scenes that rooms can be asked to be like. */
    readonly labels: readonly string[],
    networks: Networks,
    priors: Priors | null,
    owned: DisposableStack,
  ) {
    this.config = networks.config;
    this.networks = networks;
    this.priors = priors;
    this.#owned = owned;
  }

  /**
   * Opens a checkpoint of the run in `root`, by default the model that comes with the program.
   * @throws {UserError} if there is none, or it is damaged.
   */
  static async open(
    root: string = SHIPPED_MODEL,
    { step, backend, device = "auto", cpuEngine = "auto", threads, statistics, notice }: RunOpenOptions = {},
  ): Promise<Run> {
    const path = await latestCheckpoint(runFolder(root).checkpoints, step);
    const checkpoint = await readCheckpoint(path);
    using guard = new DisposableStack();
    const engine = backend ?? guard.use(await openEngine(checkpoint.options, device, { cpuEngine, threads, notice }));
    const networks = guard.use(new Networks(engine, modelOf(checkpoint.options)));
    const { options, tensors, sceneLabels = [] } = checkpoint, refines = hasRefiner(tensors);
    for (const { parameters } of [networks.encoder, networks.generator, ...refines ? [networks.refiner] : []]) {
      restoreParameters(parameters, tensors, path);
    }
    const priors = hasPrior(tensors)
      ? guard.use(openPriors(engine, networks.config, sceneLabels.length, tensors, path))
      : null;
    const bn = statistics ?? options.bn;
    const owned = guard.move();
    return new Run(
      root,
      options,
      checkpoint.step,
      checkpoint.checksum,
      refines,
      bn,
      sceneLabels,
      networks,
      priors,
      owned,
    );
  }

  /** What the labels stand for. */
  get classes(): ClassSet {
    return classSetOf(this.options.classes);
  }

  /** Where codes of new rooms come from unless asked otherwise: the learned distribution if the run has one. */
  get prior(): PriorName {
    return this.priors ? "flow" : "none";
  }

  /** Sizes of one code: `[D/16, H/16, W/16, latentChannels]`, or `[numbers]` where codes have no places. */
  get codeShape(): readonly number[] {
    return latentShape(this.config);
  }

  /** Numbers in one code. */
  get codeSize(): number {
    return latentSize(this.config);
  }

  /** Engine that the networks are on; it stays the run's, or its giver's. */
  get backend(): Backend {
    return this.networks.backend;
  }

  /** Voxels of one room. */
  get voxels(): number {
    return this.config.grid.reduce((product, size) => product * size, 1);
  }

  /**
   * Codes float32 `[n, …]` of the shape {@link codeShape} of `n` rooms, uint8 `[n, D, H, W]`: of a variational encoder
   * the means.
   * @throws {UserError} if there are not n times the run's number of voxels, or a label is no class.
   */
  encode(labels: Uint8Array, n: number): Float32Array<ArrayBuffer> {
    this.#check("rooms", labels.length, n, this.voxels);
    checkLabels(labels, "rooms to encode", undefined, this.config.classes);
    const scenes = this.#oriented(labels, this.voxels, 1);
    using tensor = Tensor.from(this.networks.backend, scenes, [n, ...this.config.grid], "labels");
    using tape = inferenceTape(this.networks, this.statistics);
    return this.#orientedCodes(encode(tape, this.networks, tensor).toFloat32());
  }

  /**
   * Rooms from `n` codes.
   * @param refines false leaves the refiner out, which takes ten times as long as the generator.
   * @throws {UserError} if there are not n times {@link codeSize} numbers.
   */
  decode(codes: Float32Array, n: number, refines: boolean = this.refines): Decoded {
    this.#check("codes", codes.length, n, this.codeSize);
    const shape = [n, ...this.codeShape];
    const oriented = this.#orientedCodes(codes);
    using tensor = Tensor.from(this.networks.backend, oriented, shape, "latent codes");
    using tape = inferenceTape(this.networks, this.statistics);
    const { probabilities, refined } = decode(tape, this.networks, tensor, refines && this.refines);
    const rooms = (volume: Tensor): DecodedRooms => ({
      labels: this.#oriented(argmax(tape, volume).toUint8(), this.voxels, 1),
      probabilities: this.#oriented(volume.toFloat32(), this.voxels, this.config.classes),
    });
    return { plain: rooms(probabilities), refined: refined ? rooms(refined) : null };
  }

  /** Reconstructions of `n` rooms, uint8 `[n, D, H, W]`: {@link encode}, then {@link decode}. */
  reconstruct(labels: Uint8Array, n: number): Decoded {
    return this.decode(this.encode(labels, n), n);
  }

  /**
   * `n` new rooms: {@link sampleCodes}, decoded. Room i of a seed is the same whatever n is, unless the run was opened
   * with batch statistics.
   *
   * @param seed uint32.
   * @throws {UserError} as {@link codesOf}.
   */
  generate(n: number, seed: number, request: RoomRequest = {}): Decoded {
    return this.decode(this.sampleCodes(n, seed, 0, request), n);
  }

  /** `n` codes of new rooms, float32 `[n, codeSize]`, from `first` of the seed's sequence on. */
  sampleCodes(n: number, seed: number, first = 0, request: RoomRequest = {}): Float32Array<ArrayBuffer> {
    return this.codesOf(this.sampleNoise(n, seed, first), n, request);
  }

  /**
   * Codes of rooms from noise, both float32 `[n, codeSize]`: where the learned distribution leads the noise, given what
   * is asked, and from there to the code that the encoder has for such a room, which the generator knows better. Near
   * noise gives rooms that are alike.
   *
   * @throws {UserError} if the run has no such prior, or not what is asked for.
   */
  codesOf(noise: Float32Array, n: number, request: RoomRequest = {}): Float32Array<ArrayBuffer> {
    this.#check("codes", noise.length, n, this.codeSize);
    const { prior = this.prior } = request;
    if (prior !== "flow" && asksForSomething(request)) {
      throw new UserError(`only the flow prior can be asked for types and classes; this is ${prior}. ${NO_PRIOR}`);
    }
    if (prior === "none") return Float32Array.from(noise);
    if (!this.priors) throw new UserError(`${this.root} has no ${prior} prior. ${NO_PRIOR}`);
    if (prior === "gaussian") return this.#orientedCodes(this.priors.gaussian.sample(noise));
    const condition = conditionOf(request, this.labels, this.classes.names);
    return this.#settled(this.#orientedCodes(this.priors.flow.sample(noise, condition, request)));
  }

  /** The codes that the encoder has for the rooms of codes. */
  #settled(codes: Float32Array): Float32Array<ArrayBuffer> {
    const settled = new Float32Array(codes.length), size = this.codeSize, count = codes.length / size;
    for (let start = 0; start < count; start += SETTLED_TOGETHER) {
      const n = Math.min(SETTLED_TOGETHER, count - start);
      const { labels } = this.decode(codes.subarray(start * size, (start + n) * size), n, false).plain;
      settled.set(this.encode(labels, n), start * size);
    }
    return settled;
  }

  /**
   * `n` rooms, each a continuation of what is known of one: of several codes the one whose room keeps best to it.
   *
   * @param labels uint8 `[D, H, W]`; what is not known of them is not looked at.
   * @param known uint8 `[D, H, W]`, 1 where a voxel is known.
   * @param seed uint32.
   * @throws {UserError} if the run has no flow prior, or not what is asked for besides.
   */
  complete(labels: Uint8Array, known: Uint8Array, n: number, seed: number, request: RoomRequest = {}): Completed {
    this.#check("rooms", labels.length, 1, this.voxels);
    this.#check("masks", known.length, 1, this.voxels);
    if (!this.priors || (request.prior ?? "flow") !== "flow") {
      throw new UserError(`${this.root}: only a flow prior completes rooms. ${NO_PRIOR}`);
    }
    const given = knownScene(labels, known), { flow } = this.priors;
    const code = flow.knownScale.normalised(this.#orientedCodes(this.encode(given, 1)));
    const [scene, mask] = [given, known].map((volume) => this.#oriented(volume, this.voxels, 1));
    const part = { code, blocks: knownBlocks(scene, mask, this.config.grid) };
    const condition = { ...conditionOf(request, this.labels, this.classes.names), known: part };
    const codes = new Float32Array(n * this.codeSize);
    for (let i = 0; i < n; i++) {
      const noise = this.sampleNoise(COMPLETION_TRIES, seed, i * COMPLETION_TRIES);
      const tried = this.#orientedCodes(flow.sample(noise, condition, request));
      codes.set(this.#mostFaithful(tried, given, known), i * this.codeSize);
    }
    const decoded = this.decode(codes, n);
    const made = (decoded.refined ?? decoded.plain).labels;
    return {
      ...decoded,
      labels: made.map((label, i) => known[i % this.voxels] === 0 ? label : given[i % this.voxels]),
    };
  }

  /**
   * `n` proposals for a changed part of a scene, uint8 `[n, D, H, W]`. What lies outside the mask does not change by a
   * voxel. Proposal i of a seed is the same whatever n is, unless the run was opened with batch statistics.
   *
   * @param labels uint8 `[D, H, W]`.
   * @param mask uint8 `[D, H, W]`, 1 where the scene may change: see `selectedVoxels`.
   * @param seed uint32.
   * @throws {UserError} as {@link complete}; if the mask is empty or there is nothing in it to remove.
   */
  edit(
    labels: Uint8Array,
    mask: Uint8Array,
    condition: EditCondition,
    n = 1,
    seed = 0,
    sampler: SamplerOptions = {},
  ): Uint8Array<ArrayBuffer> {
    this.#check("rooms", labels.length, 1, this.voxels);
    this.#check("masks", mask.length, 1, this.voxels);
    checkLabels(labels, "the scene to edit", undefined, this.config.classes);
    const complete: Complete = (scene, known, request) =>
      this.complete(scene, known, n, seed, { ...request, ...sampler }).labels;
    const { config: { grid }, classes: { names } } = this;
    return proposals({ labels, mask, grid, names, complete }, condition);
  }

  /** The one of the codes whose room has the greatest IoU with what is known. */
  #mostFaithful(codes: Float32Array, given: Uint8Array, known: Uint8Array): Float32Array {
    const n = codes.length / this.codeSize, { labels } = this.decode(codes, n, false).plain;
    const room = (i: number) => labels.subarray(i * this.voxels, (i + 1) * this.voxels);
    const agreement = Array.from({ length: n }, (_, i) => iouWithin(known, 1, room(i), given));
    const best = Math.max(0, agreement.indexOf(Math.max(...agreement))); // of an empty part none is better
    return codes.subarray(best * this.codeSize, (best + 1) * this.codeSize);
  }

  /** `n` times noise from N(0, 1), float32 `[n, codeSize]`, from `first` of the seed's sequence on. */
  sampleNoise(n: number, seed: number, first = 0): Float32Array<ArrayBuffer> {
    this.#checkCount("rooms", n);
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
    return this.options.mirrored ? mirrorVolumes(volumes, cells, channels) : volumes;
  }

  #checkCount(what: string, n: number): void {
    if (!Number.isInteger(n) || n < 1) throw new UserError(`${n} ${what}: expected a whole number from 1 on`);
  }

  #check(what: string, found: number, n: number, each: number): void {
    this.#checkCount(what, n);
    if (found !== n * each) {
      throw new UserError(
        `${n} ${what} of this run are ${n} x ${each} numbers, found ${found}; its grid is ${
          this.config.grid.join("x")
        }`,
      );
    }
  }

  /** Gives the networks' memory back and ends the engine if it was opened here. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}

/** The engine for a run's networks: its precision on a GPU of CUDA, else fp32. */
async function openEngine(
  options: TrainOptions,
  device: string,
  given: Pick<RunOpenOptions, "cpuEngine" | "threads" | "notice">,
): Promise<Backend> {
  const name = resolveDevice(device), precision = ordinalOf(name) === null ? "fp32" : options.precision;
  return await openBackend(name, { ...engineOptions(options), precision, ...given });
}
