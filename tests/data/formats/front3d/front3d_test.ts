/** Rooms of 3D-FRONT: meshes, boxes and models in their places, names, and what is refused. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { UserError } from "../../../../base/errors.ts";
import { frontHouseOf, roomMesh } from "../../../../data/formats/front3d/front_house.ts";
import { LABEL } from "../../../../data/rooms/label.ts";
import { inspectFile, openScenes } from "../../../../data/scenes/open.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";
import { bedroom, HALF_TURN } from "./front_houses.ts";

const GRID = [80, 48, 80] as const;
const count = (labels: Uint8Array, label: number) => labels.reduce((sum, each) => sum + Number(each === label), 0);

Deno.test("3D-FRONT: rooms with a floor are scenes; furniture stands as boxes of its size, scaled and turned", async () => {
  await using folder = await TemporaryFolder.make();
  const path = join(folder.path, "house.json");
  await Deno.writeTextFile(path, JSON.stringify(bedroom()));
  using source = await openScenes(path);
  assertEquals(source.sceneIds, ["house/Bedroom-1"]);
  assertEquals(source.label?.(0), "Bedroom");
  const labels = await source.read(0);
  // The bed is 1.2 x .6 x 1.8 m, twice as wide by its scale, turned by a quarter: 30 x 10 x 40 voxels.
  assertEquals(count(labels, LABEL.bed), 30 * 10 * 40);
  const at = (x: number, y: number, z: number) => labels[(x * GRID[1] + y) * GRID[2] + z];
  // The floor is 3.6 x 3 m, its corner at voxel [10, 0, 15]; the bed's middle lies 1.5 m off it along x, 1.2 m along z.
  assertEquals([at(10, 0, 15), at(69, 0, 64), at(9, 0, 15), at(69, 0, 65)], [LABEL.floor, LABEL.floor, 0, 0]);
  assertEquals(at(10 + 25, 5, 15 + 20), LABEL.bed);
  assertStringIncludes(await inspectFile(path), "furniture: 0 as models, 1 as boxes, 2 left out");
  const { options } = await source.provenance();
  assertStringIncludes(String(options.licence), "3D-FUTURE");
});

Deno.test("3D-FRONT: models of 3D-FUTURE beside the houses are drawn, and named by their list", async () => {
  await using folder = await TemporaryFolder.make();
  const model = join(folder.path, "3D-FUTURE-model/model-2");
  await Deno.mkdir(model, { recursive: true });
  await Deno.mkdir(join(folder.path, "3D-FRONT"));
  await Deno.writeTextFile(
    join(model, "raw_model.obj"),
    "v -.3 0 -.3\nv .3 0 -.3\nv .3 0 .3\nv -.3 0 .3\nv 0 .6 0\nf 1 2 3 4\nf 2 1 5\nf 3 2 5\nf 4 3 5\nf 1 4 5\n",
  );
  const list = [{ model_id: "model-2", category: "Lounge Chair", "super-category": "Chair" }];
  await Deno.writeTextFile(join(folder.path, "3D-FUTURE-model/model_info.json"), JSON.stringify(list));
  const path = join(folder.path, "3D-FRONT/house.json");
  await Deno.writeTextFile(path, JSON.stringify(bedroom()));
  using source = await openScenes(path);
  const chair = count(await source.read(0), LABEL.chair);
  assertEquals(chair > 200 && chair < 600, true, `${chair}`); // a pyramid: a third of 10 x 10 x 10, and its surface
  assertStringIncludes(await inspectFile(path), "furniture: 1 as models, 1 as boxes, 1 left out");
});

Deno.test("3D-FRONT: a model's name leads out of no folder; damaged houses and models are told", async () => {
  await using folder = await TemporaryFolder.make();
  const path = join(folder.path, "house.json"), house = bedroom();
  const refused = async (changed: unknown, message: string) => {
    await Deno.writeTextFile(path, typeof changed === "string" ? changed : JSON.stringify(changed));
    const error = await assertRejects(() => openScenes(path).then((source) => source.read(0)), UserError, message);
    assertStringIncludes(error.message, "house.json");
  };
  await refused({ ...house, mesh: house.mesh.map((mesh) => ({ ...mesh, faces: [0, 1, 99] })) }, "names corner 99");
  await refused({ ...house, scene: { room: [] } }, "scene.room");
  await refused(JSON.stringify(house).slice(0, -5), "is not JSON");
  await Deno.mkdir(join(folder.path, "3D-FUTURE-model"));
  await Deno.writeTextFile(join(folder.path, "raw_model.obj"), "v nothing\n");
  const furniture = house.furniture.map((piece) => ({ ...piece, jid: ".." }));
  await Deno.writeTextFile(path, JSON.stringify({ ...house, furniture }));
  using source = await openScenes(path);
  assertEquals(count(await source.read(0), LABEL.bed), 30 * 10 * 40); // the box, not the file above
});

Deno.test("roomMesh: corners are scaled, turned and moved as the quaternion says", async () => {
  const number = fc.integer({ min: -5, max: 5 }), scale = fc.integer({ min: 1, max: 4 });
  const places = fc.record({ pos: fc.tuple(number, number, number), scale: fc.tuple(scale, scale, scale) });
  await fc.assert(fc.asyncProperty(places, async ({ pos, scale }) => {
    const house = frontHouseOf(bedroom()), [floor] = house.mesh, [room] = house.scene.room;
    const child = { ref: floor.uid, pos, scale, rot: HALF_TURN }; // about y: x and z change sign
    const { parts: [{ corners }] } = await roomMesh(house, { ...room, children: [child] }, () => Promise.resolve(null));
    const expected = floor.faces.flatMap((at) =>
      [-1, 1, -1].map((sign, axis) => sign * scale[axis] * floor.xyz[3 * at + axis] + pos[axis])
    );
    expected.forEach((value, i) => assertEquals(Math.abs(corners[i] - value) < 1e-9, true));
  }));
});
