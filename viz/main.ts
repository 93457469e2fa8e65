/** `deno task viz`: pictures of volumes, evaluations and runs; `export` and `serve`. */
import { dirname, join } from "@std/path";
import { z } from "zod";
import { type Command, print, runCommand, WORD_LIST } from "../base/command.ts";
import { ioError, UserError } from "../base/errors.ts";
import { writeFileAtomic } from "../base/files.ts";
import { readClasses } from "../data/class_file.ts";
import type { ClassSet } from "../data/classes.ts";
import { type View, VIEWS } from "./draw/camera.ts";
import { drawFolder } from "./draw_folder.ts";
import { EXPORT_FORMATS, type ExportFormat, MESH_FORMATS } from "./export/formats.ts";
import { encodePng } from "./draw/png.ts";
import { renderVolume } from "./draw/render.ts";
import type { RoomModel } from "./viewer/room_model.ts";
import { VolumeFile } from "./draw/volume_file.ts";

const VIEW_NAMES = Object.keys(VIEWS) as [View, ...View[]];

const classes = z.string().optional().describe(
  "JSON file with the classes [classes.json or options.json beside or above the file, else the published twelve]",
);

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
  rows: z.int().min(1).max(50).optional().describe("most scenes of a contact sheet [6; 16 of generated rooms]"),
  classes,
  scale: z.enum(["auto", "linear", "log"]).default("auto").describe("spacing of the loss axes of the curves"),
});
type Options = z.output<typeof options>;

const draw: Command<typeof options> = {
  name: "deno task viz",
  summary: "Draws a label volume as a picture of voxels, or all pictures of a folder.\n\n" +
    "A file: an .npy of labels (a class each, 0 is empty), [D, H, W] or [n, D, H, W], any integer type; axis 1 is up.\n" +
    "A folder of a run or an evaluation: contact sheets of real.npy, recons.npy, recons_refine.npy (side by side), " +
    "generate.npy, generate_refine.npy (those of a run from its newest evaluation), and learning curves of stats.jsonl, " +
    "whichever are there.\n\n" +
    "Other commands, each with its own --help:\n" +
    "  deno task viz export <file.npy or run>   volumes for other programs\n" +
    "  deno task viz serve <folder>             runs and volumes in the browser\n" +
    "  deno task viz site [run]                 a static site with a model that runs in the browser",
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

async function drawFile(path: string, options: Options): Promise<string> {
  const { index, out, view, cut, size, background } = options;
  const file = await VolumeFile.open(path, await askedClasses(options));
  const labels = await file.read(index);
  const behind = background === "white" ? [255, 255, 255] as const : background;
  const image = renderVolume(labels, file.grid, {
    ...parseSize(size ?? "640x480"),
    view,
    cut,
    background: behind,
    classes: file.classes,
  });
  const picture = out ?? join(dirname(path), `${file.stem(index)}.png`);
  await writeFileAtomic(picture, encodePng(image));
  return picture;
}

async function drawPictures(folder: string, { out, index, size, ...options }: Options): Promise<string[]> {
  const cell = parseSize(size ?? "320x240");
  return await drawFolder(folder, out ?? join(folder, "pictures"), {
    ...cell,
    view: options.view,
    cut: options.cut,
    most: options.rows,
    scale: options.scale,
    classes: await askedClasses(options),
    first: index,
  });
}

/** The classes that `--classes` asks for. */
async function askedClasses({ classes }: { readonly classes?: string }): Promise<ClassSet | undefined> {
  return classes === undefined ? undefined : await readClasses(classes);
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
  index: z.union([z.int().min(0), z.literal("all")], { error: "expected a number from 0 on, or all" }).optional()
    .describe("which volume of a stack [n, D, H, W], or all of them [0; all of a run]"),
  format: z.enum(EXPORT_FORMATS).optional().describe("kind of file [the ending of --out, otherwise glb]"),
  out: z.string().optional().describe("file to write, or folder for several [beside the volumes]"),
  cut: z.boolean().default(false).describe("leave out the ceiling and the walls towards --view"),
  view: z.enum(VIEW_NAMES).default("corner").describe("where one looks from, for --cut"),
  hide: WORD_LIST.describe("classes to leave out, such as ceiling,objs"),
  classes,
  voxelMetres: z.number().positive().optional().describe("edge of a voxel in meshes [4.8 m / voxels along x]"),
  watertight: z.boolean().default(false).describe(
    "meshes with faces that share their corners and meet edge to edge, as slicers want; a side of a voxel each, some 60 times larger",
  ),
});

