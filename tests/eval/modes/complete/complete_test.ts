/** Completions: what is hidden, what comes back, and how it is scored. */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../../base/errors.ts";
import { parseCsv } from "../../../../base/csv.ts";
import type { Grid } from "../../../../data/grid.ts";
import { readNpy, writeNpy } from "../../../../data/formats/npy.ts";
import { makeRoom } from "../../../../data/rooms/mod.ts";
import { completeScene } from "../../../../eval/modes/complete/complete.ts";
import { iouWithin, seamAgreement } from "../../../../eval/metrics/completion_scores.ts";
import { knownBesides } from "../../../../eval/modes/complete/hidden_part.ts";
import { Run } from "../../../../eval/run.ts";
import { openWorkspace } from "../../../../eval/workspace.ts";
import { openBackend } from "../../../../nn/backend/open.ts";
import { train } from "../../../../train/train.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";

const GRID: Grid = [16, 16, 16], VOXELS = 16 ** 3, NAMES = ["empty", "wall", "bed"];
const at = (x: number, y: number, z: number) => (x * 16 + y) * 16 + z;

Deno.test("knownBesides: boxes, halves, pieces of a class, files; what is no mask is refused in a sentence", async () => {
  await using folder = await TemporaryFolder.make();
  const labels = new Uint8Array(VOXELS);
  labels[at(4, 5, 6)] = labels[at(5, 5, 6)] = 2;
  labels[at(0, 0, 0)] = 1;
  const hidden = async (mask: string) => {
    const known = await knownBesides(mask, labels, GRID, NAMES);
    return known.map((value) => 1 - value);
  };
  const count = (mask: Uint8Array) => mask.reduce((sum, value) => sum + value, 0);
  const box = await hidden("box:1,2,3,4,6,8");
  assertEquals([count(box), box[at(1, 2, 3)], box[at(3, 5, 7)], box[at(4, 5, 7)]], [60, 1, 1, 0]);
  const left = await hidden("half:left"), back = await hidden("half:back");
  assertEquals([count(left), left[at(7, 0, 0)], left[at(8, 0, 0)]], [VOXELS / 2, 1, 0]);
  assertEquals([count(back), back[at(0, 0, 8)], back[at(0, 0, 7)]], [VOXELS / 2, 1, 0]);
  const bed = await hidden("class:bed");
  assertEquals([count(bed), bed[at(3, 4, 5)], bed[at(6, 6, 7)], bed[at(0, 0, 0)]], [4 * 3 * 3, 1, 1, 0]);
  const path = folder.join("mask.npy");
  await writeNpy(path, { dtype: "uint8", shape: [...GRID], data: box });
  assertEquals(await hidden(path), box);
  await writeNpy(path, { dtype: "uint8", shape: [2], data: new Uint8Array(2) });
  const refused: [string, string][] = [
    ["half:middle", "halves are left, right"],
    ["half:toString", "halves are left, right"],
    ["box:1,2,3", "expected box:x0"],
    ["box:4,2,3,1,6,8", "expected box:x0"],
    ["class:sofa", "there is no class sofa; there are wall, bed"],
    ["class:empty", "there is no class empty"],
    ["box:16,0,0,20,9,9", "hides nothing"],
    ["box:0,0,0,16,16,16", "hides the whole scene"],
    ["", "expected box:x0"],
    [path, "expected a mask of the scene's 16x16x16 voxels"],
    [folder.join("none.npy"), "none.npy"],
  ];
  for (const [mask, message] of refused) await assertRejects(() => hidden(mask), UserError, message);
});

Deno.test("iouWithin, seamAgreement: worked out on a few voxels", () => {
  const grid: Grid = [1, 1, 6], mask = Uint8Array.of(1, 1, 1, 0, 0, 0);
  const one = Uint8Array.of(1, 2, 0, 3, 0, 0), other = Uint8Array.of(1, 3, 0, 3, 4, 0);
  assertEquals([iouWithin(mask, 1, one, other), iouWithin(mask, 0, one, other)], [0.5, 0.5]);
  assertEquals([seamAgreement(mask, one, grid), seamAgreement(mask, Uint8Array.of(0, 0, 5, 5, 0, 0), grid)], [0, 1]);
  assertEquals(seamAgreement(mask, new Uint8Array(6), grid), NaN);
});

