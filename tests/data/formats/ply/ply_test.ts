/** Labelled .ply meshes: encodings, labels of vertices and faces, names, and what is refused. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { FormatError } from "../../../../base/byte_reader.ts";
import { UserError } from "../../../../base/errors.ts";
import { CLASS_NAMES } from "../../../../data/classes.ts";
import { DEFAULT_MESH_OPTIONS } from "../../../../data/formats/mesh/mod.ts";
import CLASSES from "../../../../data/formats/ply/classes.json" with { type: "json" };
import { LABEL_LISTS } from "../../../../data/formats/ply/label_names.ts";
import { readPly } from "../../../../data/formats/ply/ply_file.ts";
import { LABEL } from "../../../../data/rooms/label.ts";
import { inspectFile, openScenes, type SceneOptions } from "../../../../data/scenes/open.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";
import { boxOf, joined, type LabelledMesh, PLY_FORMATS, plyBytes } from "./ply_writer.ts";

const GRID = [16, 16, 16] as const;
const OPTIONS: SceneOptions = { mesh: { ...DEFAULT_MESH_OPTIONS, grid: GRID, voxelMetres: 0.1, align: "origin" } };
const count = (labels: Uint8Array, label: number) => labels.reduce((sum, each) => sum + Number(each === label), 0);

/** A chair of 4 x 3 x 2 voxels and a table of 2 x 2 x 8 in the axes of the file, z up; y runs to -z of the grid. */
const scene = (of: "vertex" | "face", chair: number, table: number, property?: string): LabelledMesh =>
  joined([
    boxOf([0.2, -0.5, 0.1], [0.6, -0.2, 0.3], chair, of, property),
    boxOf([1, -1, 0], [1.2, -0.8, 0.8], table, of, property),
  ]);

Deno.test(".ply: labels of vertices and faces, as text and binary in both byte orders, z up", async () => {
  await using folder = await TemporaryFolder.make();
  const path = join(folder.path, "scan.ply");
  for (const part of ["vertex", "face"] as const) {
    for (const format of PLY_FORMATS) {
      await Deno.writeFile(path, plyBytes(scene(part, 5, 7), format));
      using source = await openScenes(path, OPTIONS);
      const labels = await source.read(0), what = `${part} ${format}`;
      assertEquals([count(labels, LABEL.chair), count(labels, LABEL.table)], [4 * 3 * 2, 2 * 2 * 8], what);
      const at = (x: number, y: number, z: number) => labels[(x * GRID[1] + y) * GRID[2] + z];
      assertEquals(
        [at(2, 1, 2), at(5, 2, 4), at(2, 3, 2), at(11, 7, 9)],
        [LABEL.chair, LABEL.chair, 0, LABEL.table],
        what,
      );
    }
  }
});

Deno.test(".ply: ScanNet200's numbers, Replica's objects and Matterport3D's rows are named by their lists", async () => {
  await using folder = await TemporaryFolder.make();
  const path = join(folder.path, "scan.ply");
  const counts = async (options: SceneOptions = {}) => {
    using source = await openScenes(path, { ...OPTIONS, ...options });
    const labels = await source.read(0);
    return CLASS_NAMES.filter((_, label) => label > 0 && count(labels, label) > 0);
  };
  const write = (mesh: LabelledMesh) => Deno.writeFile(path, plyBytes(mesh, "binary_little_endian"));
  await write(scene("vertex", 6, 4));
  assertEquals(await counts(), ["bed", "sofa"]); // NYU's 4 and 6
  assertEquals(await counts({ labelNames: "scannet200" }), ["sofa", "table"]); // couch and table
  await write(scene("face", 0, 12, "object_id"));
  await assertRejects(() => counts(), UserError, "info_semantic.json");
  const objects = [{ id: 0, class_name: "bed" }, { id: 12, class_name: "tv-screen" }];
  await Deno.writeTextFile(join(folder.path, "info_semantic.json"), JSON.stringify({ objects, classes: [] }));
  assertEquals(await counts(), ["bed", "tvs"]);
  await write(scene("face", 2, 3, "category_id"));
  await Deno.writeTextFile(
    join(folder.path, "category_mapping.tsv"),
    "index\traw_category\tmpcat40\n1\twall \twall\n2\tarm chair\tchair\n3\tkitchen cabinet\tcabinet\n",
  );
  assertEquals(await counts(), ["chair", "furn"]);
  await Deno.writeTextFile(join(folder.path, "names.json"), '{"2": "ceiling", "3": "vase"}');
  assertEquals(await counts({ labelNames: join(folder.path, "names.json") }), ["ceiling", "objs"]);
});

