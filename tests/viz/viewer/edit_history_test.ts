import { assertEquals } from "@std/assert";
import { type Grid, voxelCount } from "../../../data/grid.ts";
import { parseProject, startingScene } from "../../../run/project.ts";
import { EditHistory } from "../../../viz/viewer/page/edit_history.ts";

const GRID: Grid = [1, 2, 2],
  RUN = { checksum: "c", step: 1, engine: "e", sampler: { steps: 1, guidance: 2, temperature: 1 } };
const scene = (label: number, grid = GRID) => ({
  ...{ labels: new Uint8Array(voxelCount(grid)).fill(label), grid, result: `${label}` },
});
const edit = (seed: number) =>
  ({ selection: { object: [0, 0, 0] }, condition: { change: "remove" }, seed, proposal: 0 }) as const;

Deno.test("EditHistory: undo and redo stop at the ends; a new edit drops what was undone", () => {
  const history = new EditHistory(scene(0));
  const now = () => [history.scene.labels[0], history.applied, history.undone];
  history.undo();
  history.redo();
  assertEquals(now(), [0, 0, 0]);
  for (const label of [1, 2, 3]) history.add(edit(label), scene(label));
  history.undo();
  history.undo();
  assertEquals(now(), [1, 1, 2]);
  history.redo();
  assertEquals(now(), [2, 2, 1]);
  history.add(edit(4), scene(4));
  history.redo();
  assertEquals(now(), [4, 3, 0]);
  assertEquals(history.project(RUN).edits.map(({ seed }) => seed), [1, 2, 4]);
});

Deno.test("EditHistory: a project that is saved is one, and comes back with what was undone", () => {
  const history = new EditHistory(scene(7));
  for (const label of [1, 2]) history.add(edit(label), scene(label));
  history.undo();
  const project = parseProject(JSON.stringify(history.project(RUN)), "saved");
  assertEquals([project.run, project.applied, [...startingScene(project, "saved")]], [RUN, 1, [7, 7, 7, 7]]);
  const scenes = [7, 1, 9].map((label) => ({ ...scene(label), result: `now ${label}` }));
  const loaded = EditHistory.of(project, scenes);
  assertEquals([loaded.scene.labels[0], loaded.applied, loaded.undone], [1, 1, 1]);
  loaded.redo();
  assertEquals(loaded.scene.labels[0], 9);
  // What came out here is what is saved from here.
  assertEquals(loaded.project(RUN).edits.map(({ result }) => result), ["now 1", "now 9"]);
});

Deno.test("EditHistory: a scene that went on is smaller again when that is undone", () => {
  const history = new EditHistory(scene(7)), larger: Grid = [1, 2, 4];
  history.add(
    { ...edit(1), selection: { beyond: "+z", by: 2 }, condition: { change: "regenerate" } },
    scene(1, larger),
  );
  assertEquals(history.scene, scene(1, larger));
  history.undo();
  assertEquals(history.scene.grid, GRID);
  history.redo();
  assertEquals([history.scene.grid, history.project(RUN).scene.grid], [larger, GRID]);
});
