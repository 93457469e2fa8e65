import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { emulatorFolder, emulatorProblem, runEmulated } from "../../helpers/emulated_device.ts";
import { deadline, ROOT, runTask } from "../../helpers/task.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { adapter, webGpuTest } from "../../nn/backend/webgpu/adapter.ts";
import { bundle, BUNDLE_LIMIT_BYTES } from "./bundle.ts";
import { reportMarkdown } from "./markdown.ts";
import { notRun, type Part, runPart } from "./part.ts";
import { cudaParts, facts, webGpuParts } from "./parts.ts";
import { peerRows } from "./peer.ts";
import type { GpuReport, PartReport } from "./report.ts";
import { parseTap } from "./tap.ts";

const skipped = emulatorProblem ? ` (skipped: ${emulatorProblem})` : "";
/** A test on the emulated device, which may need a program besides. */
function emulatedTest(name: string, fn: () => Promise<void>, needs: readonly string[] = []): void {
  const missing = needs.length > 0 && !needs.some(starts) ? ` (skipped: ${needs.join(" and ")} not found)` : "";
  Deno.test({ name: name + (skipped || missing), ignore: skipped + missing !== "", fn });
}

/** Whether a program is on this machine. */
function starts(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test("parseTap: passed, failed with its message, skipped; the rest is passed over", () => {
  const message = JSON.stringify({ message: "Error: \u001b[31mwhy\u001b[0m\nnot", severity: "fail" });
  const output = `TAP version 14\n# a_test.ts\nok 1 - a\nnot ok 2 - b \\# 2\n  ---\n  ${message}\n  ...\n` +
    "not ok 3 - cut off\nprinted by a test\nok 4 - c # SKIP\n1..4\n";
  assertEquals(parseTap(output), [
    { name: "a", outcome: "passed", message: "" },
    { name: "b # 2", outcome: "failed", message: "Error: why\nnot" },
    { name: "cut off", outcome: "failed", message: "" },
    { name: "c", outcome: "skipped", message: "" },
  ]);
});

Deno.test("peerRows: times of the variants that have one", () => {
  const stages = { base: { ms: 12.5, max_memory_reserved_GiB: 6 }, refine: { error: "out of memory" } };
  const peer = { variants: { "tf32-eager": { stages }, "@layers": { layers: [] }, late: { error: "budget spent" } } };
  assertEquals(peerRows(peer), [{ variant: "tf32-eager", phase: "base", milliseconds: 12.5, peakGibibytes: 6 }]);
  assertEquals([peerRows(null), peerRows({ variants: 3 })], [[], []]);
});

/** A part made of tests in a file of this text. */
async function runTests(text: string, seconds: number): Promise<PartReport> {
  await using folder = await TemporaryFolder.make();
  const file = await folder.write("part_test.ts", text);
  const part: Part = {
    name: "part",
    args: ["test", "-A", "--no-check", "--no-config", "--reporter=tap", file],
    ...{ expectedSeconds: 1, limitSeconds: 60, leastSeconds: 0 },
  };
  const place = { project: folder.path, scratch: folder.path, cache: folder.join("cache") };
  return (await runPart(part, place, seconds)).report;
}

const NOTE = `Deno.writeTextFileSync(Deno.env.get("FCR_GPU_NOTES"), '{"name":"n","value":3}\\n', { append: true });`;

Deno.test("runPart: a crash keeps what was done before it", async () => {
  const read = "new Deno.UnsafePointerView(Deno.UnsafePointer.create(8n)).getInt32();";
  const wait = "await new Promise((done) => setTimeout(done, 300));";
  const crash = `Deno.test("first", () => { ${NOTE} }); Deno.test("second", async () => { ${wait} ${read} });`;
  const { status, message, tests, notes } = await runTests(crash, 60);
  assertEquals([status, message], ["crashed", "SIGSEGV after first"]);
  assertEquals(tests, [{ name: "first", outcome: "passed", message: "" }]);
  assertEquals(notes, [{ name: "n", value: 3 }]);
});

Deno.test("runPart: what hangs is killed; what fails says why; what passes says how much", async () => {
  const hang = await runTests(
    `Deno.test("hang", () => {
    Deno.addSignalListener("SIGTERM", () => {});
    return new Promise(() => setInterval(() => {}, 1000)); });`,
    3,
  );
  assertEquals([hang.status, hang.message], ["timed out", "killed after 3 s, after the start"]);
  assert(hang.seconds < 20);
  const fail = await runTests(`Deno.test("bad", () => { throw new Error("why"); }); Deno.test("good", () => {});`, 60);
  assertEquals([fail.status, fail.message], ["failed", "bad: Error: why"]);
  assertStringIncludes(fail.output, "not ok 1 - bad");
  const pass = await runTests(`Deno.test("good", () => {}); Deno.test.ignore("later", () => {});`, 60);
  assertEquals([pass.status, pass.message, pass.output], ["passed", "2 of 2 tests passed or were skipped", ""]);
});

Deno.test("cudaParts, webGpuParts: all of it takes less than 8 minutes by estimate, and every part has twice its own", () => {
  for (const parts of [[facts("cuda"), ...cudaParts(false)], [facts("webgpu"), ...webGpuParts(false)]]) {
    assert(parts.reduce((sum, { expectedSeconds }) => sum + expectedSeconds, 0) < 480);
    for (const { name, expectedSeconds, limitSeconds } of parts) assert(limitSeconds >= 2 * expectedSeconds, name);
  }
});

Deno.test("runPart: a program that is not there is a failed part", async () => {
  const part: Part = {
    name: "p",
    program: "/nowhere/program",
    args: [],
    expectedSeconds: 1,
    limitSeconds: 5,
    leastSeconds: 0,
  };
  const { report, written } = await runPart(part, { project: ROOT, scratch: "/tmp", cache: "/tmp" }, 5);
  assertEquals([report.status, written], ["failed", null]);
  assertStringIncludes(report.message, "/nowhere/program");
});

Deno.test("reportMarkdown: a report without a GPU says what is missing", () => {
  const device = {
    ...{ lines: ["Driver       none"], problems: ["no NVIDIA driver: install one"], gpu: null, kernelModule: null },
    ...{ system: "a system", processor: "a processor", cores: 2, deno: "2.9.6" },
  };
  const parts = [notRun("suite", "there is no GPU | to run it on")];
  const text = reportMarkdown({ version: "1", revision: "abc", started: "now", seconds: 3, device, parts });
  assertMatch(text, /^# GPU check: no GPU\n\n0 of 1 parts passed. Version 1, revision abc; now, 3 s.\n/);
  assertStringIncludes(text, "**no NVIDIA driver: install one**");
  assertStringIncludes(text, "| suite | **not run** | 0.0     | there is no GPU \\| to run it on |");
});

const PATIENT = ["--seconds", "3000", "--patience", "20"]; // the machine may be busy

/** Runs the command on the emulated device and reads its report. */
async function runCheck(args: readonly string[], env: Record<string, string> = {}) {
  await using folder = await TemporaryFolder.make();
  const command = ["run", "-A", "--no-check", "tests/programs/gpu_check/main.ts", "--out", folder.path];
  const { code, output } = await runEmulated([...command, ...PATIENT, ...args], { FCR_EMULATOR_REPORT: "", ...env });
  const report = JSON.parse(await Deno.readTextFile(folder.join("report.json"))) as GpuReport;
  return { code, output, report, markdown: await Deno.readTextFile(folder.join("report.md")) };
}

const results = ({ parts }: GpuReport) => parts.map(({ name, status }) => [name, status]);

emulatedTest("deno task gpu-check: tests, bench and training on the emulated device", async () => {
  const names = ["adjointness", "planning", "bench tf32", "train"], only = names.flatMap((name) => ["--only", name]);
  await using plans = await TemporaryFolder.make(); // of no test before
  const { code, output, report, markdown } = await runCheck(only, { FCR_CACHE: plans.path });
  assertEquals(results(report), ["device", ...names].map((name) => [name, "passed"]), output);
  assertEquals(code, 0, output);
  assertEquals(report.device?.gpu?.name, "Emulated device");
  assert(report.parts[1].notes.length > 0);
  const planned = report.parts[2].notes.find(({ name }) => name === "planning tf32: problems");
  assert(Number(planned?.value) > 10);
  assertStringIncludes(markdown, "planning bf16: seconds");
  assertEquals(report.parts[3].bench.map(({ phase }) => phase), ["base", "refine"]);
  assertMatch(markdown, /^\| tf32 +\| base +\| 2 +\|/m);
  for (const part of ["engine", "adjointness", "cuDNN"]) assertStringIncludes(markdown, part);
});

emulatedTest("deno task gpu-check --peer: another program's times stand in the same table", async () => {
  await using folder = await TemporaryFolder.make();
  const program = `import json, sys
json.dump({"variants": {"tf32-eager": {"stages": {"base": {"ms": 12.5}}}}, "flags": sys.argv[1:]}, open(sys.argv[-1], "w"))`;
  const peer = await folder.write("bench.py", program);
  const { code, report, markdown } = await runCheck(["--only", "peer", "--peer", peer]);
  assertEquals([code, results(report)], [0, [["device", "passed"], ["peer", "passed"]]]);
  assertEquals(report.parts[1].peer.map(({ variant }) => variant), ["tf32-eager"]);
  assertMatch(markdown, /^\| peer tf32-eager +\| base +\|/m);
}, ["python3"]);

emulatedTest("deno task gpu-check: a failing part does not stop the others", async () => {
  const only = ["--only", "self-test", "--only", "adjointness", "--only", "bench tf32"];
  const { code, output, report, markdown } = await runCheck(only, { FCR_EMULATOR_FAIL: "cublasGemmEx:1=13" });
  assertEquals(
    results(report),
    [["device", "passed"], ["self-test", "passed"], ["adjointness", "passed"], ["bench tf32", "failed"]],
    output,
  );
  assertEquals(code, 1);
  assertStringIncludes(report.parts[3].output, "cublasGemmEx");
  assertStringIncludes(markdown, "### bench tf32: failed");
});

emulatedTest("deno task gpu-check: without a GPU it says so, and the report is there all the same", async () => {
  const { code, report, markdown } = await runCheck([], { FCR_EMULATOR_FAIL: "cuInit:1=100" });
  assertEquals(code, 1);
  assertEquals(results(report)[0], ["device", "failed"]);
  assert(report.parts.length > 10 && report.parts.slice(1).every(({ status }) => status === "not run"));
  assertStringIncludes(markdown, "cuInit returned");
});

emulatedTest("deno task gpu-check: what does not fit into the time is not run", async () => {
  const { code, report } = await runCheck(["--seconds", "20", "--only", "bench fp32"]);
  assertEquals([code, results(report)], [1, [["device", "passed"], ["bench fp32", "not run"]]]);
});

webGpuTest("deno task gpu-check --device webgpu: the adapter, and what the bench says, are in the report", async () => {
  await using folder = await TemporaryFolder.make();
  const flags = ["--device", "webgpu", "--out", folder.path, "--only", "bench", ...PATIENT];
  const { code, out, err } = await runTask("gpu-check", flags);
  assertEquals(code, 0, out + err);
  const report = JSON.parse(await Deno.readTextFile(folder.join("report.json"))) as GpuReport;
  assertEquals(results(report), [["device", "passed"], ["bench", "passed"]]);
  assertEquals(report.device?.gpu, adapter);
  const markdown = await Deno.readTextFile(folder.join("report.md"));
  assertStringIncludes(markdown, `# GPU check: ${adapter!.name}`);
  assertMatch(markdown, /the device copies \d+\.\d GB\/s, multiplies and adds \d+ GFLOP\/s/);
  assertMatch(markdown, /^small conv4 64→128 +filterGradient +[\d.]+ GFLOP\/s +\d+ %/m);
});

emulatedTest(
  "deno task gpu-check --bundle: runs in an empty environment, from sources and packages of its own",
  async () => {
    await using folder = await TemporaryFolder.make();
    const packed = folder.join("bundle"), home = folder.join("home"), emulator = await emulatorFolder();
    let told = "";
    await bundle(ROOT, packed, { level: 1, tell: (line) => told += line });
    assert(Number(/(\d+\.\d) MB/.exec(told)?.[1]) * 1e6 <= BUNDLE_LIMIT_BYTES, told);
    assertStringIncludes(told, "packages copied; compressing");
    await Deno.mkdir(home);
    const args = [
      join(packed, "run.sh"),
      "--out",
      folder.join("report"),
      "--only",
      "self-test",
      "--only",
      "adjointness",
    ];
    const env = { PATH: "/usr/bin:/bin", HOME: home, FCR_CUDA_PATH: emulator };
    const options = { args, cwd: home, env, clearEnv: true, signal: deadline() };
    const { code, stdout, stderr } = await new Deno.Command("sh", options).output();
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals(code, 0, output);
    const report = JSON.parse(await Deno.readTextFile(folder.join("report", "report.json"))) as GpuReport;
    assertEquals(results(report).map(([, status]) => status), ["passed", "passed", "passed"], output);
    assert(report.revision.length > 0 || !(await exists(join(ROOT, ".git"))));
  },
  ["xz", "python3"],
);

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
