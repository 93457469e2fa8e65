/** Runs as ONNX files: another program computes with them what this one does. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { Run } from "../../eval/run.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { TEMPERATURE } from "../../nn/prior/flow_prior.ts";
import { SAMPLER_STEPS } from "../../nn/prior/integrate.ts";
import { exportOnnx } from "../../run/onnx.ts";
import type { TrainOptions } from "../../run/train_options.ts";
import { train } from "../../train/train.ts";
import { ONNX_RUNTIME_NEED, onnxRuntime } from "../helpers/onnx_runtime.ts";
import { runTask } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const runtime = onnxRuntime();

const RUNS: Readonly<Record<string, Partial<TrainOptions>>> = {
  "a generator that begins with a convolution, refined": { refineIterations: 2, learningRate: 2e-2 },
  "a dense generator of reversed scenes": {
    generator: "dense",
    mirrored: true,
    refineIterations: 0,
    priorIterations: 0,
  },
  "flat codes of a variational model": { model: "vae-200", generator: "dense", priorIterations: 0 },
};

for (const [what, options] of Object.entries(RUNS)) {
  Deno.test({
    name: `exportOnnx: ${what}: labels, probabilities and codes are those of the run (${ONNX_RUNTIME_NEED})`,
    ignore: runtime === null,
    // The package's library keeps what it opened once.
    sanitizeResources: false,
    async fn() {
      await using folder = await TemporaryFolder.make();
      using backend = await openBackend("cpu", { threads: 1 });
      const { root } = await train({ preset: "tiny", ...options, out: folder.join("run") }, { backend });
      const out = folder.join("onnx"), files = await exportOnnx(root, out);
      using run = await Run.open(root, { backend });
      const open = async (name: string) =>
        await runtime!.InferenceSession.create(await Deno.readFile(folder.join("onnx", `${name}.onnx`)));
      const numbers = (data: Float32Array, shape: readonly number[]) => new runtime!.Tensor("float32", data, shape);

      const n = 3, codes = run.sampleCodes(n, 0), rooms = run.decode(codes, n);
      const made = await (await open("generator")).run({ codes: numbers(codes, [n, ...run.codeShape]) });
      assertClose(made.probabilities.data, rooms.plain.probabilities, 1e-5);
      assertEquals(made.labels.data, rooms.plain.labels);
      assertEquals(made.labels.dims, [n, ...run.config.grid]);
      if (rooms.refined) {
        const refined = await (await open("refiner")).run({ coarse: made.probabilities });
        assertClose(refined.probabilities.data, rooms.refined.probabilities, 1e-5);
        assertEquals(refined.labels.data, rooms.refined.labels);
      }

      const labels = Uint8Array.from({ length: n * run.voxels }, (_, i) => i * i % 7 % run.config.classes);
      const coded = await (await open("encoder")).run({
        labels: new runtime!.Tensor("uint8", labels, [n, ...run.config.grid]),
      });
      assertClose(coded.codes.data, run.encode(labels, n), 1e-5);
      assertEquals(coded.codes.dims, [n, ...run.codeShape]);

      if (run.prior === "flow") {
        const prior = await open("prior"), [label] = run.labels;
        const shape = [n, run.codeSize], count = run.labels.length + 2 * run.config.classes;
        const blocks = run.voxels / 4 ** 3 * 2;
        const scene = new Float32Array(n * count);
        for (let i = 0; i < n; i++) scene[i * count] = 1;
        const zeros = (size: number) => numbers(new Float32Array(n * size), [n, size]);
        const at = async (x: Float32Array, time: number) =>
          await prior.run({
            x: numbers(x, shape),
            time: numbers(new Float32Array(n).fill(time), [n]),
            scene: numbers(scene, [n, count]),
            knownCode: zeros(run.codeSize),
            knownBlocks: zeros(blocks),
          });
        let x: Float32Array = run.sampleNoise(n, 5).map((value) => TEMPERATURE * value);
        for (let step = 0; step < SAMPLER_STEPS; step++) {
          const time = 1 - step / SAMPLER_STEPS, next = 1 - (step + 1) / SAMPLER_STEPS;
          const before = (await at(x, time)).velocity.data;
          const reached = x.map((value, i) => value + (next - time) * before[i]);
          const after = next > 0 ? (await at(reached, next)).velocity.data : before;
          x = x.map((value, i) => value + (next - time) * (before[i] + after[i]) / 2);
        }
        const { codes } = await at(x, 0);
        assertEquals(codes.dims, [n, ...run.codeShape]);
        const drawn = await (await open("generator")).run({ codes });
        const settled = (await (await open("encoder")).run({ labels: drawn.labels })).codes;
        assertClose(settled.data, run.codesOf(run.sampleNoise(n, 5), n, { type: label, guidance: 1 }), 1e-5);
      }
      const networks = [
        "encoder",
        "generator",
        ...rooms.refined ? ["refiner"] : [],
        ...run.prior === "flow" ? ["prior"] : [],
      ];
      assertEquals(files, networks.map((name) => folder.join("onnx", `${name}.onnx`)));
    },
  });
}

Deno.test({
  name: `exportOnnx: convolutions take rooms of other sizes than those of training (${ONNX_RUNTIME_NEED})`,
  ignore: runtime === null,
  sanitizeResources: false,
  async fn() {
    await using folder = await TemporaryFolder.make();
    await exportOnnx("models/rooms-small", folder.path);
    const generator = await runtime!.InferenceSession.create(await Deno.readFile(folder.join("generator.onnx")));
    const sizes = [1, 3, 2, 1], codes = new Float32Array(3 * 2 * 16).fill(0.5);
    const { labels } = await generator.run({ codes: new runtime!.Tensor("float32", codes, [...sizes, 16]) });
    assertEquals(labels.dims, sizes.map((size, axis) => axis === 0 ? size : 16 * size));
  },
});

Deno.test("deno task data export-onnx: names its files; a run of batch statistics is refused", async () => {
  await using folder = await TemporaryFolder.make();
  const options = { preset: "tiny", refineIterations: 0, priorIterations: 0, threads: 1 } as const;
  const { root } = await train({ ...options, bn: "batch", out: folder.join("batch") });
  await assertRejects(() => exportOnnx(root, folder.join("none")), UserError, "only runs of --bn running become ONNX");
  const { code, out } = await runTask("data", ["export-onnx", "models/rooms-small", "--out", folder.join("onnx")]);
  assertEquals(code, 0);
  for (const name of ["encoder", "generator", "prior"]) assertStringIncludes(out, folder.join("onnx", `${name}.onnx`));
  assertEquals((await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).sort(), ["batch", "onnx"]);
});

function assertClose(found: ArrayLike<number>, expected: Float32Array, most: number): void {
  assertEquals(found.length, expected.length);
  const largest = expected.reduce((largest, value, i) => Math.max(largest, Math.abs(value - found[i])), 0);
  assert(largest <= most, `numbers differ by ${largest}`);
  assert(expected.some((value) => value !== 0));
}
