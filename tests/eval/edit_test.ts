/** Edits: what may change, what comes in its place, and projects that are made again. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { CLASS_NAMES } from "../../data/classes.ts";
import { type Grid, voxelCount } from "../../data/grid.ts";
import { readNpy } from "../../data/formats/npy.ts";
import { makeRoom } from "../../data/rooms/mod.ts";
import { fingerprint } from "../../data/scenes/fingerprint.ts";
import type { GivenScene } from "../../data/scenes/growth.ts";
import { objectAt, selectedVoxels } from "../../data/scenes/selection.ts";
import { type Complete, proposals } from "../../eval/edit.ts";
import { REPLAY } from "../../eval/modes/replay.ts";
import { proposalsFor } from "../../eval/edit_request.ts";
import { EDIT_SAMPLER, inLastGrid, replay } from "../../eval/replay.ts";
import type { RoomRequest } from "../../eval/room_request.ts";
import { Run } from "../../eval/run.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { windowOf } from "../../nn/canvas.ts";
import { finished } from "../../nn/work.ts";
import {
  type EditCondition,
  type EditRequest,
  LONGEST_PROJECT,
  parseProject,
  type Project,
  readProject,
} from "../../run/project.ts";
import { SHIPPED_MODEL } from "../../run/shipped_model.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";
import { runTask } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

/**
 * A session with the shipped model. Where proposals are drawn otherwise on purpose it is recorded anew: replay it with
 * --cpu-engine wasm and take the replay.json.
 */
const RECORDED = "tests/fixtures/corpus/project/rooms-small.json";
const GRID: Grid = [32, 16, 32], VOXELS = 32 * 16 * 32;
/** Of its scenes after it went on. */
const LAST_GRID: Grid = [64, 16, 32];
const labelOf = (name: typeof CLASS_NAMES[number]) => CLASS_NAMES.indexOf(name);

async function recorded(): Promise<Project> {
  const path = new URL(`../../${RECORDED}`, import.meta.url);
  return parseProject(await Deno.readTextFile(path), RECORDED);
}

/** A voxel of the class. */
function placeOf(name: typeof CLASS_NAMES[number], labels: Uint8Array): Grid {
  const voxel = labels.indexOf(labelOf(name));
  return [Math.floor(voxel / (GRID[1] * GRID[2])), Math.floor(voxel / GRID[2]) % GRID[1], voxel % GRID[2]];
}

Deno.test("Run.edit: outside the mask nothing changes by a voxel, whatever is done; by seed, not by number", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  const before = heldBytes(backend);
  {
    using run = await Run.open(SHIPPED_MODEL, { backend });
    const room = makeRoom(GRID, 5, 1), furniture = placeOf("furn", room);
    const masks = [
      selectedVoxels({ object: furniture }, room, GRID),
      selectedVoxels({ box: { start: [0, 0, 0], end: [20, 12, 18] } }, room, GRID),
    ];
    const conditions: EditCondition[] = [
      { change: "remove" },
      { change: "replace", by: "sofa" },
      { change: "regenerate" },
      { change: "regenerate", type: "bedroom", with: ["bed"], without: ["table"] },
    ];
    for (const mask of masks) {
      for (const condition of conditions) {
        const made = run.edit(room, mask, condition, 4, 3);
        assertEquals(made.length, 4 * VOXELS);
        for (let i = 0; i < made.length; i++) {
          if (mask[i % VOXELS] === 0 && made[i] !== room[i % VOXELS]) throw new Error(`voxel ${i} changed`);
        }
        assertEquals(run.edit(room, mask, condition, 2, 3), made.slice(0, 2 * VOXELS));
        const inside = made.subarray(0, VOXELS).filter((_, voxel) => mask[voxel] !== 0);
        if (condition.change === "replace") assert(inside.includes(labelOf("sofa")));
        if (condition.change === "remove") assert(inside.every((label) => label <= labelOf("window")));
      }
    }
    const voxels = objectAt(furniture, room, GRID), removed = run.edit(room, masks[0], { change: "remove" });
    assert(voxels.every((voxel) => removed[voxel] !== labelOf("furn")), "the object is gone");
    const again = (seed: number) => run.edit(room, masks[1], { change: "regenerate" }, 1, seed);
    assertNotEquals(again(1), again(2));

    const refused: [() => unknown, string][] = [
      [() => run.edit(room, new Uint8Array(VOXELS), { change: "remove" }), "nothing is selected"],
      [() => run.edit(new Uint8Array(VOXELS), masks[1], { change: "remove" }), "nothing to remove"],
      [() => run.edit(room, masks[0], { change: "replace", by: "piano" }), 'there is no class "piano"'],
      [() => run.edit(room, new Uint8Array(7), { change: "remove" }), "found 7"],
      [() => run.edit(room.map(() => 12), masks[0], { change: "remove" }), "label 12"],
    ];
    for (const [edit, says] of refused) assertThrows(edit, UserError, says);
  }
  assertNothingHeld(backend, before);
});