Deno.test(".ply: what has no label is left out; a number without a name, a damaged file, points alone are refused", async () => {
  await using folder = await TemporaryFolder.make();
  const path = join(folder.path, "scan.ply");
  const refused = async (bytes: Uint8Array, message: string) => {
    await Deno.writeFile(path, bytes);
    const error = await assertRejects(() => openScenes(path, OPTIONS), UserError, message);
    assertStringIncludes(error.message, "scan.ply");
  };
  await Deno.writeFile(path, plyBytes(scene("face", 5, 0), "ascii"));
  assertStringIncludes(await inspectFile(path, 0, OPTIONS), "1 parts, 1 parts left out");
  await refused(plyBytes(scene("face", 5, 77), "ascii"), "label 77 has no name in nyu40");
  const { vertices, labels } = scene("vertex", 5, 7);
  await refused(plyBytes({ vertices, faces: [], labels }, "ascii"), "no faces");
  await refused(plyBytes({ vertices, faces: [[0, 1, 99]], labels }, "ascii"), "face 0 names vertex 99, there are 16");
  await refused(plyBytes(scene("face", 5, 7, "colour"), "ascii"), "neither faces nor vertices have labels");
  await refused(new TextEncoder().encode("solid box"), "no .ply file");
  const whole = plyBytes(scene("face", 5, 7), "binary_big_endian");
  for (const cut of [1, 40]) await refused(whole.subarray(0, whole.length - cut), "ends");
  const claims = new TextDecoder("latin1").decode(whole).replace("vertex 16", "vertex 1600000000");
  await refused(Uint8Array.from(claims, (letter) => letter.charCodeAt(0)), "it ends too early");
});

Deno.test("readPly: gives back what was written, in every encoding", () => {
  const coordinate = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value === 0 ? 0 : value);
  const mesh = fc.array(fc.tuple(coordinate, coordinate, coordinate), { minLength: 1, maxLength: 12 }).chain((
    vertices,
  ) =>
    fc.array(fc.array(fc.nat(vertices.length - 1), { maxLength: 6 }), { minLength: 1, maxLength: 8 }).map((faces) => ({
      vertices,
      faces,
      labels: { of: "face" as const, property: "label", values: faces.map((_, i) => 9000 * i % 65_536) },
    }))
  );
  fc.assert(fc.property(mesh, fc.constantFrom(...PLY_FORMATS), (written, format) => {
    const file = readPly(plyBytes(written, format)), vertex = file.get("vertex")!, face = file.get("face")!;
    assertEquals([...vertex.numbers.get("y")!], written.vertices.map(([, y]) => y));
    const { values, starts } = face.lists.get("vertex_indices")!;
    assertEquals(written.faces.map((_, i) => [...values.subarray(starts[i], starts[i + 1])]), written.faces);
    assertEquals([...face.numbers.get("label")!], written.labels.values);
  }));
});

Deno.test("readPly: headers with CR LF, other elements before and after, and none of their properties", () => {
  const text = "ply\r\nformat ascii 1.0\r\nelement camera 1\r\nproperty float f\r\nelement nothing 9\r\n" +
    "element face 1\r\nproperty list uint8 int32 vertex_index\r\nend_header\r\n2.5\r\n3 0 1 2";
  const file = readPly(new TextEncoder().encode(text));
  assertEquals([...file.get("camera")!.numbers.get("f")!], [2.5]);
  assertEquals([...file.get("face")!.lists.get("vertex_index")!.values], [0, 1, 2]);
  for (const bad of ["format ascii 1.0", "uint8 int32", "end_header"]) {
    assertThrows(() => readPly(new TextEncoder().encode(text.replace(bad, "x y z"))), FormatError);
  }
});

Deno.test("lists of names: 40 and 200 of them, and every class of classes.json is one of the published", () => {
  assertEquals(Object.keys(LABEL_LISTS.nyu40).length, 40);
  assertEquals(Object.keys(LABEL_LISTS.scannet200).length, 200);
  const known: readonly string[] = CLASS_NAMES;
  for (const name of Object.values(CLASSES.names)) assert(name === null || known.includes(name), String(name));
});
