/** `deno task viz`: pictures of volumes, evaluations and runs; `export` writes volumes for other programs. */
import { basename, dirname, join } from "@std/path";
import { z } from "zod";
import { type Command, print, runCommand } from "../base/command.ts";
import { ioError, UserError } from "../base/errors.ts";
import { writeFileAtomic } from "../base/files.ts";
import { type View, VIEWS } from "./camera.ts";
import { drawFolder } from "./draw_folder.ts";
import { EXPORT_FORMATS, type ExportFormat } from "./export/formats.ts";
import { encodePng } from "./png.ts";
import { renderVolume } from "./render.ts";
import { VolumeFile } from "./volume_file.ts";

const VIEW_NAMES = Object.keys(VIEWS) as [View, ...View[]];

const options = z.object({
  index: z.int().min(0).default(0).describe("which volume of a stack [n, D, H, W]; of a folder, the first scene drawn"),
  out: z.string().optional().describe("picture to write [beside the file], or folder for pictures [<folder>/pictures]"),
  view: z.enum(VIEW_NAMES).default("corner").describe("where the camera stands"),
  cut: z.boolean().default(true).describe(
    "leave out the ceiling and the walls towards the camera; --no-cut keeps them",
  ),
  size: z.string().optional().describe(
    "width x height in pixels [640x480], or of one cell of a contact sheet [320x240]",
  ),
  background: z.enum(["white", "transparent"]).default("white").describe("what is behind the voxels of one volume"),
  rows: z.int().min(1).max(50).default(6).describe("most scenes of a contact sheet"),
  scale: z.enum(["auto", "linear", "log"]).default("auto").describe("spacing of the loss axes of the curves"),
});
type Options = z.output<typeof options>;

const draw: Command<typeof options> = {
  name: "deno task viz",
  summary: "Draws a label volume as a picture of voxels, or all pictures of a folder.\n\n" +
    "A file: an .npy of labels 0 to 11, [D, H, W] or [n, D, H, W], any integer type; axis 1 is up.\n" +
    "A folder of a run or an evaluation: contact sheets of real.npy, recons.npy, recons_refine.npy (side by side), " +
    "generate.npy, generate_refine.npy, and learning curves of stats.jsonl, whichever are there.\n\n" +
    "Other commands, each with its own --help:\n" +
    "  deno task viz export <file.npy> --format vox|glb|ply|npy   a volume for other programs",
  positionals: ["<file.npy or folder>"],
  options,
  alias: { i: "index", o: "out" },
  examples: [
    ["deno task viz scenes/room/labels.npy", "draws the scene to scenes/room/labels.png"],
    ["deno task viz real.npy -i 3 --view corner-3 --size 1600x1200 --out room.png", "a large picture from behind"],
    ["deno task viz runs/2026-01-31-235959-full", "contact sheets and learning curves of a run"],
  ],
  async run(options, [path]) {
    const pictures = await isFolder(path) ? await drawPictures(path, options) : [await drawFile(path, options)];
    for (const picture of pictures) print(picture);
  },
};

async function drawFile(path: string, { index, out, view, cut, size, background }: Options): Promise<string> {
  const file = await VolumeFile.open(path);
  const labels = await file.read(index);
  const behind = background === "white" ? [255, 255, 255] as const : background;
  const image = renderVolume(labels, file.grid, { ...parseSize(size ?? "640x480"), view, cut, background: behind });
  const picture = out ?? nameBeside(path, file, index, "png");
  await writeFileAtomic(picture, encodePng(image));
  return picture;
}

async function drawPictures(folder: string, { out, index, size, ...options }: Options): Promise<string[]> {
  const cell = parseSize(size ?? "320x240");
  return await drawFolder(folder, out ?? join(folder, "pictures"), {
    ...cell,
    view: options.view,
    cut: options.cut,
    rows: options.rows,
    scale: options.scale,
    first: index,
  });
}

/** Reads `640x480`. */
function parseSize(text: string): { width: number; height: number } {
  const match = /^(\d+)[x×](\d+)$/.exec(text.trim());
  if (!match) throw new UserError(`--size ${JSON.stringify(text)}: expected width x height in pixels, e.g. 640x480`);
  return { width: Number(match[1]), height: Number(match[2]) };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
}

const exportOptions = z.object({
  index: z.int().min(0).default(0).describe("which volume of a stack [n, D, H, W]"),
  format: z.enum(EXPORT_FORMATS).optional().describe("kind of file [the ending of --out, otherwise glb]"),
  out: z.string().optional().describe("file to write [beside the file]"),
  voxelMetres: z.number().positive().optional().describe("edge of a voxel in glb and ply [4.8 m / voxels along x]"),
});

const exportVolume: Command<typeof exportOptions> = {
  name: "deno task viz export",
  summary: "Writes a label volume as a file of another program: MagicaVoxel .vox, glTF .glb (a mesh per class), " +
    ".ply (a coloured mesh), or .npy (one volume, uint8). Meshes are in metres, y up.",
  positionals: ["<file.npy>"],
  options: exportOptions,
  alias: { i: "index", o: "out" },
  examples: [
    ["deno task viz export real.npy -i 3 --format glb", "the fourth scene, as real-3.glb"],
    ["deno task viz export room/labels.npy --out room.vox", "for MagicaVoxel"],
  ],
  async run({ index, format: wanted, out, voxelMetres }, [path]) {
    const format = wanted ?? formatOf(out);
    const { encodeVolume } = await import("./export/volume.ts"); // its packages take a moment to load
    const file = await VolumeFile.open(path);
    const target = out ?? nameBeside(path, file, index, format);
    if (target === path) throw new UserError(`${path} would be overwritten by itself; name another file with --out`);
    await writeFileAtomic(target, await encodeVolume(await file.read(index), file.grid, format, voxelMetres));
    print(target);
  },
};

/** The format that the ending of `out` names. */
function formatOf(out: string | undefined): ExportFormat {
  if (out === undefined) return "glb";
  const format = EXPORT_FORMATS.find((each) => out.toLowerCase().endsWith(`.${each}`));
  if (format) return format;
  throw new UserError(`--out ${out}: expected an ending of ${EXPORT_FORMATS.join(", ")}, or give --format`);
}

/** `<file>.<ending>` in the folder of `path`, with the index if it is a stack. */
function nameBeside(path: string, file: VolumeFile, index: number, ending: string): string {
  return join(dirname(path), `${basename(path).replace(/\.npy$/i, "")}${file.stacked ? `-${index}` : ""}.${ending}`);
}

if (import.meta.main) {
  const [word, ...rest] = Deno.args;
  if (word === "export") await runCommand(exportVolume, rest);
  else await runCommand(draw, Deno.args);
}
