/** Opens scenes of any kind by their path. */
import { UserError } from "../base/errors.ts";
import { findFiles } from "./file_tree.ts";
import type { SceneSource } from "./scene_source.ts";
import { scenevoxFolder, scenevoxSource } from "./scenevox.ts";
import { type SscnetOptions, sscnetSource } from "./sscnet.ts";

/**
 * Opens a Scenevox folder, an `.npy` file, an SSCNet `.bin` file, or a folder of such files, by what it holds.
 *
 * @param options how SSCNet volumes become scenes; without effect on `.npy` files.
 * @throws {UserError} if the path cannot be read, holds no scenes or both kinds, or the scenes are not usable.
 */
export async function openScenes(path: string, options: SscnetOptions = {}): Promise<SceneSource> {
  const { files } = await findFiles(await scenevoxFolder(path), [".npy", ".bin"]);
  const volumes = files.filter((file) => file.path.toLowerCase().endsWith(".bin")).length;
  if (volumes === 0) return await scenevoxSource(path);
  if (volumes === files.length) return await sscnetSource(path, options);
  throw new UserError(`${path} holds both .npy and .bin files; keep the two kinds in separate folders`);
}
