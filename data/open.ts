/** Opens scenes of any kind by their path. */
import { UserError } from "../base/errors.ts";
import { decodedSource, type SceneFormat } from "./decoded_source.ts";
import { findFiles } from "./file_tree.ts";
import { NPZ_FORMAT } from "./npz.ts";
import { OCCSCANNET_FORMAT } from "./occscannet.ts";
import type { SceneSource } from "./scene_source.ts";
import { scenevoxFolder, scenevoxSource } from "./scenevox.ts";
import { type SscnetOptions, sscnetSource } from "./sscnet.ts";
import { VOX_FORMAT } from "./vox.ts";

/** Formats of files that are decoded as a whole. */
export const DECODED_FORMATS: readonly SceneFormat[] = [NPZ_FORMAT, OCCSCANNET_FORMAT, VOX_FORMAT];

/** Endings of all files that hold scenes. */
const ENDINGS: readonly string[] = [".npy", ".bin", ...DECODED_FORMATS.flatMap(({ endings }) => endings)];

/**
 * Opens a Scenevox folder, an `.npy` file or `.npz` archive, an SSCNet `.bin`, OccScanNet `.pkl` or MagicaVoxel `.vox`
 * file, or a folder of such files, by what it holds.
 *
 * @param options how SSCNet volumes become scenes; without effect on other files.
 * @throws {UserError} if the path cannot be read, holds no scenes or several kinds, or the scenes are not usable.
 */
export async function openScenes(path: string, options: SscnetOptions = {}): Promise<SceneSource> {
  const { files } = await findFiles(await scenevoxFolder(path), ENDINGS);
  const kinds = ENDINGS.filter((ending) => files.some((file) => file.path.toLowerCase().endsWith(ending)));
  if (kinds.length > 1) {
    throw new UserError(`${path} holds both ${kinds[0]} and ${kinds[1]} files; keep the kinds in separate folders`);
  }
  const [kind] = kinds;
  if (kind === ".npy") return await scenevoxSource(path);
  if (kind === ".bin") return await sscnetSource(path, options);
  const format = DECODED_FORMATS.find(({ endings }) => endings.includes(kind));
  return await decodedSource(await scenevoxFolder(path), format!);
}
