/** One batch over several ranks gives what it gives one process. */
import { assertEquals, assertLess } from "@std/assert";
import { solo } from "../../nn/group/group.ts";
import { runRanks, testWithMpis } from "../helpers/ranks.ts";
import { relativeDifference } from "../helpers/relative_difference.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";
import { trainTogether } from "./ranks_program.ts";

const PROGRAM = new URL("ranks_program.ts", import.meta.url).pathname;
/** Iterations of each stage. */
const ITERATIONS = 5;
/** Gradients differ by the order of sums alone. */
const GRADIENT_DIFFERENCE = 5e-6;
/** Weights differ more, as Adam's first steps have the size of the step and the sign of the gradient. */
const WEIGHT_DIFFERENCE = 1e-5;

const alone = trainTogether(solo(), ITERATIONS, "cpu");

testWithMpis(
  "data parallel: gradients of 2 and 4 ranks are those of one process, all ranks have the same bits",
  async (mpi) => {
    const { gradients, weights, losses } = await alone;
    for (const size of mpi.name === "MPICH" ? [2] : [2, 4]) {
      await using folder = await TemporaryFolder.make();
      const run = () =>
        runRanks(mpi, size, ["run", "--no-check", "-A", PROGRAM, folder.path, String(ITERATIONS), "cpu"]);
      const told = (await run()).map((line) => JSON.parse(line));
      assertEquals(new Set(told.map(({ hash }) => hash)).size, 1, "weights of the ranks");
      const seen = async (name: string) => new Float32Array((await Deno.readFile(folder.join(name))).buffer);
      for (const [name, values] of Object.entries(gradients)) {
        assertLess(relativeDifference(await seen(name), values), GRADIENT_DIFFERENCE, `${size} ranks, ${name}`);
      }
      for (const [name, value] of Object.entries(losses)) {
        assertLess(Math.abs(told[0].losses[name] / value - 1), 1e-4, `${size} ranks, ${name}`);
      }
      const all = await Promise.all(Object.keys(weights).map(seen));
      for (const [i, [name, values]] of Object.entries(weights).entries()) {
        assertLess(relativeDifference(all[i], values), WEIGHT_DIFFERENCE, `${size} ranks, weights of ${name}`);
      }
      if (size === 2) assertEquals((await run()).map((line) => JSON.parse(line).hash), told.map(({ hash }) => hash));
    }
  },
);
