/** Puts volume files together to what one looks at together. */
import { formatGrid } from "../../data/grid.ts";
import { VOLUME_SETS } from "../../run/evaluation_files.ts";
import type { Sequence } from "./catalogue.ts";
import type { FoundVolume } from "./scan.ts";

/** Files of an evaluation that belong side by side, in that order, each with the title of its column. */
const KNOWN: ReadonlyMap<string, readonly [sequence: string, version: string]> = new Map(
  VOLUME_SETS.flatMap(({ title, versions }) =>
    Object.entries(versions).map(([name, version]) => [name, [title, version] as const])
  ),
);
const KNOWN_ORDER = [...KNOWN.keys()];
/** Version of a file whose name tells none. */
const AS_IT_IS = "as it is";
/** Variants of a scene: the number of the scene and the cell of its code that noise was added to. */
const NOISE = /^noise(\d+)_([\d_-]+)$/;

interface Part {
  readonly sequence: string;
  readonly version: string;
  readonly volume: FoundVolume;
}

/** Sequences of the volumes: stacks by their names, single volumes by their folders. */
export function sequencesOf(volumes: readonly FoundVolume[]): Sequence[] {
  const stacks = volumes.filter(({ file }) => file.stacked && file.count > 0);
  return [...sequencesOfStacks(stacks), ...sequencesOfScenes(volumes.filter(({ file }) => !file.stacked))];
}

function sequencesOfStacks(stacks: readonly FoundVolume[]): Sequence[] {
  const parts = stacks.map((volume): Part => {
    const name = nameOf(volume.path).replace(/\.npy$/i, "");
    const [sequence, version] = KNOWN.get(name) ?? partOf(name);
    return { sequence, version, volume };
  });
  // Versions are comparable only if they have the same scenes, so grid and count are part of the key.
  const groups = Map.groupBy(
    parts,
    ({ sequence, volume: { path, file } }) => [folderOf(path), sequence, formatGrid(file.grid), file.count].join("\n"),
  );
  return [...groups.values()].map((group) => {
    const [{ sequence, volume: { path, file } }] = group;
    const versions = group.toSorted((one, other) => rank(one) - rank(other));
    const unrefined = versions.some(({ version }) => version === "generated");
    const titled = versions.map(({ version, volume }) => ({
      title: version !== AS_IT_IS ? version : unrefined ? "refined" : versions.length === 1 ? sequence : "as decoded",
      files: [volume.path],
    }));
    return {
      title: titleOf(sequence),
      folder: folderOf(path),
      grid: file.grid,
      count: file.count,
      // The first variant of noise is without noise: the others are compared with it.
      versions: NOISE.test(sequence)
        ? [{ title: "without noise", files: titled[0].files, still: 0 }, {
          title: "with noise",
          files: titled[0].files,
        }]
        : titled,
    };
  });
}

/** Sequence and version that a file name of an evaluation tells. */
function partOf(name: string): [sequence: string, version: string] {
  if (name.includes("_unrefined")) return [name.replace("_unrefined", ""), "generated"];
  return name.includes("_refine") ? [name.replace("_refine", ""), "refined"] : [name, AS_IT_IS];
}

/** Order of versions: as listed for known files, the unrefined first for others. */
function rank({ version, volume }: Part): number {
  const known = KNOWN_ORDER.indexOf(nameOf(volume.path).replace(/\.npy$/i, ""));
  return known >= 0 ? known : ["generated", AS_IT_IS, "refined"].indexOf(version);
}

/** `interpolation3-7` as `interpolation 3 → 7`, `noise0_204` as `noise 0, cell 2 0 4`. */
function titleOf(sequence: string): string {
  const noise = NOISE.exec(sequence);
  if (noise) return `noise ${noise[1]}, cell ${/^\d{3}$/.test(noise[2]) ? [...noise[2]].join(" ") : noise[2]}`;
  const pair = /^(interpolation)_?(\w+?)-(\w+)$/.exec(sequence);
  return pair ? `${pair[1]} ${pair[2]} → ${pair[3]}` : sequence;
}

/** One sequence per folder; where folders hold a single scene each, as in Scenevox, one for the folder above them. */
function sequencesOfScenes(scenes: readonly FoundVolume[]): Sequence[] {
  const perFolder = Map.groupBy(scenes, ({ path }) => folderOf(path));
  const folders = Map.groupBy(scenes, ({ path }) => {
    const folder = folderOf(path);
    return folder !== "" && perFolder.get(folder)!.length === 1 ? folderOf(folder) : folder;
  });
  return [...folders].flatMap(([folder, all]) =>
    [...Map.groupBy(all, ({ file }) => `${formatGrid(file.grid)} ${file.classes.names}`).values()].map((group) => ({
      title: group.length === 1 ? nameOf(group[0].path) : "scenes",
      folder,
      grid: group[0].file.grid,
      count: group.length,
      versions: [{ title: "scene", files: group.map(({ path }) => path) }],
    }))
  );
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
