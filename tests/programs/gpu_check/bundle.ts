/** Packs the check for a machine that has a GPU, its driver, python3 with NVIDIA's wheels, and nothing else. */
import { dirname, join } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { makeFolder, writeFileAtomic } from "../../../base/files.ts";
import { Progress } from "../../../base/progress.ts";
import { revisionOf } from "./check.ts";
import { runScript } from "./run_script.ts";

/** Most bytes of a bundle: it is meant to be carried along. */
export const BUNDLE_LIMIT_BYTES = 60e6;

/** Entries of the project's folder that the parts of the check need. */
const SOURCES = [
  "base",
  "data",
  "doctor",
  "eval",
  "ffi",
  "nn",
  "run",
  "tests",
  "train",
  "types",
  "viz",
  "deno.json",
  "mod.ts",
  "LICENSE",
];
/** What the check starts: their packages are packed. */
const PROGRAMS = [
  ...[
    "tests/programs/gpu_check/main.ts",
    "tests/programs/bench/main.ts",
    "doctor/main.ts",
    "tests/nn/backend/suite.ts",
  ],
  ...["tests/programs/conformance/main.ts", "train/main.ts"],
];

interface Package {
  readonly name: string;
  readonly version: string;
  /** Folder in Deno's cache. */
  readonly localPath: string;
}

/**
 * Fills `folder`, which must be empty or missing: `run.sh`, this Deno compressed, the sources and the npm packages.
 * `level` 0 to 9: how hard xz tries, from seconds to minutes.
 *
 * @throws {UserError} if something is in the folder, or the bundle becomes too large.
 */
export async function bundle(
  project: string,
  folder: string,
  { level = 9, tell = () => {} }: { level?: number; tell?: (line: string) => void } = {},
): Promise<void> {
  await makeFolder(folder);
  if ([...Deno.readDirSync(folder)].length > 0) throw new UserError(`${folder} is not empty; choose a new folder`);
  const sources = join(folder, "project");
  for (const name of SOURCES) await copy(join(project, name), join(sources, name), /^corpus$/); // damaged files are for the fuzz
  tell("Sources copied; looking for their packages");
  const packages = await packagesOf(project);
  for (const { name, localPath } of packages) await copy(localPath, join(sources, "node_modules", name), UNUSED);
  await writeFileAtomic(join(sources, "deno.json"), await offlineConfig(project));
  const dependencies = Object.fromEntries(packages.map(({ name, version }) => [name, version]));
  await writeFileAtomic(join(sources, "package.json"), JSON.stringify({ private: true, dependencies }, null, 1) + "\n");
  await writeFileAtomic(join(sources, "REVISION"), await revisionOf(project) + "\n");
  tell(`${packages.length} packages copied; compressing Deno, which takes a minute or more`);
  await compress(Deno.execPath(), join(folder, "deno.xz"), level);
  await writeFileAtomic(join(folder, "run.sh"), runScript());
  await Deno.chmod(join(folder, "run.sh"), 0o755);
  const bytes = sizeOf(folder), megabytes = (bytes / 1e6).toFixed(1);
  if (bytes > BUNDLE_LIMIT_BYTES) {
    throw new UserError(`${folder} has ${megabytes} MB, at most ${BUNDLE_LIMIT_BYTES / 1e6} were wanted`);
  }
  tell(`${folder}: ${megabytes} MB, with ${packages.length} packages. On the machine with the GPU:`);
  tell(`  sh ${join(folder, "run.sh")} --out <folder for the report> [--peer <bench.py>]`);
}

/** The packages of npm that {@link PROGRAMS} import, at the versions of the lock file. */
async function packagesOf(project: string): Promise<Package[]> {
  const found = new Map<string, Package>();
  for (const program of PROGRAMS) {
    const args = ["info", "--json", join(project, program)];
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: project }).output();
    if (!success) throw new UserError(`deno info ${program}: ${new TextDecoder().decode(stderr).trim()}`);
    const info = JSON.parse(new TextDecoder().decode(stdout)) as {
      modules: { specifier: string }[];
      npmPackages: Record<string, Package & { dependencies: string[] }>;
    };
    // The list is that of the lock file; what the program imports of it are the modules' own packages.
    const queue = info.modules.flatMap(({ specifier }) => /^npm:\/?(@?[^@]+@[^/]+)/.exec(specifier)?.[1] ?? []);
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      const one = info.npmPackages[key];
      if (!one || found.has(one.name)) continue;
      found.set(one.name, one);
      queue.push(...one.dependencies);
    }
  }
  return [...found.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The project's configuration, with packages from the folder beside it. */
async function offlineConfig(project: string): Promise<string> {
  const config = JSON.parse(await Deno.readTextFile(join(project, "deno.json"))) as Record<string, unknown>;
  return JSON.stringify({ ...config, nodeModulesDir: "manual", lock: false }, null, 2) + "\n";
}

/** Files of packages that a program runs without: TypeScript (packages run as JavaScript), maps and pages. */
const UNUSED = /\.([mc]?ts|map|md|markdown)$/;

/** Copies a file or a folder with everything in it but `leftOut`; links as what they point to. */
async function copy(from: string, to: string, leftOut?: RegExp): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) {
    await makeFolder(dirname(to));
    return await Deno.copyFile(from, to);
  }
  await makeFolder(to);
  for await (const { name } of Deno.readDir(from)) {
    if (name !== "node_modules" && !leftOut?.test(name)) await copy(join(from, name), join(to, name), leftOut);
  }
}

/** Compresses a file with xz, by the program of that name or by python3, whichever is here; tells how far it is. */
async function compress(from: string, to: string, level: number): Promise<void> {
  const python = "import lzma, shutil, sys\n" +
    "with lzma.open(sys.stdout.buffer, 'wb', preset=int(sys.argv[1])) as out: shutil.copyfileobj(sys.stdin.buffer, out)";
  for (const [program, ...args] of [["xz", `-${level}`, "-c"], ["python3", "-c", python, String(level)]]) {
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped", stderr: "null" }).spawn();
    } catch {
      continue; // There is no such program.
    }
    const input = await Deno.open(from), output = await Deno.open(to, { write: true, create: true, truncate: true });
    using progress = new Progress("compressing Deno", Math.ceil((await input.stat()).size / 1e6), "MB");
    let bytes = 0;
    const counter = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        progress.update(Math.floor((bytes += chunk.length) / 1e6));
        controller.enqueue(chunk);
      },
    });
    const [{ success }] = await Promise.all([
      child.status,
      input.readable.pipeThrough(counter).pipeTo(child.stdin).catch(() => {}), // it ended early: its status says so
      child.stdout.pipeTo(output.writable),
    ]);
    if (success) return;
  }
  throw new UserError(`cannot compress ${from}: neither xz nor python3 with its lzma module does it; install one`);
}

function sizeOf(path: string): number {
  const { isDirectory, size } = Deno.statSync(path);
  if (!isDirectory) return size;
  return [...Deno.readDirSync(path)].reduce((sum, { name }) => sum + sizeOf(join(path, name)), 0);
}
