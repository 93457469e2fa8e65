/** What planning the paper's training costs with NVIDIA's libraries, compiled engines included, without a GPU. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { MOST_PLANS } from "../../../../nn/backend/cuda/conv/candidates.ts";
import { testWithLibraries } from "../../../helpers/nvidia_libraries.ts";
import { deadline } from "../../../helpers/task.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";
import { findCompiler } from "../../../programs/cuda_emulator/build.ts";
import type { CostOfTraining } from "./deviceless/planning_cost.ts";

const compiler = findCompiler();
/** Of a server and of a desktop. */
const GPUS = "sm_90,sm_86";

const NAME = "Planner: few plans are built for a convolution, hardly any compiled";
if (compiler) testWithLibraries(NAME, () => costIsBounded(compiler));
else Deno.test({ name: `${NAME} (skipped: no C++ compiler)`, ignore: true, fn: () => {} });

async function costIsBounded(compiler: string): Promise<void> {
  await using folder = await TemporaryFolder.make();
  const driver = folder.join("libcuda.so.1");
  const source = fromFileUrl(new URL("../../../helpers/stub_driver.c", import.meta.url));
  const flags = ["-x", "c", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o", driver, source];
  const built = await new Deno.Command(compiler, { args: flags, stderr: "inherit" }).output();
  assert(built.success);
  // The driver stays in the process that loads it.
  const script = fromFileUrl(new URL("deviceless/planning_cost.ts", import.meta.url));
  const args = ["run", "-A", "--no-check", script, driver, GPUS];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit", signal: deadline() })
    .output();
  assert(success);
  const costs = JSON.parse(new TextDecoder().decode(stdout)) as CostOfTraining[];
  assertEquals(costs.length, 6);
  for (const cost of costs) {
    const what = JSON.stringify(cost);
    assert(cost.problems >= 70, what);
    assert(cost.mostCompiled <= 1, what);
    // Where tensor cores want no compiler, none is used; in tf32 a layer or two have no other engine.
    assert(cost.compiledProblems <= (cost.precision === "tf32" ? 2 : 0), what);
    assert(cost.built <= MOST_PLANS * cost.problems && cost.measured <= cost.built, what);
  }
}
