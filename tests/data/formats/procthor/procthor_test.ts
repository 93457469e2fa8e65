/** Houses of ProcTHOR as scenes: what stands where, in which shape, and which files are houses. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { UserError } from "../../../../base/errors.ts";
import { encodeNpy } from "../../../../data/formats/npy.ts";
import { readAssets } from "../../../../data/formats/procthor/assets.ts";
import CLASSES from "../../../../data/formats/procthor/classes.json" with { type: "json" };
import { shapeOf } from "../../../../data/formats/procthor/shapes.ts";
import { paint, type Solid, type View } from "../../../../data/formats/procthor/solids.ts";
import typicalSizes from "../../../../data/formats/procthor/typical_sizes.json" with { type: "json" };
import { inspectFile, openScenes, type SceneOptions } from "../../../../data/scenes/open.ts";
import { LABEL } from "../../../../data/rooms/label.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";
import { ASSETS, type PlacedObject, twoRooms } from "./houses.ts";

const GRID = [80, 48, 80] as const, VOXEL = 0.06;
const TABLE = new URL("../../../../../shared/data/procthor/assets.json", import.meta.url);

/** Writes the houses with their asset table and opens them. */
async function opened(folder: string, houses: readonly unknown[], options: SceneOptions = {}) {
  await Deno.writeTextFile(join(folder, "assets.json"), JSON.stringify(ASSETS));
  await Deno.writeTextFile(join(folder, "homes.jsonl"), houses.map((house) => JSON.stringify(house)).join("\n"));
  return await openScenes(join(folder, "homes.jsonl"), options);
}

const at = (labels: Uint8Array, x: number, y: number, z: number) => labels[(x * GRID[1] + y) * GRID[2] + z];

Deno.test("ProcTHOR: each room is a scene with its own walls, window, open door and objects", async () => {
  await using folder = await TemporaryFolder.make();
  using source = await opened(folder.path, [twoRooms()]);
  assertEquals(source.sceneIds, ["homes-00000/room_1-Bedroom", "homes-00000/room_2-Kitchen"]);
  assertEquals([0, 1].map((index) => source.label?.(index)), ["Bedroom", "Kitchen"]);
  const bedroom = await source.read(0), kitchen = await source.read(1);
  const has = (labels: Uint8Array) => [...new Set(labels)].sort((a, b) => a - b);
  assertEquals(has(bedroom), [
    LABEL.empty,
    LABEL.ceiling,
    LABEL.floor,
    LABEL.wall,
    LABEL.window,
    LABEL.bed,
    LABEL.objs,
  ]);
  assertEquals(has(kitchen), [LABEL.empty, LABEL.ceiling, LABEL.floor, LABEL.wall, LABEL.table]);
  // 3.6 m are 60 voxels between the middles of the walls; 9 are left over before the first one.
  const first = 9, last = first + 60, middle = 40;
  for (const x of [first, last]) assertEquals(at(bedroom, x, 20, middle + 20), LABEL.wall, `wall at ${x}`);
  assertEquals(at(bedroom, first - 1, 20, middle), LABEL.empty);
  assertEquals(at(bedroom, 40, 0, middle), LABEL.floor);
  assertEquals(at(bedroom, 40, 41, middle), LABEL.ceiling); // 2.4 m are 40 voxels above the floor
  // The window is .6 to 1.8 m from the end at z = 0, which lies farthest as z is turned round.
  const z = (metres: number) => 14 + Math.round((3 - metres) / VOXEL);
  for (const [metres, label] of [[0.3, LABEL.wall], [0.7, LABEL.window], [1.7, LABEL.window], [2.1, LABEL.wall]]) {
    assertEquals(at(bedroom, first, 20, z(metres)), label, `window at ${metres} m`);
  }
  // The door is .3 to 1.2 m from the end at z = 3, 2.1 m high, and open.
  for (const [labels, x] of [[bedroom, last], [kitchen, 14]] as const) {
    assertEquals(at(labels, x, 20, z(2.2)), LABEL.empty);
    assertEquals(at(labels, x, 38, z(2.2)), LABEL.wall);
    assertEquals(at(labels, x, 20, z(1.2)), LABEL.wall);
  }
  assertEquals(await source.notes?.(0), ["2 objects: Bed 1, Pillow 1"]);
});

