/** `deno task eval`. */
import { print, runCommand } from "../base/command.ts";
import { scenesMeant } from "../data/rooms/mod.ts";
import { startedAs } from "../ffi/started.ts";
import { runAtHand } from "../run/shipped_model.ts";
import { EVAL_HEADINGS, type EvalFlags, EvalFlagsSchema, modeOf } from "./flags.ts";
import { Run } from "./run.ts";
import { NO_SCENES, openUnseenScenes } from "./unseen_scenes.ts";
import { openWorkspace } from "./workspace.ts";

await runCommand({
  name: "deno task eval",
  summary: "Evaluates a trained run on scenes it has not seen, or lets it make new ones: tables, pictures and the " +
    "reference's files. Called again, it goes on where it was stopped and leaves what is finished as it is.",
  options: EvalFlagsSchema,
  headings: EVAL_HEADINGS,
  examples: [
    ["deno task eval", "reconstruct held-out scenes with the newest run"],
    ["deno task eval --mode generate --count 16 --seed 1", "sixteen new rooms"],
    ["deno task eval --mode interpolate --pairs 3 --path spherical", "six walks between three scenes"],
    ["deno task eval --mode latent --run runs/a --run runs/b", "codes of two runs on maps beside each other"],
    ["deno task eval --mode all", "everything, and a page that shows it"],
  ],
  async run(given: EvalFlags) {
    if (startedAs().rank > 0) return; // rank 0 does it: others would do the same in the same folder
    const flags = given.data === undefined ? given : { ...given, data: scenesMeant(given.data) };
    const mode = modeOf(flags), { data, out, batch, device, cpuEngine, threads } = flags;
    const [root, ...further] = flags.run ?? [await runAtHand()];
    using owned = new DisposableStack();
    const open = async (root: string, step?: number) =>
      owned.use(await Run.open(root, { step, statistics: flags.bn, device, cpuEngine, threads, notice: print }));
    const run = await open(root, flags.step);
    const others: Run[] = [];
    for (const other of further) others.push(await open(other));
    const count = mode.scenes(flags);
    const allowOverlap = flags.allowOverlap === true;
    const scenes = owned.use(
      count > 0 ? await openUnseenScenes(run.root, run.options, count, data, allowOverlap) : NO_SCENES,
    );
    const workspace = await openWorkspace(run, { out, batch, threads, say: print });
    try {
      const text = await mode.work({ workspace, scenes, flags, others });
      if (text !== "") print(text);
    } catch (error) {
      await Deno.remove(workspace.out).catch(() => {}); // only if nothing is in it
      throw error;
    }
    print(`Files:    ${workspace.out}\nPictures: ${workspace.out}/${mode.picture}`);
  },
}, Deno.args);
