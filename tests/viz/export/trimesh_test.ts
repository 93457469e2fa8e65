/** Meshes as another program's reader sees them: Python's trimesh. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { PAPER_CLASSES } from "../../../data/classes.ts";
import type { Grid } from "../../../data/grid.ts";
import { encodeVolume } from "../../../viz/export/volume.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { closedRoom } from "../draw/scenes.ts";

/** A Python with trimesh; the environment variable TRIMESH_PYTHON names another than python3. */
const PYTHON = Deno.env.get("TRIMESH_PYTHON") ?? "python3";
const GRID: Grid = [16, 10, 12], METRES = 0.06;

/** What a script prints, as JSON; null if it fails. */
async function python(script: string, ...args: string[]): Promise<unknown> {
  try {
    const { success, stdout } = await new Deno.Command(PYTHON, {
      args: ["-c", script, ...args],
      signal: AbortSignal.timeout(60_000),
      stderr: "null",
    }).output();
    return success ? JSON.parse(new TextDecoder().decode(stdout)) : null;
  } catch {
    return null; // there is no Python
  }
}

const HAS_TRIMESH = await python("import trimesh; print(1)") === 1;
/** Bounds of the scene, and for each mesh its name and whether it is watertight. */
const READ = `
import json, sys, trimesh
scene = trimesh.load_scene(sys.argv[1])
meshes = {name: bool(mesh.is_watertight) for name, mesh in scene.geometry.items()}
print(json.dumps([scene.bounds.tolist(), sorted(meshes), all(meshes.values())]))
`;

Deno.test({
  name: HAS_TRIMESH
    ? "trimesh reads .glb, .obj and .ply: a mesh for each object, in metres, watertight where that is asked for"
    : "trimesh: skipped, there is no Python with trimesh (pip install trimesh; TRIMESH_PYTHON names the Python)",
  ignore: !HAS_TRIMESH,
  async fn() {
    await using folder = await TemporaryFolder.make();
    const room = closedRoom(GRID), objects = ["ceiling", "floor", "table", "wall", "window"];
    for (
      const [format, names] of [["glb", objects.map((name) => `${name} 1`)], ["obj", null], ["ply", null]] as const
    ) {
      const bytes = await encodeVolume(room, GRID, format, METRES, PAPER_CLASSES, true);
      const path = await folder.write(`room.${format}`, bytes);
      const [[low, high], found, tight] = await python(READ, path) as [[number[], number[]], string[], boolean];
      GRID.forEach((size, axis) => {
        assertAlmostEquals(low[axis], 0, 1e-5);
        assertAlmostEquals(high[axis], size * METRES, 1e-5);
      });
      if (names) assertEquals([found, tight], [names, true]);
    }
  },
});