const exportVolume: Command<typeof exportOptions> = {
  name: "deno task viz export",
  summary:
    "Writes label volumes as files of another program: MagicaVoxel .vox, glTF .glb (a node for each object, with " +
    "its pivot at its foot), .ply or .obj (coloured meshes), or .npy (one volume, uint8). Meshes are in metres, y up.",
  positionals: ["<file.npy or run>"],
  options: exportOptions,
  alias: { i: "index", o: "out" },
  examples: [
    ["deno task viz export real.npy -i 3 --format glb", "the fourth scene, as real-3.glb"],
    ["deno task viz export room/labels.npy --out room.vox", "for MagicaVoxel"],
    ["deno task viz export generate.npy --index all --cut --hide objs --out rooms", "a stack, open to the camera"],
    ["deno task viz export runs/2026-01-31-235959-full --format obj", "all volumes of its newest evaluation"],
  ],
  async run({ index, format: wanted, out, cut, view, hide = [], classes, ...options }, [path]) {
    const folder = await isFolder(path), several = index === "all" || folder;
    const format = wanted ?? (several ? "glb" : formatOf(out));
    if (options.watertight && !MESH_FORMATS.includes(format)) {
      throw new UserError(
        `--watertight: a .${format} file holds voxels, not a surface; it is for ${MESH_FORMATS.join(", ")}`,
      );
    }
    const { exportFile, exportFolder } = await import("./export_volumes.ts"); // its packages take a moment to load
    const written = await (folder ? exportFolder : exportFile)(path, {
      ...{ index: index ?? (folder ? "all" : 0), format, out, hide, cut: cut ? view : null },
      classes: await askedClasses({ classes }),
      ...options,
    });
    for (const target of written) print(target);
  },
};

const serveOptions = z.object({
  port: z.int().min(0).max(65535).default(8080).describe("port of the page; 0 for any that is free"),
  host: z.string().default("127.0.0.1").describe(
    "address to listen at; others than this machine's own need --public, and deno --allow-net=<address>",
  ),
  public: z.boolean().default(false).describe(
    "let everyone who can reach --host look at the folder and use the networks; there is no password",
  ),
  open: z.enum(["yes", "no"]).default("no").describe("open the page in the browser; asks for permission to run it"),
  threads: z.int().min(1).optional().describe("threads that generate rooms [one per core]"),
});

const serve: Command<typeof serveOptions> = {
  name: "deno task viz serve",
  summary: "Shows the runs and volumes of a folder in the browser: rooms in 3D, versions side by side, losses of a " +
    "running training, and new rooms from a checkpoint. Nothing outside the folder is served. Ctrl-C ends it.",
  positionals: ["<folder>"],
  options: serveOptions,
  examples: [
    ["deno task viz serve runs", "every run in runs/"],
    ["deno task viz serve scenes --port 0", "a folder of scenes, at any free port"],
  ],
  async run({ port, host, public: others, open, threads }, [folder]) {
    const { isLoopback } = await import("./viewer/server.ts");
    if (!others && !isLoopback(host)) {
      throw new UserError(
        `--host ${host}: everyone who can reach that address could look at ${folder}, and there is no password; add ` +
          `--public if that is meant, or leave --host out`,
      );
    }
    await show({ folder, port, host, threads }, open);
  },
};

const siteOptions = z.object({
  out: z.string().default("site").describe("folder to write; a site that is there is replaced"),
  step: z.int().min(0).optional().describe("checkpoint of the run [the newest]"),
});

const site: Command<typeof siteOptions> = {
  name: "deno task viz site",
  summary: "Writes a static site with the viewer's page and a model that runs in the browser itself, on WebGPU or in " +
    "WebAssembly: new rooms, wishes, edits, exports. Any web host will do: it sends the files as they are, without " +
    "special headers, over https.",
  positionals: ["[run]"],
  options: siteOptions,
  alias: { o: "out" },
  examples: [
    ["deno task viz site", "the model that comes with the program, into site/"],
    ["deno task viz site runs/2026-01-31-235959-small --out public", "a run of one's own"],
  ],
  async run({ out, step }, [run]) {
    const [{ writeSite }, { SHIPPED_MODEL }, { format }] = await Promise.all([
      import("./site/write_site.ts"),
      import("../run/shipped_model.ts"),
      import("@std/fmt/bytes"),
    ]);
    for (const { path, bytes } of await writeSite(run ?? SHIPPED_MODEL, out, step)) print(`${path}, ${format(bytes)}`);
  },
};

const demoOptions = z.object({
  count: z.int().min(1).max(400).default(16).describe("how many rooms"),
  seed: z.int().min(0).max(0xffffffff).default(0).describe("start of their random sequence"),
  port: serveOptions.shape.port,
  open: serveOptions.shape.open,
});

