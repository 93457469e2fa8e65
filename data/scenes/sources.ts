/** Every kind of scenes there is: a new one adds its line here. */
import { decodedKind } from "../formats/decoded_source.ts";
import { FRONT_KIND } from "../formats/front3d/front3d.ts";
import { HABITAT_KIND } from "../formats/habitat/habitat.ts";
import { MESH_ENDINGS, meshFormat, type MeshOptions } from "../formats/mesh/mesh_format.ts";
import { npzFormat, type NpzOptions } from "../formats/npz.ts";
import { OCCSCANNET_DATA, OCCSCANNET_FORMAT } from "../formats/occscannet.ts";
import { PACK_KIND } from "../formats/pack/pack.ts";
import { PLY_DATA, plyFormat, type PlyOptions } from "../formats/ply/ply.ts";
import { PROCTHOR_KIND, type ProcthorOptions } from "../formats/procthor/procthor.ts";
import { SCENEVOX_KIND } from "../formats/scenevox.ts";
import { KITTI_KIND } from "../formats/semantickitti/semantickitti.ts";
import { SSCNET_KIND, type SscnetOptions } from "../formats/sscnet.ts";
import { VOX_FORMAT } from "../formats/vox/vox.ts";
import { PROCEDURAL_READERS } from "../rooms/procedural_source.ts";
import type { DataSet, LabelOptions, SceneKind } from "./scene_kind.ts";
import type { JobReader, SceneJob } from "./scene_source.ts";

/** How files become scenes; what a kind of files does not know is without effect on it. */
export interface SceneOptions extends LabelOptions, SscnetOptions, NpzOptions, ProcthorOptions, PlyOptions {
  /** How meshes become scenes; what houses have in common with them; `DEFAULT_MESH_OPTIONS` if left out. */
  readonly mesh?: MeshOptions;
}

const YOUR_OWN: DataSet = { name: "your own", from: "programs that write such files", licence: "yours" };

/** Every kind of files that hold scenes. */
export const SCENE_KINDS: readonly SceneKind<SceneOptions>[] = [
  SCENEVOX_KIND,
  SSCNET_KIND,
  PACK_KIND,
  decodedKind<SceneOptions>([".npz"], npzFormat, [YOUR_OWN]),
  decodedKind(OCCSCANNET_FORMAT.endings, () => OCCSCANNET_FORMAT, OCCSCANNET_DATA),
  decodedKind(VOX_FORMAT.endings, () => VOX_FORMAT, [YOUR_OWN]),
  ...MESH_ENDINGS.map((ending) =>
    decodedKind<SceneOptions>([ending], ({ mesh }) => meshFormat(ending, mesh), [YOUR_OWN])
  ),
  decodedKind<SceneOptions>([".ply"], plyFormat, PLY_DATA),
  HABITAT_KIND,
  PROCTHOR_KIND,
  FRONT_KIND,
  KITTI_KIND,
];

/** Who reads scenes on threads, by the kind of their jobs. */
const JOB_READERS: readonly Partial<JobReader>[] = [...SCENE_KINDS, ...PROCEDURAL_READERS];

/** Labels `[D, H, W]` of a scene; a fresh array. @throws {UserError} if it cannot be read. */
export async function readScene(job: SceneJob): Promise<Uint8Array> {
  const reader = JOB_READERS.find(({ kind, readScene }) => kind === job.kind && readScene);
  if (!reader?.readScene) throw new RangeError(`nobody reads scenes of the kind ${job.kind}`);
  return await reader.readScene(job);
}