Deno.test("iouWithin, seamAgreement: what is unknown of the scene is left out", () => {
  const mask = Uint8Array.of(1, 1, 1, 0, 0, 0), real = Uint8Array.of(3, 255, 0, 3, 255, 255);
  const made = Uint8Array.of(3, 7, 2, 0, 3, 3);
  assertEquals([iouWithin(mask, 1, made, real), iouWithin(mask, 0, made, real)], [1 / 2, 0]);
  assertEquals(seamAgreement(Uint8Array.of(1, 0, 1), Uint8Array.of(255, 3, 3), [1, 1, 3]), 1);
});

Deno.test("completeScene: the known part comes back as given, the rest differs by seed; files, table, once only", async () => {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const { root } = await train({ preset: "tiny", scenes: 12, out: folder.join("run") }, { backend });
  using run = await Run.open(root, { backend });
  const said: string[] = [], out = folder.join("out");
  const workspace = await openWorkspace(run, { out, batch: 4, threads: 1, say: (line) => said.push(line) });
  const scene = makeRoom(GRID, 5, 1);
  const table = await completeScene(workspace, scene, { mask: "half:right", count: 3, seed: 4 });
  assert(table.includes("scene itself"), table);
  const { data, shape } = await readNpy(`${out}/complete.npy`);
  assertEquals(shape, [3, ...GRID]);
  const rooms = [0, 1, 2].map((i) => Uint8Array.from(data.subarray(i * VOXELS, (i + 1) * VOXELS), Number));
  const left = (room: Uint8Array) => room.slice(0, VOXELS / 2);
  for (const room of rooms) assertEquals(left(room), left(scene));
  const again = run.complete(scene, (await readNpy(`${out}/complete_known.npy`)).data as Uint8Array, 1, 4);
  assertEquals(again.labels, rooms[0]);
  const hiddenElsewhere = scene.map((label, voxel) => voxel < VOXELS / 2 ? label : 3);
  const known = new Uint8Array(VOXELS).fill(1, 0, VOXELS / 2);
  assertEquals(run.complete(hiddenElsewhere, known, 1, 4).labels, rooms[0], "what is hidden is not looked at");
  assertNotEquals(run.complete(scene, known, 1, 5).plain.probabilities, again.plain.probabilities);
  const [heads, ...rows] = parseCsv(await Deno.readTextFile(`${out}/complete.csv`), "complete.csv");
  assertEquals([heads.length, rows.map(([name]) => name)], [4, ["0", "1", "2", "scene itself"]]);
  assertEquals(await completeScene(workspace, scene, { mask: "half:right", count: 3, seed: 4 }), "");
  assertEquals(said, ["The completions were finished already and stay as they are."]);
  const { root: older } = await train({ preset: "tiny", priorIterations: 0, out: folder.join("older") }, { backend });
  using without = await Run.open(older, { backend });
  await assertRejects(
    async () => await Promise.resolve(without.complete(scene, known, 1, 0)),
    UserError,
    "--stage prior",
  );
});

Deno.test("Run.complete: what is known comes back nearly as well as from the room's own code, before it is pasted", async () => {
  using run = await Run.open(); // trained: an untrained prior keeps to nothing
  const { grid } = run.config, rooms = Array.from({ length: 12 }, (_, i) => makeRoom(grid, 99, i));
  let kept = 0, ofReconstruction = 0;
  for (const [i, room] of rooms.entries()) {
    const known = await knownBesides(
      `half:${["left", "right", "front", "back"][i % 4]}`,
      room,
      grid,
      run.classes.names,
    );
    kept += iouWithin(known, 1, run.complete(room, known, 1, i).plain.labels, room);
    ofReconstruction += iouWithin(known, 1, run.reconstruct(room, 1).plain.labels, room);
  }
  assert(kept >= 0.97 * ofReconstruction, `${kept / ofReconstruction} of the reconstruction's IoU`);
});
