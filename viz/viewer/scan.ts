/** Finds runs and volumes in the served folder. */
import { basename, dirname, join } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { classesFor } from "../../data/class_file.ts";
import type { ClassSet } from "../../data/classes.ts";
import { listCheckpoints } from "../../run/checkpoint.ts";
import { runFolder } from "../../run/run_folder.ts";
import type { Problem, RunEntry } from "./catalogue.ts";
import { VolumeFile } from "../draw/volume_file.ts";

/** A volume file by its path relative to the served folder. */
export interface FoundVolume {
  readonly path: string;
  readonly file: VolumeFile;
}

/** What {@link scanFolder} finds, each list in natural order. */
export interface Found {
  readonly runs: RunEntry[];
  readonly volumes: FoundVolume[];
  readonly problems: Problem[];
  readonly truncated: boolean;
}

/** Folders are searched this deep, and so many files looked at. */
const DEEPEST = 8, MOST_FILES = 4000;
/** Files opened at the same time. */
const TOGETHER = 16;
/** Latent codes and frequencies of change: float arrays beside the volumes, which the viewer does not show. */
const NUMBERS = /_(z|change)(?![a-z])[^/]*\.npy$/i;

/** Names of the files that tell a run and its losses. */
const { options: OPTIONS, statistics: STATISTICS } = runFolder("");

const natural = new Intl.Collator("en", { numeric: true }).compare;

/** Searches `root`. Links and names that begin with a dot are passed over, folders that cannot be listed as well. */
export async function scanFolder(root: string): Promise<Found> {
  const paths: string[] = [], runs: RunEntry[] = [];
  let truncated = false;
  const walk = async (folder: string, depth: number): Promise<void> => {
    const entries = await list(join(root, folder));
    const names = new Set(entries.map(({ name }) => name));
    if (names.has(OPTIONS)) runs.push(await describeRun(root, folder, names));
    for (const { name, isFile, isDirectory } of entries) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (name.startsWith(".")) continue;
      if (isDirectory && depth < DEEPEST) await walk(path, depth + 1);
      else if (isFile && /\.npy$/i.test(name) && !NUMBERS.test(name)) {
        if (paths.length < MOST_FILES) paths.push(path);
        else truncated = true;
      }
    }
  };
  await walk("", 0);
  const volumes: FoundVolume[] = [], problems: Problem[] = [];
  const found = new Map<string, Promise<ClassSet>>();
  const classesOf = (folder: string): Promise<ClassSet> => {
    const classes = found.get(folder) ?? classesFor(join(root, folder));
    found.set(folder, classes);
    return classes;
  };
  for (let start = 0; start < paths.length; start += TOGETHER) {
    await Promise.all(
      paths.slice(start, start + TOGETHER).map(async (path) => {
        try {
          const file = await VolumeFile.open(join(root, path), await classesOf(dirname(path)));
          volumes.push({ path, file });
        } catch (cause) {
          if (!(cause instanceof UserError)) throw cause;
          problems.push({ path, message: cause.message.replaceAll(join(root, path), path) });
        }
      }),
    );
  }
  for (const list of [runs, volumes, problems]) list.sort((one, other) => natural(one.path, other.path));
  return { runs, volumes, problems, truncated };
}

async function describeRun(root: string, path: string, names: ReadonlySet<string>): Promise<RunEntry> {
  const checkpoints = await listCheckpoints(runFolder(join(root, path)).checkpoints).catch(() => []);
  return {
    path,
    title: path === "" ? basename(root) : path.split("/").at(-1)!,
    losses: names.has(STATISTICS),
    checkpoint: checkpoints.length > 0,
  };
}

/** Entries in natural order; none if the folder cannot be listed. */
async function list(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).sort((one, other) => natural(one.name, other.name));
  } catch {
    return [];
  }
}