Deno.test("proposals: floor and walls come back behind what is removed, a window goes into the wall, others stay", () => {
  const grid: Grid = [1, 3, 4], labels = Uint8Array.of(2, 2, 2, 2, 6, 0, 0, 4, 0, 5, 0, 3);
  const asked: RoomRequest[] = [];
  const completed = Uint8Array.of(2, 3, 2, 3, 2, 3, 8, 3, 1, 5, 9, 3);
  const edit = (selected: readonly number[], condition: EditCondition) => {
    const mask = labels.map((_, voxel) => selected.includes(voxel) ? 1 : 0);
    // deno-lint-ignore require-yield
    const complete: Complete = function* (_labels, _known, request) {
      asked.push(request);
      return completed.slice();
    };
    return [...finished(proposals({ labels, mask, grid, names: CLASS_NAMES, complete }, condition))];
  };
  // The bed: what the completion has there is floor. Its neighbours on the floor, selected too, stay.
  assertEquals(edit([0, 1, 4, 5], { change: "remove" }), [2, 2, 2, 2, 2, 0, 0, 4, 0, 5, 0, 3]);
  // The window: wall. The chair: the completion has one again, which does not count.
  assertEquals(edit([7], { change: "remove" }), [2, 2, 2, 2, 6, 0, 0, 3, 0, 5, 0, 3]);
  assertEquals(edit([9], { change: "remove" }), [2, 2, 2, 2, 6, 0, 0, 4, 0, 0, 0, 3]);
  // A table by the completion, and its tv, are the sofa that is asked for.
  assertEquals(edit([4, 6, 10], { change: "replace", by: "sofa" }), [2, 2, 2, 2, 2, 0, 7, 4, 0, 5, 7, 3]);
  // Where it stands nothing the bed's shape becomes one.
  assertEquals(edit([4, 5], { change: "replace", by: "sofa" }), [2, 2, 2, 2, 7, 3, 0, 4, 0, 5, 0, 3]);
  assertEquals(edit([5, 6, 8], { change: "regenerate", with: ["bed"] }), [2, 2, 2, 2, 6, 3, 8, 4, 1, 5, 0, 3]);
  assertEquals(asked, [
    { without: ["bed"] },
    { without: ["window"] },
    { without: ["chair"] },
    { with: ["sofa"], without: ["bed"] },
    { with: ["sofa"], without: ["bed"] },
    { with: ["bed"] },
  ]);
});

Deno.test("proposals: completions are not told the outline of an object, but all outside the box around it", () => {
  const grid: Grid = [1, 3, 4], labels = new Uint8Array(12).fill(2), mask = new Uint8Array(12);
  labels[5] =
    mask[5] =
    mask[2] =
    mask[9] =
      1;
  let told: number[] = [];
  // deno-lint-ignore require-yield
  const complete: Complete = function* (given, known) {
    told = [...known];
    return given.slice() as Uint8Array<ArrayBuffer>;
  };
  finished(proposals({ labels, mask, grid, names: CLASS_NAMES, complete }, { change: "regenerate" }));
  assertEquals(told, [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]);
});

