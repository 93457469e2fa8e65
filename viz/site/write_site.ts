/** Writes a static site: the viewer's page and a model that runs in it, for any web host. */
import { basename, join, resolve } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { exists, makeFolder, writeFileAtomic } from "../../base/files.ts";
import { classSetOf } from "../../data/class_file.ts";
import { encodeSafetensors } from "../../data/formats/safetensors.ts";
import { EDIT_SAMPLER } from "../../eval/replay.ts";
import { latentShape } from "../../nn/models/config.ts";
import { latestCheckpoint, readCheckpoint } from "../../run/checkpoint.ts";
import { modelOf } from "../../run/config.ts";
import { releasedTensors } from "../../run/release.ts";
import { runFolder } from "../../run/run_folder.ts";
import { bundled, pageFile } from "../viewer/bundle.ts";
import { MODEL_FILE, type SiteModel, WEIGHTS_FILE } from "./site_files.ts";

/** The site's scripts and what they are bundled from. Engines and exports are fetched when they are used. */
const SCRIPTS: Readonly<Record<string, string>> = {
  "main.js": "./start.ts",
  "worker.js": "./worker.ts",
  "webgpu.js": "./engines/webgpu.ts",
  "wasm.js": "./engines/wasm.ts",
  "export.js": "../export/volume.ts",
};

/** The page, which is written last: with it the folder is a site. */
const PAGE = "index.html";

/** A file of a site. */
export interface SiteFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Writes the site of a run's checkpoint, by default the newest, into `out`; a site that is there is replaced.
 *
 * @throws {UserError} if there is no checkpoint, its codes have no places, `out` holds something else than a site, or a
 * script cannot be bundled.
 */
export async function writeSite(root: string, out: string, step?: number): Promise<SiteFile[]> {
  await checkTarget(out);
  const path = await latestCheckpoint(runFolder(root).checkpoints, step), checkpoint = await readCheckpoint(path);
  const { options, checksum, sceneLabels: labels = [] } = checkpoint, config = modelOf(options);
  if (latentShape(config).length === 1) {
    throw new UserError(
      `${root} is a run of model ${options.model}, whose codes have no places: the page shows codes of a cell per 16³ ` +
        `voxels; choose a run of fc-alphagan or fc-vae`,
    );
  }
  const model: SiteModel = {
    ...{ title: basename(resolve(root)), config, statistics: options.bn, mirrored: options.mirrored, labels },
    ...{ classes: classSetOf(options.classes), step: checkpoint.step, checksum, sampler: EDIT_SAMPLER },
  };
  const files: [name: string, content: string | readonly Uint8Array[]][] = [
    [WEIGHTS_FILE, encodeSafetensors(releasedTensors(checkpoint.tensors, path))],
    [MODEL_FILE, JSON.stringify(model)],
    ["style.css", await pageFile("style.css")],
  ];
  for (const [name, source] of Object.entries(SCRIPTS)) {
    files.push([name, await bundled(new URL(source, import.meta.url))]);
  }
  files.push([PAGE, await pageFile(PAGE)]);
  await makeFolder(out);
  const written: SiteFile[] = [];
  for (const [name, content] of files) {
    const target = join(out, name);
    const chunks = typeof content === "string" ? [new TextEncoder().encode(content)] : content;
    await writeFileAtomic(target, chunks);
    written.push({ path: target, bytes: chunks.reduce((sum, { length }) => sum + length, 0) });
  }
  return written;
}

/** @throws {UserError} if the folder holds something, and no site */
async function checkTarget(out: string): Promise<void> {
  if (!await exists(out) || await exists(join(out, MODEL_FILE))) return;
  const found = await Array.fromAsync(Deno.readDir(out)).catch(() => null);
  if (found === null) throw new UserError(`${out} is a file; name a folder for the site`);
  if (found.length > 0) throw new UserError(`${out} holds something else than a site; name another folder`);
}