Deno.test("ProcTHOR: a bed has its headboard at its back and room under it, a table legs under a top", async () => {
  await using folder = await TemporaryFolder.make();
  using source = await opened(folder.path, [twoRooms()]);
  const bedroom = await source.read(0), kitchen = await source.read(1);
  const heights = (labels: Uint8Array, x: number, z: number, label: number) =>
    Array.from({ length: GRID[1] }, (_, y) => y).filter((y) => at(labels, x, y, z) === label);
  // Turned by 90 degrees the front faces +x: the headboard, .9 m high, stands at the wall x = 0.
  assertEquals(heights(bedroom, 10, 30, LABEL.bed).at(-1), 15);
  assertEquals(heights(bedroom, 30, 30, LABEL.bed), [3, 4, 5, 6, 7, 8, 9]);
  // 1.2 x .9 m: 20 x 15 voxels, a board on four legs.
  const ofTable = kitchen.reduce((count, label) => count + Number(label === LABEL.table), 0);
  assertEquals(ofTable, 20 * 15 + 4 * 11);
});

Deno.test("ProcTHOR: left stays left, though its axes are left-handed", async () => {
  await using folder = await TemporaryFolder.make();
  const counter: PlacedObject = { assetId: "Countertop_L_6x6", position: { x: 1.8, y: 0.48, z: 1.5 } };
  using source = await opened(folder.path, [twoRooms([counter])]);
  const labels = await source.read(0);
  const isCounter = (x: number, z: number) => at(labels, x, 5, z) === LABEL.furn;
  // Seen from its front, which faces +z of the file and so -z of the scene, the long run is at the back and the leg comes
  // forward at +x: the corner at the front and -x is free.
  const [low, high] = [9 + 30 - 14, 9 + 30 + 14], [front, back] = [14 + 25 - 14, 14 + 25 + 14];
  assertEquals([isCounter(low, back), isCounter(high, back), isCounter(high, front), isCounter(low, front)], [
    true,
    true,
    true,
    false,
  ]);
});

Deno.test("ProcTHOR: .json, a list, .jsonl and both packed hold the same scenes; tiles and houses", async () => {
  await using folder = await TemporaryFolder.make();
  const houses = [twoRooms(), twoRooms([])];
  using wanted = await opened(folder.path, houses);
  const packed = async (text: string) =>
    new Uint8Array(
      await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
    );
  const list = JSON.stringify(houses), lines = houses.map((house) => JSON.stringify(house)).join("\r\n") + "\n\n";
  const files = {
    "homes.json": new TextEncoder().encode(list),
    "homes.jsonl.gz": await packed(lines),
    "homes.json.gz": await packed(list),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.writeFile(join(folder.path, name), bytes);
    using source = await openScenes(join(folder.path, name));
    assertEquals(source.sceneIds, wanted.sceneIds, name);
    for (const [i] of source.sceneIds.entries()) assertEquals(await source.read(i), await wanted.read(i), name);
    await Deno.remove(join(folder.path, name));
  }
  using tiles = await opened(folder.path, houses.slice(0, 1), { scenesOf: "tile" });
  assertEquals(tiles.sceneIds, ["homes-00000/tile-0-0", "homes-00000/tile-1-0"]);
  using whole = await opened(folder.path, houses, { scenesOf: "house", mesh: undefined });
  assertEquals(whole.sceneIds, ["homes-00000", "homes-00001"]);
  // The same voxels whether the first tile or the house begins in the corner.
  assertEquals(await tiles.read(0), await whole.read(0));
  const { options, files: hashed } = await whole.provenance();
  assertEquals(hashed.map(({ path }) => path), ["homes.jsonl"]);
  assertStringIncludes(String(options.licence), "Apache-2.0");
});

