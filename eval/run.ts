import { classSetOf } from "../data/class_file.ts";
import type { ClassSet } from "../data/classes.ts";
import type { Backend } from "../nn/backend/backend.ts";
import type { CpuEngineName } from "../nn/backend/cpu/native/choice.ts";
import { ordinalOf, resolveDevice } from "../nn/backend/device_name.ts";
import { openBackend } from "../nn/backend/open.ts";
import type { ModelConfig } from "../nn/models/config.ts";
import type { Networks } from "../nn/models/networks.ts";
import type { SamplerOptions } from "../nn/prior/flow_prior.ts";
import type { NormStatistics } from "../nn/tape.ts";
import { finished } from "../nn/work.ts";
import { latestCheckpoint, readCheckpoint } from "../run/checkpoint.ts";
import { engineOptions, modelOf, type TrainOptions } from "../run/config.ts";
import type { Priors } from "../run/prior_state.ts";
import type { EditCondition } from "../run/project.ts";
import { runFolder } from "../run/run_folder.ts";
import { SHIPPED_MODEL } from "../run/shipped_model.ts";
import type { PriorName, RoomRequest } from "./room_request.ts";
import { type Completed, type Decoded, Rooms } from "./rooms.ts";

export type { Completed, Decoded, DecodedRooms } from "./rooms.ts";

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
  /** Labels of scenes that rooms can be asked to be like. */
  readonly labels: readonly string[];
  /** Whether the refiner was trained. */
  readonly refines: boolean;
  /** Statistics of batch norm. */
  readonly statistics: NormStatistics;
  readonly #rooms: Rooms;
  readonly #owned: DisposableStack;

  private constructor(
    readonly root: string,
    readonly options: TrainOptions,
    /** Iterations that the weights were trained for. */
    readonly step: number,
    /** SHA-256 of the checkpoint, in hexadecimal. */
    readonly checksum: string,
    rooms: Rooms,
    owned: DisposableStack,
  ) {
    this.labels = rooms.facts.labels;
    this.refines = rooms.refines;
    this.statistics = rooms.facts.statistics;
    this.#rooms = rooms;
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
    const { options, step: trained, tensors, sceneLabels = [], checksum } = checkpoint;
    const facts = {
      ...{ root, config: modelOf(options), labels: sceneLabels, mirrored: options.mirrored },
      statistics: statistics ?? options.bn,
      classNames: classSetOf(options.classes).names,
    };
    const rooms = guard.use(Rooms.open(engine, facts, tensors, path));
    return new Run(root, options, trained, checksum, rooms, guard.move());
  }

  /**
   * Networks of the checkpoint, for what works on them; they stay the run's.
   * @internal
   */
  get networks(): Networks {
    return this.#rooms.networks;
  }

  /**
   * Distributions of codes, if the run has learned them, likewise.
   * @internal
   */
  get priors(): Priors | null {
    return this.#rooms.priors;
  }

  /** Sizes of the networks. */
  get config(): ModelConfig {
    return this.#rooms.config;
  }

  /** What the labels stand for. */
  get classes(): ClassSet {
    return classSetOf(this.options.classes);
  }

  /** Where codes of new rooms come from unless asked otherwise: the learned distribution if the run has one. */
  get prior(): PriorName {
    return this.#rooms.prior;
  }

  /** Sizes of one code: `[D/16, H/16, W/16, latentChannels]`, or `[numbers]` where codes have no places. */
  get codeShape(): readonly number[] {
    return this.#rooms.codeShape;
  }

  /** Numbers in one code. */
  get codeSize(): number {
    return this.#rooms.codeSize;
  }

  /** Engine that the networks are on; it stays the run's, or its giver's. */
  get backend(): Backend {
    return this.networks.backend;
  }

  /** Voxels of one room. */
  get voxels(): number {
    return this.#rooms.voxels;
  }

  /**
   * Codes float32 `[n, …]` of the shape {@link codeShape} of `n` rooms, uint8 `[n, D, H, W]`: of a variational encoder
   * the means.
   * @throws {UserError} if there are not n times the run's number of voxels, or a label is no class.
   */
  encode(labels: Uint8Array, n: number): Float32Array<ArrayBuffer> {
    return finished(this.#rooms.encode(labels, n));
  }

  /**
   * Rooms from `n` codes.
   * @param refines false leaves the refiner out, which takes ten times as long as the generator.
   * @throws {UserError} if there are not n times {@link codeSize} numbers.
   */
  decode(codes: Float32Array, n: number, refines: boolean = this.refines): Decoded {
    return finished(this.#rooms.decode(codes, n, refines));
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
    return finished(this.#rooms.codesOf(noise, n, request));
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
    return finished(this.#rooms.complete(labels, known, n, seed, request));
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
    return finished(this.#rooms.edit(labels, mask, condition, n, seed, sampler));
  }

  /** `n` times noise from N(0, 1), float32 `[n, codeSize]`, from `first` of the seed's sequence on. */
  sampleNoise(n: number, seed: number, first = 0): Float32Array<ArrayBuffer> {
    return this.#rooms.sampleNoise(n, seed, first);
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