const demo: Command<typeof demoOptions> = {
  name: "deno task demo",
  summary: "Makes new rooms with the model that comes with the program, nothing has to be trained, and shows them in " +
    "the browser, where there are more to be had. Ctrl-C ends it.",
  options: demoOptions,
  examples: [["deno task demo", "sixteen rooms"], ["deno task demo --seed 7", "sixteen others"]],
  async run({ count, seed, port, open }) {
    const [{ Run }, { openWorkspace }, { generateAndMeasure }, { shippedRun }] = await Promise.all([
      import("../eval/run.ts"),
      import("../eval/workspace.ts"),
      import("../eval/modes/generate/generate.ts"),
      import("../run/shipped_model.ts"),
    ]);
    const root = await shippedRun();
    {
      using run = await Run.open(root);
      const workspace = await openWorkspace(run, { say: print });
      await generateAndMeasure(workspace, { count, seed, metrics: false });
      print(`${count} rooms of seed ${seed} in ${workspace.out}, drawn in generated.png`);
    }
    await show({ folder: root, port, host: "127.0.0.1" }, open);
  },
};

/** Serves a folder until Ctrl-C. */
async function show(
  { threads, ...options }: { folder: string; port: number; host: string; threads?: number },
  open: "yes" | "no",
): Promise<void> {
  const { startViewer } = await import("./viewer/server.ts");
  const viewer = await startViewer({ ...options, openModel: (run) => openRoomModel(run, threads) });
  print(`${viewer.url}\nshows ${options.folder}. Ctrl-C ends it.`);
  if (open === "yes") await openBrowser(viewer.url);
  await viewer.finished;
}

/** The newest checkpoint of a run as the viewer uses it. */
async function openRoomModel(root: string, threads: number | undefined): Promise<RoomModel> {
  // Pictures and exports need no networks.
  const [{ Run }, { proposalsFor }, { EDIT_SAMPLER, replay }] = await Promise.all([
    import("../eval/run.ts"),
    import("../eval/edit_request.ts"),
    import("../eval/replay.ts"),
  ]);
  const run = await Run.open(root, { threads });
  const { grid, latentChannels } = run.config;
  if (run.codeShape.length === 1) {
    run[Symbol.dispose]();
    throw new UserError(
      `${root} is a run of model ${run.options.model}, whose codes have no places: the sliders show codes of a cell per ` +
        `16³ voxels; choose a run of fc-alphagan or fc-vae, or deno task eval --mode generate --run ${root}`,
    );
  }
  return {
    info: {
      grid,
      classes: run.classes,
      latentGrid: [grid[0] / 16, grid[1] / 16, grid[2] / 16],
      latentChannels,
      step: run.step,
      refines: run.refines,
      types: run.prior === "flow" ? run.labels : null,
      editor: run.prior === "flow"
        ? { checksum: run.checksum, step: run.step, engine: run.backend.name, sampler: EDIT_SAMPLER }
        : null,
    },
    sampleNoise: (seed) => run.sampleNoise(1, seed),
    codeOf: (noise, wish) => run.codesOf(noise, 1, wish),
    encode: (labels) => run.encode(labels, 1),
    decode(code, refines) {
      const { plain, refined } = run.decode(code, 1, refines);
      return { plain: plain.labels, refined: refined?.labels ?? null };
    },
    edit: (scene, request, count, sampler) => proposalsFor(run, scene, request, { count }, sampler),
    replay: (project) => replay(run, project, "the project"),
    [Symbol.dispose]: () => run[Symbol.dispose](),
  };
}

/** Opens an address with the program that the operating system has for it. */
async function openBrowser(url: string): Promise<void> {
  const programs: Partial<Record<typeof Deno.build.os, string>> = { darwin: "open", windows: "explorer" };
  try {
    await new Deno.Command(programs[Deno.build.os] ?? "xdg-open", { args: [url], stdout: "null", stderr: "null" })
      .output();
  } catch {
    print("The browser could not be opened; open the address above.");
  }
}

/** The format that the ending of `out` names. */
function formatOf(out: string | undefined): ExportFormat {
  if (out === undefined) return "glb";
  const format = EXPORT_FORMATS.find((each) => out.toLowerCase().endsWith(`.${each}`));
  if (format) return format;
  throw new UserError(`--out ${out}: expected an ending of ${EXPORT_FORMATS.join(", ")}, or give --format`);
}

if (import.meta.main) {
  const [word, ...rest] = Deno.args;
  if (word === "export") await runCommand(exportVolume, rest);
  else if (word === "serve") await runCommand(serve, rest);
  else if (word === "site") await runCommand(site, rest);
  else if (word === "demo") await runCommand(demo, rest);
  else await runCommand(draw, Deno.args);
}
