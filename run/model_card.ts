/** A released model as the Hugging Face hub shows it: README.md with front matter, and config.json (docs/packages.md). */
import { join, relative } from "@std/path";
import { UserError } from "../base/errors.ts";
import { exists, readFile, readTextFile } from "../base/files.ts";
import { VERSION } from "../base/version.ts";
import { classSetOf } from "../data/class_file.ts";
import { formatGrid } from "../data/grid.ts";
import { isProcedural } from "../data/rooms/procedural_name.ts";
import { latentShape } from "../nn/models/config.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { modelOf } from "./config.ts";
import { GENERATION_REPORT, SUMMARY_FILE, VOLUME_SETS } from "./evaluation_files.ts";
import { evaluationFolder } from "./run_folder.ts";

/** The name by which the hub knows what opens such a model. */
const LIBRARY = "fcr-alpha-gan";
/** What people search the hub for; none of its tasks ("pipelines") makes volumes of classes out of noise. */
const TAGS = ["voxels", "indoor-scenes", "3d-generation", "autoencoder"];

/** What an evaluation of a checkpoint has to show. */
export interface Figures {
  /** How unseen scenes came back, as plain text; null if that was not measured. */
  readonly reconstruction: string | null;
  /** Measures of new rooms, Markdown under one heading; null if they were not taken. */
  readonly generation: string | null;
  /** PNG files, each with its title. */
  readonly pictures: readonly { readonly file: string; readonly title: string; readonly png: Uint8Array }[];
}

/** Whose model it is and what it can do. */
export interface ModelDescription {
  /** Heading of the card. */
  readonly name: string;
  /** The hub's identifier of a licence. */
  readonly license: string;
  /** The model's networks, such as "encoder". */
  readonly networks: readonly string[];
  /** What was measured. */
  readonly figures: Figures;
}

/**
 * The licence of a model: `asked`, else MIT, the program's, for what was trained on scenes that the program makes
 * itself, and "unknown" for what was trained on anyone else's.
 *
 * @param data the option `data` of the training.
 * @throws {UserError} if `asked` is no identifier.
 */
export function licenseOf(data: string, asked?: string): string {
  if (asked === undefined) return isProcedural(data) ? "mit" : "unknown";
  if (/^[a-z0-9][a-z0-9.-]{0,39}$/.test(asked)) return asked;
  throw new UserError(
    `--license ${asked}: expected an identifier of the Hugging Face hub, such as mit, apache-2.0 or cc-by-4.0`,
  );
}

/** What the evaluation of a run's weights after `step` iterations left; other weights have other figures. */
export async function figuresOf(root: string, step: number): Promise<Figures> {
  const folder = evaluationFolder(root, step), pictures = [];
  const textOf = async (file: string) =>
    await exists(join(folder, file)) ? await readTextFile(join(folder, file)) : null;
  for (const { sheet, title } of VOLUME_SETS) {
    const path = join(folder, sheet);
    if (await exists(path)) pictures.push({ file: sheet, title, png: await readFile(path) });
  }
  return { reconstruction: await textOf(SUMMARY_FILE), generation: await textOf(GENERATION_REPORT), pictures };
}

/** Content of README.md. */
export function modelCard(
  { options, step }: Checkpoint,
  { name, license, networks, figures }: ModelDescription,
): string {
  const { data, model, grid, classes, mirrored } = options, { reconstruction, generation, pictures } = figures;
  const front = [
    `license: ${license}`,
    `library_name: ${LIBRARY}`,
    "tags:",
    ...[...TAGS, model].map((tag) => `- ${tag}`),
  ];
  const size = `${formatGrid(grid)} voxels in ${classSetOf(classes).names.length} classes`;
  const scenes = isProcedural(data) ? `procedural ${data} that the program makes itself` : "scenes on disk";
  const blocks = [
    ["---", ...front, "---"].join("\n"),
    `# ${name}`,
    `Indoor scenes of ${size}: ${
      networks.join(", ")
    } of 3D-FCR-alphaGAN (system \`${model}\`), trained on ${scenes}, ` +
    `${step} iterations over all stages. Weights are float16. \`config.json\` has sizes and the names of the classes, ` +
    "`options.json` every option of the training.",
    ...pictures.map(({ file, title }) => `![${title}](${file})`),
    "## Use",
    "This folder is a run of the program, in which no training goes on:",
    "```sh\ndeno task eval --run <this folder>\ndeno task eval --mode generate --count 16 --run <this folder>\n```",
    '```ts\nimport { Run } from "@fcr/alpha-gan";\nusing run = await Run.open("<this folder>");\n' +
    `const { labels } = run.generate(4, 0).plain; // uint8 [4, ${grid.join(", ")}]\n\`\`\``,
    ...mirrored ? [] : ["`docs/pytorch/fcr_alpha_gan.py` of the program loads it into PyTorch."],
  ];
  if (reconstruction || generation) blocks.push("## Figures");
  if (reconstruction) {
    blocks.push("Scenes through encoder and generator, as `deno task eval` measures them:", indented(reconstruction));
  }
  if (generation) blocks.push(generation.trim().replace(/^# /, "### "));
  return blocks.join("\n\n") + "\n";
}

/** A block of plain text in Markdown: no line of it can end the block. */
function indented(text: string): string {
  return text.trimEnd().split("\n").map((line) => line && `    ${line}`).join("\n");
}

/**
 * Content of config.json: what programs other than this one need to know of the weights.
 *
 * @param root folder of the model.
 * @param weights path of its checkpoint.
 */
export function configJson(
  { options, step }: Checkpoint,
  networks: readonly string[],
  root: string,
  weights: string,
): string {
  const config = modelOf(options);
  return JSON.stringify(
    {
      model_type: LIBRARY,
      library_version: VERSION,
      weights: relative(root, weights).replaceAll("\\", "/"),
      step,
      networks,
      grid: config.grid,
      latent_shape: latentShape(config),
      classes: classSetOf(options.classes).names,
    },
    null,
    2,
  ) + "\n";
}