Deno.test("proposalsFor: a larger scene changes in the selection alone, and goes on beyond a side as it was", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  const before = heldBytes(backend);
  {
    using run = await Run.open(SHIPPED_MODEL, { backend });
    const room = { labels: makeRoom(GRID, 5, 1), grid: GRID }, sampler = EDIT_SAMPLER;
    const ask = (scene: GivenScene, edit: Omit<EditRequest, "seed">, first = 0, count = 1) =>
      proposalsFor(run, scene, { ...edit, seed: 3 }, { first, count }, sampler);
    const anew = { change: "regenerate", with: ["bed"] } as const;
    const far = { selection: { beyond: "-x", by: 16 }, condition: anew } as const;
    const grown = ask(room, far, 0, 2);
    for (const { labels, grid } of grown) {
      assertEquals(grid, [48, 16, 32]);
      assertEquals(windowOf(labels, grid, GRID, [16, 0, 0]), room.labels);
    }
    assertNotEquals(grown[0].labels, grown[1].labels);
    assertEquals(ask(room, far, 1), [grown[1]], "proposal 1 is the same whatever is asked for besides");

    const [larger] = grown, box = { start: [0, 0, 0], end: [20, 12, 30] } as const;
    const mask = selectedVoxels({ box }, larger.labels, larger.grid);
    const inBox = { selection: { box }, condition: anew };
    const [edited] = ask(larger, inBox);
    edited.labels.forEach((label, voxel) => {
      if (mask[voxel] === 0 && label !== larger.labels[voxel]) throw new Error(`voxel ${voxel} changed`);
    });
    assertNotEquals(edited.labels, larger.labels);
    assertEquals(ask(larger, inBox, 1), ask(larger, inBox, 0, 2).slice(1));

    const small = { labels: new Uint8Array(4096), grid: [16, 16, 16] } as const;
    const refused: [() => unknown, string][] = [
      [() => ask(room, { ...far, condition: { change: "remove" } }), "nothing beyond -x to remove"],
      [() => ask(room, { ...far, selection: { beyond: "+z", by: 20 } }), "expected multiples of 16"],
      [() => ask(small, inBox), "the scene is of 16x16x16 voxels; the run edits scenes of 32x16x32 and larger"],
      [
        () => ask(larger, { selection: { box: { ...box, end: [40, 9, 9] } }, condition: anew }),
        "the selection is 40x9x9, this run edits 32x16x32 at once",
      ],
    ];
    for (const [edit, says] of refused) assertThrows(edit, UserError, says);
  }
  assertNothingHeld(backend, before);
});

Deno.test("inLastGrid: scenes stand where they are in the last one", () => {
  const edit = (selection: EditRequest["selection"]): EditRequest => ({
    ...{ selection, condition: { change: "regenerate" }, seed: 0 },
  });
  const scene = (grid: Grid, label: number) => ({ labels: new Uint8Array(voxelCount(grid)).fill(label), grid });
  const scenes = [scene([1, 1, 1], 1), scene([1, 1, 2], 2), scene([1, 1, 2], 3), scene([1, 1, 4], 4)];
  const edits = [edit({ beyond: "+z", by: 1 }), edit({ object: [0, 0, 0] }), edit({ beyond: "-z", by: 2 })];
  assertEquals(inLastGrid(scenes, edits).map((volume) => [...volume]), [
    ...[[0, 0, 1, 0], [0, 0, 2, 2], [0, 0, 3, 3], [4, 4, 4, 4]],
  ]);
});

Deno.test("replay: a recorded session of the shipped model comes out to the same bytes, on one thread and on two", async () => {
  const project = await recorded();
  assert(project.edits.length === 6 && project.applied === 5);
  for (const threads of [1, 2]) {
    using run = await Run.open(SHIPPED_MODEL, { cpuEngine: "wasm", threads });
    const scenes = replay(run, project, RECORDED);
    assert(scenes.every(({ asRecorded }) => asRecorded));
    assertEquals(scenes.map(({ grid }) => grid[0]), [32, 32, 32, 32, 64, 64, 64]);
    assertEquals(fingerprint(scenes[6].labels, scenes[6].grid), project.edits[5].result);
  }
});

Deno.test("replay: another checkpoint, another grid, an edit of nothing, a scene of other labels are refused", async () => {
  using run = await Run.open(SHIPPED_MODEL, { cpuEngine: "wasm", threads: 2 });
  const project = await recorded();
  const refused: [Partial<Project>, string][] = [
    [{ run: { ...project.run, checksum: "0".repeat(64) } }, "was made with checkpoint 000000000000 of step"],
    [{ scene: { grid: [16, 16, 16], runs: [0, 4096] } }, "is of 16x16x16 voxels"],
    [{ scene: { grid: GRID, runs: [0, VOXELS] } }, "no object at"],
    [{ scene: { grid: GRID, runs: [0, 9] } }, "runs of 9 labels"],
    [{ scene: { grid: GRID, runs: [77, VOXELS] } }, "label 77"],
  ];
  for (const [changed, says] of refused) {
    assertThrows(() => replay(run, { ...project, ...changed }, "p.json"), UserError, says);
  }
  const noEdits = { ...project, scene: { grid: GRID, runs: [77, VOXELS] }, edits: [], applied: 0 };
  assertThrows(() => replay(run, noEdits, "p.json"), UserError, "p.json: label 77");
  const edits = project.edits.map((edit, i) => i === 1 ? { ...edit, result: "" } : edit);
  assertEquals(replay(run, { ...project, edits }, "p.json").map(({ asRecorded }) => asRecorded), [
    ...[true, true, false, true, true, true, true],
  ]);
});

