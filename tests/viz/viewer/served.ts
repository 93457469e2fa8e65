/** A folder with runs and volumes, served for a test. */
import { UserError } from "../../../base/errors.ts";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { type Grid, voxelCount } from "../../../data/grid.ts";
import type { GivenScene } from "../../../data/scenes/growth.ts";
import type { EditRequest, Project } from "../../../run/project.ts";
import type { RoomWish } from "../../../viz/viewer/catalogue.ts";
import type { RoomModel } from "../../../viz/viewer/room_model.ts";
import { startViewer, type Viewer } from "../../../viz/viewer/server.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { closedRoom } from "../draw/scenes.ts";

/** Size of the rooms in the folder. */
export const GRID: Grid = [16, 16, 32];
/** The room in all files of real.npy. */
export const ROOM: Uint8Array = closedRoom(GRID);

/** A stack of `count` rooms; room i has its voxel (1, 1, 1) set to class i + 1. */
export function stackOf(count: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(count * ROOM.length);
  for (let i = 0; i < count; i++) {
    data.set(ROOM, i * ROOM.length);
    data[i * ROOM.length + (1 * GRID[1] + 1) * GRID[2] + 1] = i + 1;
  }
  return encodeNpy({ dtype: "uint8", shape: [count, ...GRID], data });
}

/** A line of stats.jsonl. */
export function tick(iteration: number): string {
  return JSON.stringify({
    phase: "base",
    iteration,
    step: iteration,
    seconds: iteration,
    iterationsPerSecond: 1,
    peakBytes: 0,
    losses: { recons_loss: 9 / iteration, gen_loss: 1 },
  });
}

/**
 * Fills a folder: a run with losses, a checkpoint (empty: only its name counts here) and an evaluation of 3 scenes, an
 * interpolation, two scenes, latent codes, and a broken file.
 */
export async function fillFolder(folder: TemporaryFolder): Promise<void> {
  const run = "runs/one";
  await folder.write(`${run}/options.json`, "{}");
  await folder.write(`${run}/stats.jsonl`, `${tick(1)}\n${tick(2)}\n`);
  await folder.write(`${run}/checkpoints/step-000002.safetensors`, "");
  for (const name of ["real", "recons", "recons_refine"]) {
    await folder.write(`${run}/evaluation/${name}.npy`, stackOf(3));
  }
  await folder.write(`${run}/evaluation/interpolation0-1.npy`, stackOf(5));
  const codes = { dtype: "float32", shape: [1, 1, 1, 2, 3], data: new Float32Array(6) } as const;
  await folder.write(`${run}/evaluation/interpolation_z0-1.npy`, encodeNpy(codes));
  await folder.write(`${run}/evaluation/decode_z.npy`, encodeNpy(codes));
  for (const name of ["room-2", "room-10"]) {
    await folder.write(
      `scenes/${name}/labels.npy`,
      encodeNpy({ dtype: "int16", shape: GRID, data: Int16Array.from(ROOM) }),
    );
  }
  await folder.write("broken.npy", "this is not numpy");
}

/** Step of the newest checkpoint in a run; 0 if it has none. */
function newestStepOf(run: string): number {
  try {
    const names = [...Deno.readDirSync(`${run}/checkpoints`)].map(({ name }) => name);
    return Math.max(...names.filter((name) => /\d\.safetensors$/.test(name)).map((name) => Number(name.slice(5, 11))));
  } catch {
    return 0;
  }
}

const EDITOR = { checksum: "test", step: 2, engine: "none", sampler: { steps: 10, guidance: 2, temperature: 1 } };

/** Networks without weights: the code's first number is the class that fills the room, and its seed; wishes add to it. */
export class TestModel implements RoomModel {
  readonly info: RoomModel["info"];
  disposed = 0;

  constructor(readonly run: string) {
    this.info = {
      grid: GRID,
      latentGrid: [1, 1, 2],
      latentChannels: 3,
      step: newestStepOf(run),
      refines: true,
      editor: EDITOR,
      types: ["bedroom"],
    };
  }

  sampleNoise(seed: number): Float32Array {
    return Float32Array.of(seed, 0, 0, 0, 0, 0);
  }

  codeOf(noise: Float32Array, { type, with: present, without }: RoomWish): Float32Array {
    if (type !== undefined && type !== "bedroom") throw new UserError(`there is no type of room ${type}`);
    return noise.map((number, i) =>
      i === 0 ? number + (type ? 1 : 0) + 2 * present.length + 4 * without.length : number
    );
  }

  encode(labels: Uint8Array): Float32Array {
    return Float32Array.of(labels[0], 0, 0, 0, 0, 0);
  }

  decode(code: Float32Array, refines: boolean): { plain: Uint8Array; refined: Uint8Array | null } {
    const label = Math.abs(Math.round(code[0])) % 12;
    return { plain: new Uint8Array(ROOM.length).fill(label), refined: refines ? ROOM : null };
  }

  edit({ grid }: GivenScene, { seed }: EditRequest, n: number): GivenScene[] {
    return Array.from({ length: n }, () => ({ labels: new Uint8Array(voxelCount(grid)).fill(seed % 12), grid }));
  }

  replay({ edits }: Project): GivenScene[] {
    return Array.from({ length: 1 + edits.length }, () => ({ labels: ROOM, grid: GRID }));
  }

  [Symbol.dispose](): void {
    this.disposed++;
  }
}

/** A served folder with everything of {@link fillFolder}. Dispose it to stop the server and remove the folder. */
export class ServedTestFolder implements AsyncDisposable {
  private constructor(readonly folder: TemporaryFolder, readonly viewer: Viewer, readonly models: TestModel[]) {}

  static async start(): Promise<ServedTestFolder> {
    const folder = await TemporaryFolder.make();
    await fillFolder(folder);
    const models: TestModel[] = [];
    const openModel = (run: string): Promise<TestModel> => {
      models.push(new TestModel(run));
      return Promise.resolve(models.at(-1)!);
    };
    return new ServedTestFolder(folder, await startViewer({ folder: folder.path, port: 0, openModel }), models);
  }

  /** Asks the server; `path` with its query. */
  ask(path: string, init?: RequestInit): Promise<Response> {
    return fetch(new URL(path, this.viewer.url), init);
  }

  /** Status and message of a request that fails. */
  async refused(path: string, init?: RequestInit): Promise<[status: number, message: string]> {
    const response = await this.ask(path, init);
    return [response.status, (await response.json()).error];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.viewer[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}
