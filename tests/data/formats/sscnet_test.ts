import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import { sscnetClassMap, sscnetLabels, sscnetSource } from "../../../data/formats/sscnet.ts";
import { decodeSscnet, SSCNET_GRID } from "../../../data/formats/sscnet_format.ts";
import { countClasses } from "../../../data/scenes/statistics.ts";
import { runsOf, sscnetBytes } from "../../helpers/sscnet_bytes.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const VOXELS = SSCNET_GRID[0] * SSCNET_GRID[1] * SSCNET_GRID[2];
const DOOR = 5, FLOOR = 2, UNKNOWN = 255;

/** A floor of one coarse layer, a door of 3 × 6 × 1 coarse voxels, unknown behind x = 120. */
function syntheticRoom(): Uint8Array {
  const [, height, depth] = SSCNET_GRID;
  const voxels = new Uint8Array(VOXELS);
  for (let x = 0; x < 240; x++) {
    for (let y = 0; y < 144; y++) {
      const row = voxels.subarray((x * height + y) * depth, (x * height + y + 1) * depth);
      if (x >= 120) row.fill(UNKNOWN);
      else if (y < 3) row.fill(FLOOR);
      else if (x < 9 && y < 21) row.fill(DOOR, 30, 33);
    }
  }
  return voxels;
}

Deno.test("decodeSscnet: reads origin, pose and runs", () => {
  const voxels = syntheticRoom();
  const runs = runsOf(voxels);
  const pose = Array.from({ length: 16 }, (_, i) => i / 4);
  const volume = decodeSscnet(sscnetBytes({ origin: [-1.5, 0.25, 2], pose, runs }), "a.bin");
  assertEquals([...volume.origin], [-1.5, 0.25, 2]);
  assertEquals([...volume.pose], pose);
  assertEquals(volume.runs, runs.length);
  assertEquals(volume.voxels.every((value, i) => value === voxels[i]), true);
});

Deno.test("decodeSscnet: a volume of a single run may lack one voxel, others may not", () => {
  const single = decodeSscnet(sscnetBytes({ runs: [[UNKNOWN, VOXELS - 1]] }), "a.bin");
  assertEquals(single.voxels.every((value) => value === UNKNOWN), true);
  const two: [number, number][] = [[0, 1], [1, VOXELS - 2]];
  assertThrows(() => decodeSscnet(sscnetBytes({ runs: two }), "a.bin"), UserError, "a.bin is truncated");
});

Deno.test("decodeSscnet: every prefix of a file is a UserError that names the file", () => {
  const bytes = sscnetBytes({ runs: [[0, 1], [3, 5], [36, VOXELS - 6]] });
  for (let end = 0; end < bytes.length; end++) {
    assertThrows(() => decodeSscnet(bytes.subarray(0, end), "a.bin"), UserError, "a.bin is truncated");
  }
});

Deno.test("decodeSscnet: refuses unknown values and too many voxels", () => {
  const decode = (...runs: [number, number][]) => () => decodeSscnet(sscnetBytes({ runs }), "a.bin");
  assertThrows(decode([37, VOXELS]), UserError, "run 0 has the value 37");
  assertThrows(decode([256 + 3, VOXELS]), UserError, "run 0 has the value 259");
  assertThrows(decode([0, VOXELS], [1, 1]), UserError, `fill ${VOXELS + 1} voxels`);
  assertThrows(decode([0, 2 ** 32 - 1]), UserError, "fill 4294967295 voxels");
});

Deno.test("sscnetClassMap: maps 36 classes to 12 and leaves unknown; doors are objs or furn", () => {
  const map = sscnetClassMap();
  assertEquals([map[0], map[1], map[4], map[DOOR], map[7], map[16], map[36], map[UNKNOWN]], [
    0,
    1,
    4,
    11,
    6,
    9,
    11,
    255,
  ]);
  assertEquals(new Set(map.subarray(0, 37)).size, 12);
  const furn = sscnetClassMap("furn");
  assertEquals([...furn.keys()].filter((value) => furn[value] !== map[value]), [DOOR]);
  assertEquals(furn[DOOR], 10);
});

Deno.test("sscnetLabels: reduces a synthetic room to the expected voxels", () => {
  const volume = decodeSscnet(sscnetBytes({ runs: runsOf(syntheticRoom()) }), "a.bin");
  const floor = 40 * 80, door = 3 * 6;
  const counts = (labels: Uint8Array) => [...countClasses(labels)];
  const expected = new Array<number>(12).fill(0), behind = 307_200 / 2;
  expected[0] = 307_200 - floor - door;
  expected[2] = floor;
  assertEquals(counts(sscnetLabels(volume, { unknown: 0 })), expected.with(11, door));
  assertEquals(counts(sscnetLabels(volume, { unknown: 0, doors: "furn", rule: "max" })), expected.with(10, door));
  const known = sscnetLabels(volume);
  assertEquals(counts(known), expected.with(0, expected[0] - behind).with(11, door));
  assertEquals(known.filter((label) => label === UNKNOWN).length, behind);
  const walls = expected.with(0, expected[0] - behind).with(3, behind).with(11, door);
  assertEquals(counts(sscnetLabels(volume, { unknown: 3, rule: "majority" })), walls);
});

Deno.test("sscnetSource: reads files and folders; folders do not become groups of a split", async () => {
  await using folder = await TemporaryFolder.make();
  const bytes = sscnetBytes({ runs: [[FLOOR, VOXELS]] });
  await folder.write("NYUtrain/NYU0001_0000.bin", bytes);
  await folder.write("loose.BIN", bytes);
  await folder.write("broken.bin", bytes.subarray(0, 80));
  using source = await sscnetSource(folder.path, { doors: "furn" });
  assertEquals(source.sceneIds, ["NYUtrain.NYU0001_0000", "broken", "loose"]);
  assertEquals((await source.read(0)).every((label) => label === FLOOR), true);
  await assertRejects(() => source.read(1), UserError, "broken.bin is truncated");
  await assertRejects(() => source.read(3), RangeError, "no scene 3");
  const { kind, options, files } = await source.provenance();
  assertEquals([kind, options], ["sscnet", { rule: "sscnet", doors: "furn", unknown: UNKNOWN }]);
  assertEquals(files.map((file) => [file.path, file.bytes]), [
    ["NYUtrain/NYU0001_0000.bin", 84],
    ["broken.bin", 80],
    ["loose.BIN", 84],
  ]);
});

const REAL_SCENE = new URL("../../../../shared/data/NYU0001_0000.bin", import.meta.url);
const hasRealScene = await Deno.stat(REAL_SCENE).then(() => true, () => false);

Deno.test({
  name: "sscnetSource: class counts of a real scene, NYUv2 frame 1 (needs ../shared/data/NYU0001_0000.bin)",
  ignore: !hasRealScene,
  fn: async () => {
    // Counted with NumPy from the format's description, independently of this code.
    const expected = {
      sscnet: [292543, 848, 1019, 3376, 0, 1158, 0, 0, 69, 0, 5630, 2557],
      max: [292501, 783, 914, 3481, 0, 1214, 0, 0, 64, 0, 5638, 2605],
      majority: [298376, 361, 0, 499, 0, 890, 0, 0, 43, 0, 4857, 2174],
    };
    for (const rule of ["sscnet", "max", "majority"] as const) {
      using source = await sscnetSource(decodeURIComponent(REAL_SCENE.pathname), { rule, unknown: 0 });
      assertEquals([...countClasses(await source.read(0))], expected[rule]);
    }
  },
});
