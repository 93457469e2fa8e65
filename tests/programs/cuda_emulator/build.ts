/**
 * Builds the emulated device: one shared object under the names of NVIDIA's libraries.
 *
 * `deno task cuda-emulator` prints its folder; `FCR_CUDA_PATH=<that folder>` makes any task run on it. For tests only:
 * it computes on the processor, slowly, and checks everything that it is told.
 */
import { fromFileUrl, join } from "@std/path";

const SOURCES = [
  ...["core", "memory", "streams", "runtime", "graphs", "driver", "blocks", "races", "nvrtc", "cublas", "convolution"],
  ...["cudnn", "cudnn_descriptors", "cudnn_engines", "cudnn_plan", "nccl"],
];
const NAMES = [
  ...["libcuda.so.1", "libcudart.so.13", "libnvrtc.so.13", "libnvrtc-builtins.so.13.0", "libcublas.so.13"],
  ...["libcublasLt.so.13", "libcudnn.so.9", "libnccl.so.2"],
];
const FLAGS = ["-std=c++17", "-O3", "-march=native", "-fPIC", "-fvisibility=hidden", "-U_FORTIFY_SOURCE"];
const WARNINGS = ["-Wall", "-Wextra", "-Wno-clobbered"];

const sourceFolder = fromFileUrl(new URL(".", import.meta.url));

/** The system's C++ compiler (`$CXX`, c++, g++ or clang++), or null if there is none. */
export function findCompiler(): string | null {
  for (const name of [Deno.env.get("CXX"), "c++", "g++", "clang++"]) {
    if (!name) continue;
    try {
      if (new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success) {
        return name;
      }
    } catch {
      continue;
    }
  }
  return null;
}

/** Where to build, and who is told how many files of how many are compiled. */
export interface BuildOptions {
  readonly folder?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Builds what has changed and returns the folder with the libraries.
 *
 * @throws {Error} with the compiler's messages.
 */
export async function buildEmulator(compiler: string, options: BuildOptions = {}): Promise<string> {
  const { folder = defaultFolder(), onProgress } = options;
  const sources = await Promise.all(
    [...Deno.readDirSync(sourceFolder)].map(({ name }) => name).filter((name) => /\.[ch]pp$/.test(name)).sort()
      .map(async (name) => `${name}\n${await Deno.readTextFile(join(sourceFolder, name))}`),
  );
  const build = await digest([compiler, ...FLAGS, ...sources].join("\n"));
  const target = join(folder, build), finished = join(target, NAMES[0]);
  if (await exists(finished)) return target;
  await Deno.mkdir(folder, { recursive: true });
  // Several test files may want it at once; one builds.
  using lock = await Deno.open(join(folder, "lock"), { write: true, create: true });
  await lock.lock(true);
  if (await exists(finished)) return target;
  const work = await Deno.makeTempDir({ dir: folder, prefix: "building-" });
  try {
    await compile(compiler, build, work, onProgress);
    await Deno.rename(work, target);
  } catch (error) {
    await Deno.remove(work, { recursive: true });
    throw error;
  }
  return target;
}

async function compile(
  compiler: string,
  build: string,
  work: string,
  onProgress: BuildOptions["onProgress"],
): Promise<void> {
  let done = 0;
  onProgress?.(done, SOURCES.length);
  await writePrelude(work);
  const definitions = [`-DFCR_CXX="${compiler}"`, `-DFCR_BUILD="${build}"`, `-I${work}`];
  const objects = SOURCES.map((name) => join(work, `${name}.o`));
  await inParallel(
    SOURCES.map((name, i) => async () => {
      await run(compiler, [
        ...[...FLAGS, ...WARNINGS, ...definitions, "-c", join(sourceFolder, `${name}.cpp`), "-o", objects[i]],
      ]);
      onProgress?.(++done, SOURCES.length);
    }),
  );
  await run(compiler, ["-shared", "-o", join(work, "device.so"), ...objects, "-ldl", "-lpthread"]);
  for (const object of objects) await Deno.remove(object);
  // One file under every name: whichever is opened, it is the same device.
  for (const name of NAMES) await Deno.symlink("device.so", join(work, name));
}

function defaultFolder(): string {
  return fromFileUrl(new URL("../../../out/cuda_emulator", import.meta.url));
}

/** The text that precedes kernels, as a C string literal (compilers limit the length of one: one per line). */
async function writePrelude(folder: string): Promise<void> {
  const text = await Deno.readTextFile(join(sourceFolder, "device_prelude.hpp"));
  const lines = text.split("\n").map((line) => JSON.stringify(line + "\n"));
  await Deno.writeTextFile(join(folder, "device_prelude.inc"), lines.join("\n"));
}

async function run(compiler: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(compiler, { args, stdout: "null", stderr: "piped" }).output();
  const messages = new TextDecoder().decode(stderr);
  if (!success || messages !== "") throw new Error(`${compiler} ${args.join(" ")}\n${messages}`);
}

async function inParallel(jobs: (() => Promise<void>)[]): Promise<void> {
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) await job();
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, worker));
}

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toHex().slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
