/** Scenes of any grid become multiples of 16 in the way that was asked for, whatever file they come from. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../base/errors.ts";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { resizedGrid, resizeLabels, type Resizing, RESIZINGS } from "../../../data/formats/resize.ts";
import { type Grid, voxelCount } from "../../../data/grid.ts";
import { openScenes } from "../../../data/scenes/open.ts";
import { SceneReader } from "../../../data/scenes/scene_reader.ts";
import { sceneOptionsOf } from "../../../data/scenes/scene_flags.ts";
import { encodeVox } from "../../../viz/export/vox.ts";
import { npzBytes } from "../../helpers/npz_bytes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const labelsOf = (grid: Grid) => Uint8Array.from({ length: voxelCount(grid) }, (_, i) => (i * 7 + (i >> 4)) % 12);
const sizes = fc.integer({ min: 1, max: 40 });

Deno.test("resizeLabels: every voxel comes from where the way says", () => {
  fc.assert(
    fc.property(fc.tuple(sizes, sizes, sizes), fc.constantFrom(...RESIZINGS), (grid, way) => {
      if (way === "crop" && Math.min(...grid) < 16) return;
      const labels = labelsOf(grid), to = resizedGrid(grid, way, "a.npy"), out = resizeLabels(labels, grid, to, way);
      assertEquals([out.length, to.map((size) => size % 16)], [voxelCount(to), [0, 0, 0]]);
      const at = (x: number, y: number, z: number) => labels[(x * grid[1] + y) * grid[2] + z];
      for (let i = 0; i < out.length; i += 97) {
        const place = [Math.floor(i / (to[1] * to[2])), Math.floor(i / to[2]) % to[1], i % to[2]] as const;
        if (way === "pad" || way === "crop") {
          const isInside = place.every((index, axis) => index < grid[axis]);
          assertEquals(out[i], isInside ? at(...place) : 0);
        } else if (way === "nearest") {
          const [x, y, z] = place.map((index, axis) => Math.floor((index + 0.5) * grid[axis] / to[axis]));
          assertEquals(out[i], at(x, y, z));
        } else assertEquals(out[i], mostOfPlace(labels, grid, to, place));
      }
    }),
    { numRuns: 60 },
  );
});

/** The label that fills most of a voxel, from points so close that each lies in one voxel of either grid. */
function mostOfPlace(labels: Uint8Array, grid: Grid, to: Grid, place: readonly number[]): number {
  const counts = new Float64Array(12);
  const along = place.map((index, axis) =>
    Array.from({ length: grid[axis] }, (_, part) => Math.floor((index * grid[axis] + part) / to[axis]))
  );
  for (const x of along[0]) {
    for (const y of along[1]) for (const z of along[2]) counts[labels[(x * grid[1] + y) * grid[2] + z]]++;
  }
  return counts.indexOf(Math.max(...counts));
}

Deno.test("openScenes: one way for .npy, .npz and .vox, on threads too, said in the description and provenance", async () => {
  await using folder = await TemporaryFolder.make();
  const grid: Grid = [20, 17, 36], labels = labelsOf(grid);
  const npy = encodeNpy({ dtype: "uint8", shape: [...grid], data: labels });
  const paths = [
    await folder.write("npy/a.npy", npy),
    await folder.write("npz/a.npz", npzBytes([{ name: "x.npy", content: npy, deflated: true }])),
    await folder.write("vox/a.vox", encodeVox(labels, grid)),
  ];
  const expected: Record<Resizing, [string, Grid]> = {
    pad: [", padded from 20x17x36", [32, 32, 48]],
    crop: [", cropped from 20x17x36", [16, 16, 32]],
    nearest: [", resampled (nearest) from 20x17x36", [16, 16, 32]],
    majority: [", resampled (majority) from 20x17x36", [16, 16, 32]],
  };
  for (const resize of RESIZINGS) {
    const [note, to] = expected[resize], scene = resizeLabels(labels, grid, to, resize);
    for (const path of paths) {
      using source = await openScenes(path, { resize });
      assertEquals(source.grid, to);
      assertStringIncludes(source.description, note);
      assertEquals(
        (await source.provenance()).options.resize,
        resize === "pad" && !path.endsWith("npy") ? undefined : resize,
      );
      await using reader = new SceneReader({ source, threads: 1 });
      assertEquals([await source.read(0), await reader.read(0)], [scene, scene]);
    }
  }
  using padded = await openScenes(paths[0]);
  assertEquals(padded.grid, [32, 32, 48]);
});

Deno.test("openScenes: empty axes are padded after labels are renumbered", async () => {
  await using folder = await TemporaryFolder.make();
  const grid: Grid = [16, 16, 17], npy = encodeNpy({ dtype: "uint8", shape: [...grid], data: labelsOf(grid) });
  const renumber = Uint8Array.from({ length: 12 }, (_, i) => 11 - i);
  const npz = npzBytes([{ name: "x.npy", content: npy, deflated: true }]);
  for (const path of [await folder.write("a/a.npy", npy), await folder.write("b/a.npz", npz)]) {
    using source = await openScenes(path, { renumber });
    const scene = await source.read(0);
    assertEquals([scene[0], scene[17], scene[31]], [11 - labelsOf(grid)[0], 0, 0]);
  }
});

Deno.test("resizedGrid, sceneOptionsOf: what cannot be done is refused in words", async () => {
  const refuses = (grid: Grid, way: Resizing, message: string) =>
    assertRejects(() => Promise.resolve().then(() => resizedGrid(grid, way, "a.npy")), UserError, message);
  await refuses([16, 9, 16], "crop", "a.npy: [16, 9, 16] has an axis below 16, too short for --crop; --pad it");
  await refuses([16, 0, 16], "pad", "a.npy has an empty scene, [16, 0, 16]");
  await refuses([1, 1, 2 ** 30], "pad", "is too large");
  const flags = { rule: "sscnet", doors: "objs", grid: "80x48x80", fill: "solid", up: "y", unitMetres: 1 } as const;
  const ways = { fit: false, align: "floor", pad: false, crop: true } as const;
  assertEquals((await sceneOptionsOf({ ...flags, ...ways })).resize, "crop");
  const two = () => sceneOptionsOf({ ...flags, ...ways, resample: "nearest" });
  await assertRejects(two, UserError, "resized in one way; give one of them");
  assert((await sceneOptionsOf({ ...flags, ...ways, crop: false })).resize === "pad");
});
