/** Habitat's scene instances: models in their places, what they are called, where they are looked for. */
import { assertAlmostEquals, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { FormatError } from "../../../../base/byte_reader.ts";
import { UserError } from "../../../../base/errors.ts";
import { sceneInstanceSchema, type TemplateAttributes } from "../../../../data/formats/habitat/scene_instance.ts";
import { sceneMesh } from "../../../../data/formats/habitat/scene_mesh.ts";
import type { MeshPart } from "../../../../data/formats/mesh/mesh_part.ts";
import { LABEL } from "../../../../data/rooms/label.ts";
import { inspectFile, openScenes } from "../../../../data/scenes/open.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";
import { boxCorners, glbBytes } from "../mesh/shapes.ts";

const MESH = { grid: [16, 16, 16], voxelMetres: 0.25, fill: "solid", up: null, unitMetres: 1, fit: false } as const;
const OPTIONS = { mesh: { ...MESH, align: "origin", classMap: null } } as const;
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A template of HSSD, whose name tells nothing. */
const HSSD = "0bed".repeat(10);

/** A data set as HSSD and ReplicaCAD are laid out: a stage of a floor without a name and a wall, a chair with a class, a lamp, a fridge. */
async function writeDataset(folder: TemporaryFolder): Promise<void> {
  const floor = [[0, 0, 4, 4, 4, 0], [0, 0, 0, 4, 4, 4]].flatMap((
    [a, b, c, d, e, f],
  ) => [a, 0.1, b, c, 0.1, d, e, 0.1, f]);
  const wall = boxCorners([0, 0.25, 0], [0.25, 2, 4]);
  const box = await glbBytes({ any: boxCorners([0, 0, 0], [0.5, 0.5, 0.5]) });
  const files: Record<string, Uint8Array> = {
    "set.scene_dataset_config.json": json({
      stages: { paths: { ".json": ["stages"] } },
      objects: {
        paths: { ".json": ["objects/*"], ".glb": ["loose/*.glb"] },
        default_attributes: { mass: 1 },
        configs: [{
          template_handle: "big_lamp",
          original_file: "objects/a/lamp.object_config.json",
          attributes: { scale: [2, 1, 1] },
        }],
      },
      scene_instances: { default_attributes: { semantic_scene_instance: "names" }, paths: { ".json": ["scenes"] } },
      semantic_scene_descriptor_instances: { names: "semantics/lexicon.json", paths: {} },
    }),
    "semantics/lexicon.json": json({ classes: [{ name: "unknown", id: 0 }, { name: "chair", id: 7 }] }),
    "stages/house.stage_config.json": json({ render_asset: "house.glb", up: [0, 1, 0], front: [0, 0, -1] }),
    "stages/house.glb": await glbBytes({ "4711": floor, "Wall.002": wall }),
    "objects/a/f00d.object_config.json": json({ render_asset: "../../meshes/f00d.glb", semantic_id: 7 }),
    "meshes/f00d.glb": box,
    "objects/a/lamp.object_config.json": json({ semantic_id: 0 }),
    "objects/a/lamp.glb": box,
    [`loose/${HSSD}_part_1.glb`]: box,
    "semantics/objects.csv": new TextEncoder().encode(`id,name,main_category\n${HSSD},"Sofa, grey",couch\n`),
    "loose/frl_apartment_tvstand.glb": box,
    "scenes/one.scene_instance.json": json({
      translation_origin: "asset_local",
      stage_instance: { template_name: "stages/house" },
      object_instances: [
        { template_name: "f00d", translation: [1, 0.25, 1], uniform_scale: 2 },
        { template_name: "objects/big_lamp", translation: [3, 1, 3] },
        { template_name: "tvstand", translation: [3, 0.5, 1], translation_origin: "COM" },
        { template_name: `${HSSD}_part_1`, translation: [0.5, 0.25, 3] },
        { template_name: "not_there" },
      ],
      articulated_object_instances: [{ template_name: "fridge" }],
    }),
    "scenes/two.scene_instance.json": json({ stage_instance: { template_name: "house" } }),
  };
  for (const [name, bytes] of Object.entries(files)) await folder.write(name, bytes);
}

Deno.test("Habitat: stage and objects stand where the scene says, of the class of their id, their name or where they face", async () => {
  await using folder = await TemporaryFolder.make();
  await writeDataset(folder);
  using source = await openScenes(folder.join("scenes"), OPTIONS);
  assertEquals(source.sceneIds, ["house/one", "house/two"]);
  const labels = await source.read(0), at = (x: number, y: number, z: number) => labels[(x * 16 + y) * 16 + z];
  const count = (label: number) => labels.reduce((sum, each) => sum + Number(each === label), 0);
  // Voxels have 25 cm. The floor is one thick, the wall seven high: the chair is 4³, the lamp 4 x 2 x 2.
  assertEquals(["chair", "furn", "objs", "sofa", "wall"].map((name) => count(LABEL[name as "chair"])), [
    64,
    8,
    16,
    8,
    7 * 16,
  ]);
  assertEquals([at(4, 1, 4), at(7, 4, 7), at(8, 1, 4)], [LABEL.chair, LABEL.chair, 0]);
  assertEquals([at(12, 4, 12), at(15, 5, 13), at(11, 4, 12)], [LABEL.objs, LABEL.objs, 0]);
  assertEquals([at(11, 1, 3), at(12, 2, 4), at(13, 1, 4)], [LABEL.furn, LABEL.furn, 0]); // about its middle
  assertEquals([at(9, 0, 9), at(0, 3, 9)], [LABEL.floor, LABEL.wall]);
  const text = await inspectFile(folder.join("scenes/one.scene_instance.json"), 0, OPTIONS);
  assertStringIncludes(text, "models: 5 placed, 1 left out, not at hand; 1 articulated objects (URDF) are not read");
  assertStringIncludes(String((await source.provenance()).options.licence), "HSSD: CC BY-NC 4.0");
});

Deno.test("Habitat: without a description models are looked for beside the scenes; damage is told by file and place", async () => {
  await using folder = await TemporaryFolder.make();
  await writeDataset(folder);
  await Deno.remove(folder.join("set.scene_dataset_config.json"));
  const path = "scenes/two.scene_instance.json", scene = { stage_instance: { template_name: "house" } };
  const read = async () => {
    using source = await openScenes(folder.join(path), OPTIONS);
    return await source.read(0);
  };
  assertEquals((await read()).includes(LABEL.wall), true);
  const refused = async (file: string, content: unknown, message: string) => {
    await folder.write(file, typeof content === "string" ? new TextEncoder().encode(content) : json(content));
    await assertRejects(read, UserError, message);
  };
  await refused(path, "{", "two.scene_instance.json is not JSON");
  await refused(path, {}, "neither a stage_instance nor object_instances");
  await refused(path, { stage_instance: { ...scene.stage_instance, rotation: [0, 0, 0, 0] } }, "all is 0");
  await refused(path, { stage_instance: { template_name: "castle" } }, "none of its models is at hand");
  await folder.write(path, json(scene));
  const config = "stages/house.stage_config.json";
  await refused(config, { render_asset: "house.glb", up: [0, 1, 0], front: [0, 2, 0] }, "not at right angles");
  await refused(config, { render_asset: "../../../etc/house.glb" }, "leads out of the data set");
  await folder.write(config, json({ render_asset: "house.glb" }));
  await refused("stages/house.glb", "glTF", "house.glb: it does not start with");
});

Deno.test("sceneMesh: corners are scaled, turned by the quaternion and moved, from the template's own axes", async () => {
  const number = fc.integer({ min: -4, max: 4 }), scale = fc.constantFrom(-2, -1, 1, 3);
  const vector = fc.tuple(number, number, number);
  const turn = fc.tuple(number, number, number, number).filter((q) => Math.hypot(...q) > 0);
  const place = fc.record({ translation: vector, rotation: turn, non_uniform_scale: fc.tuple(scale, scale, scale) });
  const corners = Float64Array.of(1, 2, 3, 4, 0, 1, 0, 5, 2);
  await fc.assert(fc.asyncProperty(place, fc.boolean(), async (at, byMass) => {
    const origin = byMass ? "COM" : "asset_local", COM: [number, number, number] = [1, 1, 2];
    const object = { template_name: "x", translation_origin: origin, ...at };
    const scene = sceneInstanceSchema.parse({ object_instances: [object] });
    // z is up and y is back in the model: (x, y, z) is (x, z, −y) here.
    const found = await meshOf(scene, { up: [0, 0, 1], front: [0, 1, 0], units_to_meters: 0.5, COM }, corners);
    const [w, x, y, z] = at.rotation.map((value) => value / Math.hypot(...at.rotation));
    const matrix = [
      [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
      [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
      [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ];
    const mirrored = at.non_uniform_scale.reduce((a: number, b) => a * b, 1) < 0;
    (mirrored ? [0, 2, 1] : [0, 1, 2]).forEach((from, corner) => {
      const [a, b, c] = corners.subarray(3 * from, 3 * from + 3);
      const own = [a, c, -b].map((value, axis) => value - (byMass ? COM[axis] : 0));
      const scaled = own.map((value, axis) => value * 0.5 * at.non_uniform_scale[axis]);
      matrix.forEach((row, axis) => {
        const expected = row.reduce((sum, factor, k) => sum + factor * scaled[k], at.translation[axis]);
        assertAlmostEquals(found[3 * corner + axis], expected, 1e-9);
      });
    });
  }));
});

Deno.test("sceneMesh: a stage without names is told by where it faces; slabs are of what they carry or close", async () => {
  const slab = (low: number, high: number) => boxCorners([0, low, 0], [4, high, 4]);
  const corners = [...slab(0, 0.2), ...slab(2.8, 3), ...boxCorners([0, 0.2, 0], [0.2, 2.8, 4])];
  const parts = await partsOf(
    sceneInstanceSchema.parse({ stage_instance: { template_name: "x" } }),
    {},
    Float64Array.from(corners),
  );
  const triangles = Object.fromEntries(parts.map(({ names, corners }) => [names.at(-1)!.text, corners.length / 9]));
  // Of each slab top and bottom, of the wall, too: its ends touch the slabs.
  assertEquals(triangles, { "stage floor": 4 + 2, "stage ceiling": 4 + 2, "stage wall": 3 * 8 });
  const triangle = Float64Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0);
  await assertRejects(
    () => partsOf(sceneInstanceSchema.parse({ stage_instance: { template_name: "x" } }), { up: [0, 1, 1] }, triangle),
    FormatError,
    "right angles",
  );
});

async function partsOf(
  scene: Parameters<typeof sceneMesh>[0],
  attributes: TemplateAttributes,
  corners: Float64Array,
): Promise<readonly MeshPart[]> {
  const dataset = {
    template: (_: unknown, handle: string) => Promise.resolve({ handle, asset: "", attributes }),
    nameOf: () => Promise.resolve("thing"),
  };
  return (await sceneMesh(scene, dataset, () => Promise.resolve([{ names: [], corners }]))).parts;
}

const meshOf = async (...call: Parameters<typeof partsOf>) => (await partsOf(...call))[0].corners;
