import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { diagnose } from "../../doctor/report.ts";
import { openDriver, processEnvironment } from "../../ffi/mod.ts";
import { testWithLibraries } from "../helpers/nvidia_libraries.ts";
import { deadline, ROOT } from "../helpers/task.ts";

const hasDriver = openDriver().driver !== null;
const unfit = hasDriver ? " (skipped: a driver)" : Deno.build.os === "linux" ? "" : " (skipped: needs Linux)";

async function deno(args: string[]): Promise<{ code: number; out: string; error: string }> {
  const options = { args, cwd: ROOT, signal: deadline() };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), options).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

Deno.test({
  name: `deno task doctor: without a driver it says exactly that and exits 1${unfit}`,
  ignore: unfit !== "",
  fn: async () => {
    const { code, out, error } = await deno(["run", "-A", "doctor/main.ts"]);
    assertEquals(code, 1);
    assertStringIncludes(out, "Driver       none (libcuda.so.1:");
    assertMatch(out, /^WebGPU {7}\S/m);
    assertMatch(out, /^MPI {10}(none|libmpi\S*: \S.*)/m);
    assertStringIncludes(error, "no NVIDIA driver: install one from");
    assert(!error.includes("    at "), "no stack trace");
  },
});

testWithLibraries("diagnose: without a driver, versions and places of the libraries are listed all the same", () => {
  const { lines, problems } = diagnose();
  for (const title of ["CUDA runtime", "NVRTC", "cuBLAS", "cuDNN"]) {
    assertMatch(
      lines.find((line) => line.startsWith(title)) ?? "",
      /^\w+( \w+)? +\d+\.\d+(\.\d+)? +\/.*lib.*\.so\.\d+ \(/,
    );
  }
  assert(lines.some((line) => /^Left out +engine 23 of input gradients \(/.test(line)), lines.join("\n"));
  if (!hasDriver) assertEquals(problems.length, 1);
});

Deno.test("diagnose: missing libraries are named with the remedies", () => {
  const nowhere = {
    ...processEnvironment(),
    variable: () => undefined,
    pythonPath: () => [],
    projectFolder: "/nowhere",
  };
  const { lines, problems } = diagnose(nowhere, "linux");
  if (!lines.some((line) => line.endsWith("missing"))) return; // a toolkit of the system
  assertStringIncludes(problems.at(-1) ?? "", "deno task setup:cuda");
});

Deno.test("diagnose: on a system without CUDA nothing is looked for, and what to use instead is said", () => {
  for (const [os, instead] of [["darwin", "--device webgpu"], ["windows", "(WSL)"]] as const) {
    const { lines, problems } = diagnose(processEnvironment(), os);
    assertEquals([lines, problems.length], [[], 1]);
    assertStringIncludes(problems[0], `this is ${os}`);
    assertStringIncludes(problems[0], instead);
  }
});

Deno.test("mod.ts: importing the doors opens no native library", async () => {
  for (const door of ["mod.ts", "nn/mod.ts", "data/mod.ts", "viz/mod.ts"]) {
    const { code, error } = await deno(["run", "--allow-all", "--deny-ffi", "--deny-run", door]);
    assertEquals([code, error.includes("NotCapable")], [0, false], `${door}: ${error}`);
  }
});

Deno.test({
  name: `deno task train --device cuda: without a driver it is one sentence and exit code 1${unfit}`,
  ignore: unfit !== "",
  fn: async () => {
    const { code, error } = await deno(["run", "-A", "train/main.ts", "--preset", "tiny", "--device", "cuda"]);
    assertEquals(code, 1);
    assertMatch(error, /no NVIDIA driver .*or use --device cpu/);
    assert(!error.includes("    at "), "no stack trace");
  },
});
