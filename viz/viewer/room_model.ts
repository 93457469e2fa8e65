import type { GivenScene } from "../../data/scenes/growth.ts";
import type { EditRequest, Project, ProjectRun } from "../../run/project.ts";
import type { ModelInfo, RoomWish } from "./catalogue.ts";

/** A room in each of its stages, labels `[D, H, W]`. */
export interface DecodedRoom {
  /** As the generator gives it. */
  readonly plain: Uint8Array;
  /** Null where there is no trained refiner. */
  readonly refined: Uint8Array | null;
}

/** The networks of a checkpoint, as the viewer uses them. What makes it brings the engine along. */
export interface RoomModel extends Disposable {
  readonly info: ModelInfo;
  /** What a new room is made from: as many numbers as a code has, from N(0, 1). */
  sampleNoise(seed: number): Float32Array;
  /** The code that noise leads to; of a run that learned no distribution of codes, the noise itself. */
  codeOf(noise: Float32Array, wish: RoomWish): Float32Array;
  /** The code of a room, labels `[D, H, W]`. */
  encode(labels: Uint8Array): Float32Array;
  /** The room of a code `[D/16, H/16, W/16, latentChannels]`; without the refiner if `refines` is false. */
  decode(code: Float32Array, refines: boolean): DecodedRoom;
  /** `n` proposals for an edit of a scene. */
  edit(scene: GivenScene, request: EditRequest, n: number, sampler: ProjectRun["sampler"]): readonly GivenScene[];
  /** The scenes of a project: at its beginning and after each edit. */
  replay(project: Project): readonly GivenScene[];
}

/** Opens the newest checkpoint of the run in a folder. @throws {UserError} if there is none or it is damaged. */
export type OpenModel = (run: string) => Promise<RoomModel>;

/** Keeps the model that was used last open, as opening one takes much longer than using it. */
export class ModelShelf implements AsyncDisposable {
  #run: string | null = null;
  #model: Promise<RoomModel> | null = null;

  constructor(readonly open: OpenModel) {}

  /** The model of a run. Opens it if it is not the last one, which is given back then, or if it shall be opened anew. */
  async take(run: string, anew = false): Promise<RoomModel> {
    if (this.#run !== run || anew) {
      const before = this.#model;
      this.#run = run;
      this.#model = this.#replace(before, run);
    }
    const model = this.#model!;
    try {
      return await model;
    } catch (cause) {
      if (this.#model === model) {
        this.#run = null;
        this.#model = null;
      }
      throw cause;
    }
  }

  async #replace(before: Promise<RoomModel> | null, run: string): Promise<RoomModel> {
    (await before?.catch(() => null))?.[Symbol.dispose]();
    return await this.open(run);
  }

  /** Gives the open model back. */
  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#model?.catch(() => null))?.[Symbol.dispose]();
    this.#run = null;
    this.#model = null;
  }
}
