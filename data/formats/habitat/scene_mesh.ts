/** A scene instance as triangles: the models of its stage and objects in their places, by names. */
import { FormatError } from "../../../base/byte_reader.ts";
import { type MeshPart, MOST_TRIANGLES, type PartName, tooManyTriangles } from "../mesh/mesh_part.ts";
import { type Place, placed } from "../mesh/place.ts";
import type { HabitatDataset, Template } from "./dataset.ts";
import type { SceneInstance, TemplateAttributes, TemplateInstance } from "./scene_instance.ts";

/** Least share of a triangle's normal that is vertical for floors and ceilings: it leans by less than 45°. */
const FACING = Math.SQRT1_2;
/** Share of a stage's height at its top and bottom where a surface belongs to what lies on its other side. */
const SLAB_SHARE = 0.25;

/** A scene as triangles. */
export interface SceneMesh {
  readonly parts: readonly MeshPart[];
  /** Models that are placed, and instances without a model at hand. */
  readonly counts: { readonly placed: number; readonly leftOut: number };
}

/** Reads the parts of a model; null where it is not at hand. */
export type ReadModel = (template: Template) => Promise<readonly MeshPart[] | null>;

/**
 * The triangles of a scene. Parts of the stage go by their names in its model, and by where they face: `stage floor`,
 * `stage ceiling` or `stage wall`. Objects go by what the data set calls them.
 *
 * @throws {FormatError} if axes are no axes, or there are too many triangles.
 */
export async function sceneMesh(
  scene: SceneInstance,
  dataset: Pick<HabitatDataset, "template" | "nameOf">,
  read: ReadModel,
): Promise<SceneMesh> {
  const parts: MeshPart[] = [], counts = { placed: 0, leftOut: 0 };
  let triangles = 0;
  const add = async (
    kind: "stages" | "objects",
    instance: TemplateInstance,
    partsOf: (found: readonly MeshPart[], template: Template) => readonly MeshPart[] | Promise<readonly MeshPart[]>,
  ) => {
    const template = await dataset.template(kind, instance.template_name);
    const model = template && await read(template);
    if (!template || !model) return void counts.leftOut++;
    counts.placed++;
    triangles += model.reduce((sum, { corners }) => sum + corners.length / 9, 0);
    if (triangles > MOST_TRIANGLES) throw tooManyTriangles();
    const origin = kind === "objects" ? instance.translation_origin ?? scene.translation_origin ?? "" : "";
    parts.push(...await partsOf(inPlace(model, template.attributes, instance, /^com$/i.test(origin)), template));
  };
  if (scene.stage_instance) await add("stages", scene.stage_instance, byFacing);
  for (const object of scene.object_instances) {
    await add("objects", object, async (found, template) => {
      const text = await dataset.nameOf(template, scene);
      return found.map(({ corners }) => ({ names: [{ kind: "object", text }], corners }));
    });
  }
  return { parts, counts };
}

/** A model as its template and an instance of it say; `byMass`: the translation is that of the centre of mass. */
function inPlace(
  model: readonly MeshPart[],
  { scale = [1, 1, 1], units_to_meters = 1, up, front, COM }: TemplateAttributes,
  { translation, rotation: [w, x, y, z], uniform_scale, non_uniform_scale }: TemplateInstance,
  byMass: boolean,
): MeshPart[] {
  const size = Math.hypot(w, x, y, z), axes = up || front ? axesOf(up ?? [0, 1, 0], front ?? [0, 0, -1]) : null;
  const place: Place = {
    pos: translation,
    rot: [x / size, y / size, z / size, w / size],
    scale: scale.map((factor, axis) => factor * units_to_meters * uniform_scale * non_uniform_scale[axis]),
  };
  const upright = model.map(({ names, corners }) => ({ names, corners: axes ? turned(corners, axes) : corners }));
  const centre = byMass ? COM ?? middleOf(upright) : [0, 0, 0];
  return upright.map(({ names, corners }) => ({
    names,
    corners: placed(corners.map((value, i) => value - centre[i % 3]), place),
  }));
}

/** Rows of the rotation that makes `up` the y axis and `front` point against z. */
function axesOf(up: readonly number[], front: readonly number[]): readonly (readonly number[])[] {
  const unit = (v: readonly number[]) => v.map((value) => value / Math.hypot(...v));
  const [a, b] = [unit(up), unit(front)], along = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  if (!(Math.abs(along) < 1e-3)) throw new FormatError(`up [${up}] and front [${front}] are not at right angles`);
  const right = [b[1] * a[2] - b[2] * a[1], b[2] * a[0] - b[0] * a[2], b[0] * a[1] - b[1] * a[0]];
  return [right, a, b.map((value) => -value)];
}

function turned(corners: Float64Array, axes: readonly (readonly number[])[]): Float64Array {
  return corners.map((_, i) => {
    const row = axes[i % 3], at = i - i % 3;
    return row[0] * corners[at] + row[1] * corners[at + 1] + row[2] * corners[at + 2];
  });
}

/** Least and greatest coordinate along an axis. */
function rangeOf(parts: readonly MeshPart[], axis: number): [low: number, high: number] {
  let low = Infinity, high = -Infinity;
  for (const { corners } of parts) {
    for (let i = axis; i < corners.length; i += 3) {
      low = Math.min(low, corners[i]);
      high = Math.max(high, corners[i]);
    }
  }
  return [low, high];
}

function middleOf(parts: readonly MeshPart[]): number[] {
  return [0, 1, 2].map((axis) => {
    const [low, high] = rangeOf(parts, axis);
    return low <= high ? (low + high) / 2 : 0;
  });
}

/**
 * The parts of a stage, cut by where triangles face: up floor, down ceiling, else wall. What faces down near the bottom is
 * the underside of the floor, what faces up near the top that of the ceiling.
 */
function byFacing(stage: readonly MeshPart[]): MeshPart[] {
  const [low, high] = rangeOf(stage, 1), slab = SLAB_SHARE * (high - low);
  return stage.flatMap(({ names, corners }) => {
    const sides: Record<"floor" | "ceiling" | "wall", number[]> = { floor: [], ceiling: [], wall: [] };
    for (let i = 0; i < corners.length; i += 9) {
      const triangle = corners.subarray(i, i + 9), [nx, ny, nz] = normalOf(triangle);
      const height = (triangle[1] + triangle[4] + triangle[7]) / 3;
      const isLevel = Math.abs(ny) > FACING * Math.hypot(nx, ny, nz);
      const isFloor = ny > 0 ? height < high - slab : height < low + slab;
      const side = sides[!isLevel ? "wall" : isFloor ? "floor" : "ceiling"];
      for (const value of triangle) side.push(value);
    }
    return Object.entries(sides).filter(([, found]) => found.length > 0).map(([side, found]): MeshPart => {
      const facing: PartName = { kind: "object", text: `stage ${side}` };
      return { names: [...names, facing], corners: Float64Array.from(found) };
    });
  });
}

function normalOf([ax, ay, az, bx, by, bz, cx, cy, cz]: Float64Array): [number, number, number] {
  const [ux, uy, uz, vx, vy, vz] = [bx - ax, by - ay, bz - az, cx - ax, cy - ay, cz - az];
  return [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
}
