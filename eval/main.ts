/** `deno task eval`. */
import { print, runCommand } from "../base/command.ts";
import { scenesMeant } from "../data/rooms/mod.ts";
import { newestRun } from "../run/run_folder.ts";
import { EvaluationPictures } from "../viz/evaluation_pictures.ts";
import { evaluateAll } from "./modes/all/all.ts";
import { checkFlags, commandOf, type EvalFlags, EvalFlagsSchema } from "./flags.ts";
import { generateAndMeasure, type GenerateOptions } from "./modes/generate/generation.ts";
import { interpolate, type InterpolateOptions } from "./modes/interpolate.ts";
import { mapCodes } from "./modes/latent/latent.ts";
import { perturbCells } from "./modes/noise/noise.ts";
import { reconstructScenes } from "./modes/recons.ts";
import { Run } from "./run.ts";
import { testScenes } from "./unseen_scenes.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** Scenes unless told otherwise: as many as the paper evaluates, and one where each takes many decodings. */
const SCENES = 200, PERTURBED_SCENES = 1;

await runCommand({
  name: "deno task eval",
  summary: "Evaluates a trained run on scenes it has not seen, or lets it make new ones: tables, pictures and the " +
    "reference's files. Called again, it goes on where it was stopped and leaves what is finished as it is.",
  options: EvalFlagsSchema,
  examples: [
    ["deno task eval", "reconstruct held-out scenes with the newest run"],
    ["deno task eval --mode generate --count 16 --seed 1", "sixteen new rooms"],
    ["deno task eval --mode interpolate --pairs 3 --path spherical", "six walks between three scenes"],
    ["deno task eval --mode latent --run runs/a --run runs/b", "codes of two runs on maps beside each other"],
    ["deno task eval --mode all", "everything, and a page that shows it"],
  ],
  async run(given) {
    const flags = given.data === undefined ? given : { ...given, data: scenesMeant(given.data) };
    checkFlags(flags);
    const { run: roots = [await newestRun()], step, bn, device, cpuEngine, threads } = flags;
    using owned = new DisposableStack();
    const open = async (root: string, step?: number) =>
      owned.use(await Run.open(root, { step, statistics: bn, device, cpuEngine, threads, notice: print }));
    const run = await open(roots[0], step);
    const others: Run[] = [];
    for (const root of roots.slice(1)) others.push(await open(root));
    await evaluate(run, others, flags);
  },
}, Deno.args);

async function evaluate(run: Run, others: readonly Run[], flags: EvalFlags): Promise<void> {
  const { mode, data, allowOverlap, seed = 0, encoder, truncation, metrics = true, device, cpuEngine, threads } = flags;
  const count = flags.count ?? (mode === "noise" ? PERTURBED_SCENES : SCENES);
  const walks: InterpolateOptions = { pairs: flags.pairs ?? 4, steps: flags.steps ?? 30, path: flags.path ?? "linear" };
  const generate: GenerateOptions = {
    count,
    seed,
    truncation,
    metrics,
    encoder,
    data: mode === "generate" ? data : undefined,
    engine: { device, cpuEngine, threads },
  };
  const wanted = mode === "interpolate" ? walks.pairs : mode === "all" ? Math.max(count, walks.pairs) : count;
  if (mode === "generate") {
    return await inWorkspace(run, flags, async (workspace) => {
      const summary = await generateAndMeasure(workspace, generate);
      if (!run.refines) print("The refiner of this run was not trained: no *_refine files.");
      print(`${summary ? `${summary}\n\n` : ""}${count} rooms of step ${run.step}`);
    }, "generated.png");
  }
  using scenes = await testScenes(run.root, run.options, wanted, data, allowOverlap);
  await inWorkspace(
    run,
    flags,
    async (workspace) => {
      if (mode === "recons") print(`${await reconstructScenes(workspace, scenes)}\n`);
      else if (mode === "interpolate") await interpolate(workspace, scenes, walks);
      else if (mode === "noise") print(`${await perturbCells(workspace, scenes, { count, seed })}`);
      else if (mode === "latent") print(await mapCodes(workspace, scenes, { count, others }) ?? "");
      else {
        const command = (each: typeof mode) => commandOf(each, run.root, run.step, flags);
        await evaluateAll(workspace, scenes, { generate, interpolate: walks, others, commandOf: command });
      }
    },
    {
      recons: "reconstructions.png",
      interpolate: "interpolation*.gif",
      noise: "noise*.png",
      latent: "latent.png",
      all: "index.html",
    }[mode],
  );
}

/** Works in the folder for the files; one that is empty after an error goes again. */
async function inWorkspace(
  run: Run,
  { out, batch, threads }: EvalFlags,
  work: (workspace: Workspace) => Promise<void>,
  picture: string,
): Promise<void> {
  const pictures = new EvaluationPictures(run.classes);
  const workspace = await openWorkspace(run, { out, batch, threads, pictures, say: print });
  try {
    await work(workspace);
  } catch (error) {
    await Deno.remove(workspace.out).catch(() => {}); // only if nothing is in it
    throw error;
  }
  print(`Files:    ${workspace.out}\nPictures: ${workspace.out}/${picture}`);
}