Deno.test("ProcTHOR: without an asset table sizes are those usual for the type in the id; what has none is told", async () => {
  await using folder = await TemporaryFolder.make();
  await Deno.writeTextFile(join(folder.path, "house.json"), JSON.stringify(twoRooms()));
  const text = await inspectFile(join(folder.path, "house.json"));
  assertStringIncludes(text, "note    1 object: Bed 1\n");
  assertStringIncludes(text, "no asset table (--assets)");
  assertStringIncludes(text, "left out, of no known type: pillow_1");
  await assertRejects(() => inspectFile(join(folder.path, "house.json"), 2), UserError, "has no scene 2");
});

Deno.test("ProcTHOR: what is wrong with a file is said with its line or house and field", async () => {
  await using folder = await TemporaryFolder.make();
  const good = JSON.stringify(twoRooms([]));
  const refused = async (name: string, content: string | Uint8Array, message: string, options: SceneOptions = {}) => {
    const path = join(folder.path, name);
    if (typeof content === "string") await Deno.writeTextFile(path, content);
    else await Deno.writeFile(path, content);
    const error = await assertRejects(() => openScenes(path, options), UserError, message);
    assertStringIncludes(error.message, name);
    await Deno.remove(path);
  };
  await refused("a.jsonl", `${good}\n{"rooms": [}`, "line 2 is not JSON");
  await refused("b.jsonl", `${good}\n{"rooms": [], "walls": []}`, "line 2: rooms:");
  await refused("c.json", `[${good}, {"rooms": 1}]`, "house 1: rooms:");
  const far = good.replace('"x":6.6', '"x":1e9');
  assert(far !== good);
  await refused("d.json", far, "floorPolygon.2.x: Too big");
  const nested = (depth: number): PlacedObject => ({
    assetId: "Bed_1",
    position: { x: 1, y: 0, z: 1 },
    children: depth > 0 ? [nested(depth - 1)] : [],
  });
  await refused("e.json", JSON.stringify(twoRooms([nested(40)])), "lie in each other");
  await refused("f.jsonl.gz", new TextEncoder().encode(good), "holds no scenes");
  const cut = new Uint8Array(
    await new Response(new Blob([good]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
  );
  await refused("g.jsonl.gz", cut.subarray(0, cut.length - 9), "is not gzip, or damaged");
  await refused("h.json", '{"kind": "other"}', "begins with one of the keys");
  await Deno.writeTextFile(join(folder.path, "i.json"), good);
  await assertRejects(
    () =>
      openScenes(join(folder.path, "i.json"), { mesh: { ...MESH, classMap: { names: { Wall: "wall" } } } }).then(
        (source) => source.read(0),
      ),
    UserError,
    "no class for",
  );
});

const MESH = {
  grid: null,
  up: "y",
  unitMetres: 1,
  voxelMetres: null,
  fit: false,
  align: null,
  fill: "solid",
  classMap: null,
} as const;

Deno.test("openScenes: files in JSON beside scenes of another kind are no scenes", async () => {
  await using folder = await TemporaryFolder.make();
  const scene = encodeNpy({ dtype: "uint8", shape: [16, 16, 16], data: new Uint8Array(4096) });
  await Deno.writeFile(join(folder.path, "a.npy"), scene);
  await Deno.writeTextFile(join(folder.path, "provenance.json"), '{"kind": "rooms"}');
  await Deno.writeTextFile(join(folder.path, "stats.jsonl"), '{"step": 1}\n');
  await Deno.writeTextFile(join(folder.path, "empty.json"), "");
  using source = await openScenes(folder.path);
  assertEquals(source.sceneIds, ["a"]);
});

Deno.test("shapeOf: every shape lies in the box of its object, whatever its size", () => {
  const types = [...Object.keys(typicalSizes), "CounterTop"];
  const size = fc.double({ min: 0.01, max: 3, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.constantFrom("Countertop_L_1", "Countertop_C_1", "x"), size, size, size, (
      type,
      assetId,
      width,
      height,
      depth,
    ) => {
      const parts = shapeOf(type, assetId)(width, height, depth);
      assert(parts.length > 0);
      for (const { x, y, z } of parts) {
        for (
          const [[from, to], low, high] of [[x, -width / 2, width / 2], [y, 0, height], [
            z,
            -depth / 2,
            depth / 2,
          ]] as const
        ) {
          assert(
            from <= to + 1e-9 && from >= low - 1e-9 && to <= high + 1e-9,
            `${type}: ${from} to ${to} of ${low} to ${high}`,
          );
        }
      }
    }),
  );
});

Deno.test("paint: a box is filled where the middles of its voxels lie inside, turned or straight", () => {
  const view: View = { x: -1, z: 0.5, voxelMetres: 0.25, grid: [16, 16, 16] };
  const metres = (least: number, most: number) => fc.integer({ min: 4 * least, max: 4 * most }).map((n) => n / 4);
  const solids = fc.record({
    label: fc.constant(5),
    x: metres(-2, 4),
    z: metres(0, 5),
    half: fc.tuple(metres(1, 2), metres(1, 2)),
    degrees: fc.integer({ min: 0, max: 359 }),
    y: fc.tuple(metres(0, 1), metres(2, 5)),
  });
  fc.assert(fc.property(solids, ({ degrees, ...rest }) => {
    const [c, s] = degrees % 90 === 0
      ? [[1, 0], [0, 1], [-1, 0], [0, -1]][degrees / 90]
      : [Math.cos(degrees * Math.PI / 180), Math.sin(degrees * Math.PI / 180)];
    const solid: Solid = { ...rest, turn: [c, s] }, labels = paint([], [solid], view);
    let wrong = 0;
    for (let i = 0; i < 16; i++) {
      for (let k = 0; k < 16; k++) {
        const dx = view.x + (i + 0.5) * 0.25 - solid.x, dz = view.z + (k + 0.5) * 0.25 - solid.z;
        const inside = Math.abs(c * dx + s * dz) <= solid.half[0] && Math.abs(c * dz - s * dx) <= solid.half[1];
        for (let j = 0; j < 16; j++) {
          const middle = (j - 0.5) * 0.25, isIn = inside && middle > solid.y[0] && middle < solid.y[1];
          wrong += Number(labels[(i * 16 + j) * 16 + k] !== (isIn ? 5 : 0));
        }
      }
    }
    assertEquals(wrong, 0);
  }));
});

Deno.test("classes.json gives every type of the usual sizes a class", () => {
  const known = new Set<string>(Object.keys(CLASSES.names));
  for (const type of Object.keys(CLASSES.names)) {
    assert(type === "*" || ["Ceiling", "Floor", "Wall", "Window", "Door"].includes(type) || type in typicalSizes, type);
  }
  assert(known.has("*"));
});

Deno.test({
  name: "readAssets: the table of procthor, reduced",
  ignore: !await Deno.stat(TABLE).then(() => true, () => false), // needs ../shared/data/procthor
  async fn() {
    const assets = await readAssets(TABLE.pathname);
    assertEquals(assets.size, 1653);
    assertEquals(assets.get("Alarm_Clock_1"), { type: "AlarmClock", size: [0.159, 0.217, 0.086] });
    for (const { type } of assets.values()) assert(type in typicalSizes, type);
  },
});

Deno.test("readAssets: the table as procthor has it", async () => {
  await using folder = await TemporaryFolder.make();
  const path = join(folder.path, "asset-database.json");
  const row = { assetId: "Bed_1", objectType: "Bed", boundingBox: { x: 1, y: 2, z: 3 }, split: "train" };
  await Deno.writeTextFile(path, JSON.stringify({ Bed: [row] }));
  assertEquals([...await readAssets(path)], [["Bed_1", { type: "Bed", size: [1, 2, 3] }]]);
  await Deno.writeTextFile(path, JSON.stringify({ Bed: [{ ...row, boundingBox: 3 }] }));
  await assertRejects(() => readAssets(path), UserError, path);
});