Deno.test("deno task eval --mode replay: the scenes and a table; scenes of other bytes are said", async () => {
  await using folder = await TemporaryFolder.make();
  const line = (project: string, out: string) =>
    ["--mode", "replay", "--run", SHIPPED_MODEL, "--out", folder.join(out), "--cpu-engine", "wasm"]
      .concat("--threads", "1", "--project", project);
  const project = await recorded();
  const edits = project.edits.map((edit) => ({ ...edit, result: edit.result.slice(1) }));
  await folder.write("other.json", JSON.stringify({ ...project, edits }));
  const [good, differs] = await Promise.all([
    runTask("eval", line(RECORDED, "good")),
    runTask("eval", line(folder.join("other.json"), "other")),
  ]);
  assertEquals([good.code, good.err], [0, ""]);
  assertStringIncludes(good.out, "replace by sofa");
  assertEquals([good.out.match(/as recorded/g)?.length, good.out.match(/undone/g)?.length], [6, 1]);
  const scenes = await readNpy(folder.join("good/replay.npy"));
  assertEquals(scenes.shape, [7, ...LAST_GRID]);
  const last = Uint8Array.from(scenes.data.subarray(6 * voxelCount(LAST_GRID)), Number);
  assertEquals(fingerprint(last, LAST_GRID), project.edits[5].result);
  assertEquals([differs.code, await readNpy(folder.join("other/replay.npy"))], [1, scenes]);
  // What came out there is a project that comes out as it says.
  const here = await readProject(folder.join("other/replay.json"));
  assertEquals([here.edits, here.run.engine], [project.edits, "cpu-wasm (1 thread)"]);
  assertStringIncludes(
    differs.err,
    "edits 1, 2, 3, 4, 5, 6 came out with other bytes than recorded; it was made on cpu-wasm",
  );
});

Deno.test("readProject: what is no project is refused, naming the file and the first bad field", async () => {
  await using folder = await TemporaryFolder.make();
  const project = await recorded(), [edit] = project.edits;
  const refused: [unknown, string][] = [
    ["these are words", "is not JSON"],
    [{}, "project: expected version 1"],
    [{ ...project, project: 2 }, "project: expected version 1"],
    [{ ...project, applied: 9 }, "applied: there are fewer edits"],
    [{ ...project, more: 1 }, "more"],
    [{ ...project, scene: { grid: [4096, 4096, 4096], runs: [] } }, "scene: the scene is too large"],
    [{ ...project, edits: [{ ...edit, selection: { object: [1, 2] } }] }, "edits.0.selection: expected { "],
    [{ ...project, edits: [{ ...edit, condition: { change: "paint" } }] }, "edits.0.condition"],
    [{ ...project, edits: [{ ...edit, seed: -1 }] }, "edits.0.seed"],
    [{ ...project, edits: [{ ...edit, selection: { beyond: "+x" } }] }, "edits.0.selection: expected { "],
    [{ ...project, edits: new Array(9).fill({ ...edit, selection: { beyond: "+x", by: 4096 } }) }, "scene grows to"],
    [{ ...project, edits: new Array(99).fill({ ...edit, selection: { beyond: "+x", by: 300 } }) }, "edits: more edits"],
  ];
  for (const [content, says] of refused) {
    const path = await folder.write("p.json", typeof content === "string" ? content : JSON.stringify(content));
    const { message } = await assertRejects(() => readProject(path), UserError, says);
    assertStringIncludes(message, path);
  }
  assertThrows(() => parseProject(" ".repeat(LONGEST_PROJECT + 1), "p.json"), UserError, "a project has at most");
  await assertRejects(() => readProject(folder.join("none.json")), UserError, "it does not exist");
  await assertRejects(() => REPLAY.work({ flags: {} } as Parameters<typeof REPLAY.work>[0]), UserError, "--project");
});
