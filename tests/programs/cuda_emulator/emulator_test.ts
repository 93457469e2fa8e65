/** The emulated device catches the mistakes that it is for. */
import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { type DeviceState, emulatorProblem, NOTHING_ALIVE, runEmulated } from "../../helpers/emulated_device.ts";
import { findCompiler } from "./build.ts";
import { processEnvironment } from "../../../ffi/mod.ts";
import { libraryPlaces } from "../../../ffi/library_places.ts";

const skipped = emulatorProblem ? ` (skipped: ${emulatorProblem})` : "";

interface Expectation {
  readonly fails?: boolean;
  readonly says?: string;
  readonly state?: Partial<DeviceState>;
  readonly env?: Record<string, string>;
}

const BROKEN: Expectation = { fails: true };
const EXPECTED: Readonly<Record<string, Expectation>> = {
  "nothing wrong": { state: NOTHING_ALIVE },
  "a kernel writes behind its memory": { ...BROKEN, says: "increment: access to memory that is not allocated" },
  "a kernel writes behind its memory, within the alignment": { says: "somebody wrote behind the 1000 bytes" },
  "a kernel gets released memory": { says: "is not 1 bytes of live device memory" },
  "a kernel reads 16 bytes from 4": { ...BROKEN, says: "vectors: misaligned access" },
  "not all threads come to a barrier": { ...BROKEN, says: "divergent: only 3 of 64 threads" },
  "more threads than the launch bound": { says: "increment: 65 threads, its launch bound is 64" },
  "more shared memory than allowed": { says: "reversed: 49153 bytes of shared memory, 49152 allowed" },
  "pinned memory is written before it was read": { fails: true, says: "AssertionError" },
  "a copy behind the end": { says: "the target is not 1025 bytes of live device memory" },
  "memory is never released": { state: { ...NOTHING_ALIVE, deviceAllocations: 1, events: 1 } },
  "a kernel that does not compile": { state: NOTHING_ALIVE },
  "what is captured runs with each launch of the graph": { state: NOTHING_ALIVE },
  "what cannot be captured": { says: "cudaFree: is not allowed while a stream is captured" },
  "memory runs out": { env: { FCR_EMULATOR_FAIL: "cudaMalloc:3=2" }, state: NOTHING_ALIVE },
};

for (const [name, { fails = false, says, state, env }] of Object.entries(EXPECTED)) {
  Deno.test({
    name: `emulated device: ${name}${skipped}`,
    ignore: emulatorProblem !== null,
    fn: async () => {
      const run = await runEmulated(["run", "-A", "--no-check", "tests/programs/cuda_emulator/mistakes.ts", name], env);
      if (fails) assertNotEquals(run.code, 0, run.output);
      else assertEquals(run.code, 0, run.output);
      if (says) assertStringIncludes(run.output, says);
      if (state) assertEquals(run.state, { ...run.state, ...state }, run.output);
    },
  });
}

const compiler = findCompiler();
for (
  const [title, program, files] of [
    ["NVIDIA's headers", "signatures.cpp", ["cuda.h", "cuda_runtime_api.h", "nvrtc.h", "cublas_v2.h", "cudnn.h"]],
    ["NCCL's header", "nccl_signatures.cpp", ["cuda_runtime_api.h", "nccl.h"]],
  ] as const
) {
  const headers = includeFolders(files);
  Deno.test({
    name: `emulated device: declarations agree with ${title}${headers ? "" : " (skipped: headers not found)"}`,
    ignore: !headers || !compiler,
    fn: async () => {
      const folder = fromFileUrl(new URL(".", import.meta.url));
      const include = [join(folder, "shims"), ...headers ?? []].map((path) => `-I${path}`);
      const args = ["-std=c++17", "-Wall", "-Wextra", "-fsyntax-only", ...include, join(folder, program)];
      const { stderr } = await new Deno.Command(compiler ?? "", { args }).output();
      assertEquals(new TextDecoder().decode(stderr), "");
    },
  });
}

/** The folders of the wheels' or a toolkit's headers that have these files, or null if one is missing. */
function includeFolders(files: readonly string[]): string[] | null {
  const roots = [...libraryPlaces(processEnvironment())].flatMap(({ wheels, folders }) => [
    ...(wheels?.() ?? []).flatMap((root) => ["cu13", "cudnn", "nccl"].map((name) => `${root}/nvidia/${name}/include`)),
    ...folders.map((folder) => join(folder, "../include")),
  ]);
  const needed = files.map((file) => roots.find((root) => isFile(join(root, file))));
  return needed.includes(undefined) ? null : [...new Set(needed as string[])];
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
