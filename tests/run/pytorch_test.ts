/** The PyTorch modules of docs/pytorch, and the lines that docs/pytorch.md shows. */
import { assert, assertEquals } from "@std/assert";
import { readNpy, writeNpy } from "../../data/formats/npy.ts";
import { Run } from "../../eval/run.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { SHIPPED_MODEL } from "../../run/shipped_model.ts";
import type { TrainOptions } from "../../run/train_options.ts";
import { train } from "../../train/train.ts";
import { ROOT } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

/** Runs a Python program in `cwd`, with docs/pytorch where it looks for modules; null where there is no Python. */
async function python(program: string, cwd: string): Promise<{ code: number; err: string } | null> {
  const inherited = Deno.env.get("PYTHONPATH"), modules = `${ROOT}docs/pytorch`;
  const separator = Deno.build.os === "windows" ? ";" : ":";
  const env = {
    PYTHONPATH: inherited ? modules + separator + inherited : modules,
    PYTHONDONTWRITEBYTECODE: "1",
    OMP_NUM_THREADS: "1",
  };
  try {
    const command = new Deno.Command("python3", {
      args: ["-c", program],
      cwd,
      env,
      signal: AbortSignal.timeout(120_000),
    });
    const { code, stderr } = await command.output();
    return { code, err: new TextDecoder().decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const found = await python("import torch, numpy, safetensors", ROOT);
const snippet = /```python\n(.*?)```/s.exec(await Deno.readTextFile(`${ROOT}docs/pytorch.md`))![1];
const NAMED = `"models/rooms-small"`;

const RUNS: Readonly<Record<string, Partial<TrainOptions> | null>> = {
  "the model that comes with the program": null,
  "a run with a dense generator and a refiner": { generator: "dense", refineIterations: 2, learningRate: 2e-2 },
  "a variational model of flat codes": { model: "vae-200", generator: "dense", refineIterations: 0 },
};

for (const [what, options] of Object.entries(RUNS)) {
  Deno.test({
    name: `docs/pytorch.md: ${what}: labels as Run.reconstruct has them (needs python3 with torch and safetensors)`,
    ignore: found?.code !== 0,
    async fn() {
      await using folder = await TemporaryFolder.make();
      using backend = await openBackend("cpu", { threads: 1 });
      const out = folder.join("run");
      const root = options === null
        ? SHIPPED_MODEL
        : (await train({ preset: "tiny", priorIterations: 0, ...options, out }, { backend })).root;
      using run = await Run.open(root, { backend });
      const n = 3, shape = [n, ...run.config.grid];
      const rooms = Uint8Array.from({ length: n * run.voxels }, (_, i) => Math.floor(i / 50) % run.config.classes);
      await writeNpy(folder.join("rooms.npy"), { dtype: "uint8", shape, data: rooms });
      assert(snippet.includes(NAMED));
      const result = await python(snippet.replace(NAMED, JSON.stringify(root)), folder.path);
      assertEquals([result?.code, result?.err], [0, ""]);
      const recons = await readNpy(folder.join("recons.npy")), ours = run.reconstruct(rooms, n);
      assertEquals(recons.shape, shape);
      const expected = (ours.refined ?? ours.plain).labels;
      // Where two classes are as probable as each other, rounding decides.
      const different = expected.reduce((sum, label, i) => sum + (label === recons.data[i] ? 0 : 1), 0);
      assert(different <= expected.length / 1000, `${different} of ${expected.length} labels differ`);
    },
  });
}
