import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeNpy } from "../../../data/formats/npy.ts";
import { scanFolder } from "../../../viz/viewer/scan.ts";
import { sequencesOf } from "../../../viz/viewer/sequences.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { fillFolder, GRID, stackOf } from "./served.ts";

Deno.test("scanFolder and sequencesOf: versions side by side, scenes of a folder in natural order, codes passed over", async () => {
  await using folder = await TemporaryFolder.make();
  await fillFolder(folder);
  const { runs, volumes, problems, truncated } = await scanFolder(folder.path);
  assertEquals(runs, [{ path: "runs/one", title: "one", losses: true, checkpoint: true }]);
  assertEquals(truncated, false);
  assertEquals(problems.map(({ path }) => path), ["broken.npy"]);
  assertStringIncludes(problems[0].message, "broken.npy is not a NumPy");
  const evaluation = "runs/one/evaluation";
  assertEquals(sequencesOf(volumes), [
    {
      title: "interpolation 0 → 1",
      folder: evaluation,
      grid: GRID,
      count: 5,
      versions: [{ title: "interpolation0-1", files: [`${evaluation}/interpolation0-1.npy`] }],
    },
    {
      title: "reconstructions",
      folder: evaluation,
      grid: GRID,
      count: 3,
      versions: [
        { title: "real", files: [`${evaluation}/real.npy`] },
        { title: "reconstruction", files: [`${evaluation}/recons.npy`] },
        { title: "refined", files: [`${evaluation}/recons_refine.npy`] },
      ],
    },
    {
      title: "scenes",
      folder: "scenes",
      grid: GRID,
      count: 2,
      versions: [{ title: "scene", files: ["scenes/room-2/labels.npy", "scenes/room-10/labels.npy"] }],
    },
  ]);
});

Deno.test("sequencesOf: files of different evaluations do not stand side by side; refined ones follow the others", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write("real.npy", stackOf(2));
  await folder.write("recons.npy", stackOf(3));
  await folder.write("interpolation_refine0-1.npy", stackOf(4));
  await folder.write("interpolation0-1.npy", stackOf(4));
  const sequences = sequencesOf((await scanFolder(folder.path)).volumes);
  assertEquals(
    sequences.map(({ title, versions }) => [title, ...versions.map((version) => version.title)]),
    [["interpolation 0 → 1", "as decoded", "refined"], ["reconstructions", "real"], [
      "reconstructions",
      "reconstruction",
    ]],
  );
});

Deno.test("scanFolder: names with a dot in front are passed over, an empty folder is empty", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write(".hidden/real.npy", stackOf(1));
  await folder.write(".real.npy", stackOf(1));
  const { runs, volumes } = await scanFolder(folder.path);
  assert(runs.length === 0 && volumes.length === 0);
});

Deno.test("sequencesOf: walks before and after the refiner, and noise beside the scene without it", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write("interpolation0-1.npy", stackOf(4));
  await folder.write("interpolation_unrefined0-1.npy", stackOf(4));
  await folder.write("noise0_204.npy", stackOf(3));
  const frequencies = { dtype: "float32", shape: GRID, data: new Float32Array(GRID[0] * GRID[1] * GRID[2]) } as const;
  await folder.write("noise_change0_204.npy", encodeNpy(frequencies));
  await folder.write("noise_z0_204.npy", encodeNpy(frequencies));
  const { volumes, problems } = await scanFolder(folder.path);
  assertEquals(problems, [], "numbers that are no volumes are passed over");
  assertEquals(sequencesOf(volumes).map(({ title, count, versions }) => ({ title, count, versions })), [
    {
      title: "interpolation 0 → 1",
      count: 4,
      versions: [
        { title: "generated", files: ["interpolation_unrefined0-1.npy"] },
        { title: "refined", files: ["interpolation0-1.npy"] },
      ],
    },
    {
      title: "noise 0, cell 2 0 4",
      count: 3,
      versions: [
        { title: "without noise", files: ["noise0_204.npy"], still: 0 },
        { title: "with noise", files: ["noise0_204.npy"] },
      ],
    },
  ]);
});
