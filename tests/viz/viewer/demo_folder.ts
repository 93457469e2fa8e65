/** What the viewer shows in its tests: full-size rooms, a run, a model that stands for networks. */
import { join } from "@std/path";
import { UniformSequence } from "../../../base/random.ts";
import { FULL_GRID, voxelCount } from "../../../data/grid.ts";
import type { GivenScene } from "../../../data/scenes/growth.ts";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { makeRoom } from "../../../data/rooms/mod.ts";
import { selectedVoxels } from "../../../data/scenes/selection.ts";
import { startingScene } from "../../../run/project.ts";
import type { RoomModel } from "../../../viz/viewer/room_model.ts";
import type { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { tick } from "./served.ts";

/** Three rooms of the paper's size. */
export const ROOMS = [13, 5, 22].map((index) => makeRoom(FULL_GRID, 4, index));

/** A room in which each voxel comes from `one` or, with probability `share`, from `other`; the same draw every time. */
export function blend(one: Uint8Array, other: Uint8Array, share: number): Uint8Array {
  const draw = new UniformSequence({ seed: 1, stream: 1, iteration: 0 });
  return one.map((label, i) => draw.next() < share ? other[i] : label);
}

/** A room moved by a voxel along z where the draw says so: what a poor reconstruction looks like. */
export function worse(room: Uint8Array, share: number): Uint8Array {
  const moved = new Uint8Array(room.length);
  moved.set(room.subarray(1));
  return blend(room, moved, share);
}

/** A stack of rooms as a file. */
export function stack(rooms: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(rooms.length * voxelCount(FULL_GRID));
  rooms.forEach((room, i) => data.set(room, i * room.length));
  return encodeNpy({ dtype: "uint8", shape: [rooms.length, ...FULL_GRID], data });
}

/** Writes a run with an evaluation, scenes, and what is broken. */
export async function fillFolder(folder: TemporaryFolder): Promise<void> {
  const run = "demo/runs/full", evaluation = `${run}/evaluation`;
  await folder.write(`${run}/options.json`, "{}");
  await folder.write(`${run}/stats.jsonl`, Array.from({ length: 40 }, (_, i) => tick(i + 1)).join("\n") + "\n");
  await folder.write(`${run}/checkpoints/step-000040.safetensors`, "");
  await folder.write(`${evaluation}/real.npy`, stack(ROOMS));
  await folder.write(`${evaluation}/recons.npy`, stack(ROOMS.map((room) => worse(room, 0.12))));
  await folder.write(`${evaluation}/recons_refine.npy`, stack(ROOMS.map((room) => worse(room, 0.02))));
  const steps = Array.from({ length: 8 }, (_, i) => blend(ROOMS[0], ROOMS[1], i / 7));
  await folder.write(`${evaluation}/interpolation0-1.npy`, stack(steps));
  await folder.write(`${evaluation}/interpolation_unrefined0-1.npy`, stack(steps.map((room) => worse(room, 0.05))));
  const variants = [0, 0.1, 0.2].map((share) => blend(ROOMS[0], ROOMS[1], share));
  await folder.write(`${evaluation}/noise0_204.npy`, stack(variants));
  await folder.write("demo/bad/real.npy", "this is not numpy");
  await folder.write("demo/scenes/soon-broken.npy", encodeNpy({ dtype: "uint8", shape: FULL_GRID, data: ROOMS[2] }));
}

const EDITOR = { checksum: "demo", step: 40, engine: "none", sampler: { steps: 10, guidance: 2, temperature: 1 } };

/** Stands for networks: a code's first number blends two rooms, wishes add to it. */
const MODEL: RoomModel = {
  info: {
    ...{ grid: FULL_GRID, latentGrid: [5, 3, 5], latentChannels: 16, step: 40, refines: true, types: ["bedroom"] },
    editor: EDITOR,
  },
  sampleNoise: (seed) => new Float32Array(1200).fill(seed % 7 / 7),
  codeOf: (noise, wish) => noise.map((number) => number + (wish.type ? 1 : 0) + wish.with.length),
  encode: () => new Float32Array(1200),
  decode: (code, refines) => {
    const room = blend(ROOMS[1], ROOMS[2], Math.abs(code[0]) / 3);
    return { plain: worse(room, 0.1), refined: refines ? room : null };
  },
  edit({ labels, grid }, { selection, condition, seed }, n) {
    if ("beyond" in selection) return new Array(n).fill({ labels, grid });
    const mask = selectedVoxels(selection, labels, grid);
    const made = (proposal: number) => condition.change === "remove" ? 0 : 5 + (seed + proposal) % 7;
    return Array.from({ length: n }, (_, proposal) => ({
      labels: labels.map((label, voxel) => mask[voxel] === 0 || label === 0 ? label : made(proposal)),
      grid,
    }));
  },
  replay(project) {
    const scenes: GivenScene[] = [{ labels: startingScene(project, "the project"), grid: project.scene.grid }];
    for (const edit of project.edits) {
      scenes.push(this.edit(scenes.at(-1)!, edit, edit.proposal + 1, project.run.sampler)[edit.proposal]);
    }
    return scenes;
  },
  [Symbol.dispose]() {},
};

/** The networks at the newest checkpoint of a run. */
export async function openModel(run: string): Promise<RoomModel> {
  const names = await Array.fromAsync(Deno.readDir(join(run, "checkpoints")), ({ name }) => name);
  return { ...MODEL, info: { ...MODEL.info, step: Math.max(...names.map((name) => Number(name.slice(5, 11)))) } };
}
