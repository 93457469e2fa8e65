import { UserError } from "../base/errors.ts";
import { classSetOf } from "../data/class_file.ts";
import type { ClassSet } from "../data/classes.ts";
import { checkGrid, formatGrid, type Grid, GRID_MULTIPLE, voxelCount } from "../data/grid.ts";
import { checkLabels } from "../data/labels.ts";
import type { Backend } from "../nn/backend/backend.ts";
import type { CpuEngineName } from "../nn/backend/cpu/native/choice.ts";
import { ordinalOf, resolveDevice } from "../nn/backend/device_name.ts";
import { openBackend } from "../nn/backend/open.ts";
import type { ModelConfig } from "../nn/models/config.ts";
import type { SamplerOptions } from "../nn/prior/flow_prior.ts";
import type { NormStatistics } from "../nn/tape.ts";
import { finished } from "../nn/work.ts";
import { latestCheckpoint, readCheckpoint } from "../run/checkpoint.ts";
import { engineOptions, modelOf, type TrainOptions } from "../run/config.ts";
import type { EditCondition } from "../run/project.ts";
import { runFolder } from "../run/run_folder.ts";
import { SHIPPED_MODEL } from "../run/shipped_model.ts";
import {
  type GivenScene,
  grownGrid,
  grownScene,
  type Growth,
  newScene,
  type SceneChoice,
  type SceneMaker,
} from "./larger_scenes.ts";
import { conditionOf, type PriorName, type RoomRequest } from "./room_request.ts";
import { type Completed, type Decoded, NO_PRIOR, Rooms } from "./rooms.ts";

export type { Completed, Decoded, DecodedRooms } from "./rooms.ts";

/** Most voxels of a larger scene, some 130 times the paper's: its labels and codes stay in memory. */
const MOST_VOXELS = 2 ** 25;

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
    return this.#rooms.networks.backend;
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

  /**
   * A new scene of a grid larger than the run's: uint8 `[D, H, W]`, as the generator gives it.
   *
   * @param grid multiples of 16, none smaller than the run's.
   * @param seed uint32. @param index which scene of the seed.
   * @throws {UserError} if the run has no flow prior or its generator is not convolutional, the grid is too small or too
   *   large, or the run has not what is asked for.
   */
  generateLarger(grid: Grid, seed: number, index = 0, request: RoomRequest = {}): Uint8Array<ArrayBuffer> {
    return newScene(this.#sceneMaker(grid, request), grid, this.#choice(seed, index, request));
  }

  /**
   * A scene that goes on beyond its borders: uint8 of the grid {@link grownGrid}, in which the given voxels are as they
   * were.
   *
   * @param growth voxels to add on each side, multiples of 16.
   * @param seed uint32. @param index which continuation of the seed.
   * @throws {UserError} as {@link generateLarger}; for a scene or growth of other than multiples of 16.
   */
  extend(
    scene: GivenScene,
    growth: Growth,
    seed: number,
    index = 0,
    request: RoomRequest = {},
  ): Uint8Array<ArrayBuffer> {
    checkGrid(scene.grid, "scene to extend");
    this.#rooms.check("scenes", scene.labels.length, 1, voxelCount(scene.grid));
    checkLabels(scene.labels, "scene to extend", scene.grid, this.config.classes);
    if (![...growth.before, ...growth.after].every((voxels) => voxels >= 0 && voxels % GRID_MULTIPLE === 0)) {
      throw new UserError(
        `growth of [${growth.before}] before and [${growth.after}] after: expected multiples of ${GRID_MULTIPLE}, or 0`,
      );
    }
    const maker = this.#sceneMaker(grownGrid(scene.grid, growth), request);
    return grownScene(maker, scene, growth, this.#choice(seed, index, request));
  }

  #choice(seed: number, index: number, request: RoomRequest): SceneChoice {
    return { seed, index, condition: conditionOf(request, this.labels, this.classes.names), sampler: request };
  }

  /** What makes scenes of a grid. @throws {UserError} if this run cannot, or not of this grid */
  #sceneMaker(grid: Grid, { prior = "flow" }: RoomRequest): SceneMaker {
    const { networks, priors } = this.#rooms, { generator, grid: own } = this.config, size = formatGrid(grid);
    checkGrid(grid, `scenes of ${size}`);
    if (generator !== "conv" || this.options.mirrored) {
      throw new UserError(
        `${this.root}: scenes larger than the grid need a generator that begins with a convolution; train a run with ` +
          `--generator conv`,
      );
    }
    if (!priors || prior !== "flow") {
      throw new UserError(`${this.root}: only a flow prior makes scenes larger than the grid. ${NO_PRIOR}`);
    }
    if (this.statistics !== "running") {
      throw new UserError(
        `${this.root}: scenes larger than the grid need stored statistics of batch norm: --bn running`,
      );
    }
    if (grid.some((voxels, axis) => voxels < own[axis])) {
      throw new UserError(
        `scenes of ${size} voxels are smaller than this run's ${formatGrid(own)}; choose a larger size`,
      );
    }
    if (voxelCount(grid) > MOST_VOXELS) {
      throw new UserError(
        `scenes of ${size} are ${voxelCount(grid)} voxels, at most ${MOST_VOXELS}; choose a smaller size`,
      );
    }
    return { networks, flow: priors.flow };
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
