/**
 * No kernel has a race, on every size of the backend suite, with threads in a random order; and the search would find
 * one: without any single barrier it does.
 */
import { assert, assertEquals } from "@std/assert";
import { kernelSources } from "../../../../nn/backend/cuda/kernel_sources.ts";
import common from "../../../../nn/backend/cuda/kernels/common.cu" with { type: "text" };
import { emulatorProblem, runEmulated } from "../../../helpers/emulated_device.ts";

const skipped = emulatorProblem ? ` (skipped: ${emulatorProblem})` : "";
const BARRIER = "__syncthreads()";
/** The module in which the barriers of common.cu are tried: others may do without the one that lets memory be reused. */
const MODULE_OF_COMMON = "norms";

/** Tests of the suite that run the kernels of a module with barriers. */
const TESTS: Readonly<Record<string, string>> = {
  norms: "/(Norm|Statistics)/",
  rows: "/(permute|Rows|modulatedNorm)/",
  row_losses: "/(argmax|softmax|reconstructionLoss)/",
  reductions: "/(classWeights|bceLogits:|gaussian|reconstructionLoss)/",
};

/** Barriers that no size of the suite needs, by module and number. */
const BEYOND_THE_SUITE: ReadonlySet<string> = new Set([
  "rows 5", // before the second turn of group_sums, which begins with 65,536 strips of channels
]);

/** Runs a file of tests on the device that looks for races. */
function search(file: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const command = ["test", "-A", "--no-check", "--fail-fast", `tests/nn/backend/cuda/emulated/${file}.ts`, ...args];
  return runEmulated(command, { FCR_EMULATOR_RACES: "1", ...env });
}

function emulatedTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + skipped, ignore: emulatorProblem !== null, fn });
}

for (const file of ["suite_fp32", "kernels", "storage_bf16"]) {
  emulatedTest(`kernels: no races in ${file}`, async () => {
    const { code, output, state } = await search(file);
    assertEquals([code, state?.complaints], [0, 0], output);
  });
}

const countIn = (text: string) => text.split(BARRIER).length - 1, ofCommon = countIn(common);

for (const { name: module, source } of kernelSources(["f32"])) {
  for (let nth = module === MODULE_OF_COMMON ? 1 : 1 + ofCommon; nth <= countIn(source); nth++) {
    if (BEYOND_THE_SUITE.has(`${module} ${nth}`)) continue;
    emulatedTest(`kernels: without barrier ${nth} of ${module} there is a race`, async () => {
      const { code, output } = await search("suite_fp32", [`--filter=${TESTS[module]}`], {
        FCR_EMULATOR_WITHOUT_BARRIER: `${module}.cu:${nth}`,
      });
      assert(code !== 0, "every test passed");
      assert(output.includes(": a race in "), output);
    });
  }
}
