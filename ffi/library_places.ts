/** Folders that may hold CUDA libraries, in the order in which they are asked. */
import { fromFileUrl, resolve } from "@std/path";

/** What the search looks at besides the file system. */
export interface SearchEnvironment {
  /** An environment variable, undefined if it is not set. */
  readonly variable: (name: string) => string | undefined;
  /** Folder whose `.venv` was made by `deno task setup:cuda`. */
  readonly projectFolder: string;
  /** Folders on the module path of the system's python3; asked last and at most once. */
  readonly pythonPath: () => readonly string[];
}

/** Folders with one reason to look into them. */
export interface LibraryPlace {
  /** The reason, for messages. */
  readonly label: string;
  /** Folders with the libraries themselves. */
  readonly folders: readonly string[];
  /** Or: `site-packages` folders with NVIDIA's wheels. */
  readonly wheels?: () => readonly string[];
  /** Named by the person (FCR_CUDA_PATH); may hold the driver's library too. */
  readonly explicit?: boolean;
}

/** NVIDIA calls servers with Arm processors "sbsa". */
const [TARGET, MULTIARCH] = Deno.build.arch === "aarch64" ? ["sbsa", "aarch64"] : ["x86_64", "x86_64"];
const TOOLKIT_FOLDERS = ["lib64", "lib", `targets/${TARGET}-linux/lib`];
const SYSTEM_FOLDERS = [`/usr/lib/${MULTIARCH}-linux-gnu`, "/usr/lib64", "/usr/lib"];

/** Why CUDA cannot be used on an operating system, with a remedy; null where it can. */
export function cudaSystemProblem(os: typeof Deno.build.os = Deno.build.os): string | null {
  if (os === "linux") return null;
  const instead = os === "windows" ? "in Windows's Linux (WSL), or " : "";
  return `the CUDA engine is for Linux, this is ${os}; train ${instead}with --device webgpu or cpu`;
}

/** The places, most explicit first. */
export function* libraryPlaces({ variable, projectFolder, pythonPath }: SearchEnvironment): Generator<LibraryPlace> {
  const override = paths(variable("FCR_CUDA_PATH"));
  if (override.length > 0) {
    yield {
      label: "FCR_CUDA_PATH",
      folders: override.flatMap((folder) => [folder, ...TOOLKIT_FOLDERS.map((sub) => `${folder}/${sub}`)]),
      explicit: true,
    };
    yield { label: "wheels of FCR_CUDA_PATH", folders: [], wheels: () => override };
  }
  for (const name of ["CUDA_HOME", "CUDA_PATH"]) {
    for (const folder of paths(variable(name))) yield toolkit(name, folder);
  }
  for (const folder of paths(variable("VIRTUAL_ENV"))) {
    yield { label: "wheels of VIRTUAL_ENV", folders: [], wheels: () => sitePackages(folder) };
  }
  yield { label: "wheels of deno task setup:cuda", folders: [], wheels: () => sitePackages(`${projectFolder}/.venv`) };
  for (const folder of paths(variable("CONDA_PREFIX"))) {
    yield toolkit("CONDA_PREFIX", folder);
    yield { label: "wheels of CONDA_PREFIX", folders: [], wheels: () => sitePackages(folder) };
  }
  yield { label: "LD_LIBRARY_PATH", folders: paths(variable("LD_LIBRARY_PATH")) };
  for (const folder of ["/usr/local/cuda", ...children("/usr/local", /^cuda-\d/).reverse(), "/opt/cuda"]) {
    yield toolkit("system", folder);
  }
  yield { label: "system", folders: SYSTEM_FOLDERS };
  yield { label: "wheels of python3", folders: [], wheels: pythonPath };
}

function toolkit(label: string, folder: string): LibraryPlace {
  return { label, folders: TOOLKIT_FOLDERS.map((sub) => `${folder}/${sub}`) };
}

/** `lib/python3.x/site-packages` of a virtual environment or prefix. */
function sitePackages(prefix: string): string[] {
  return children(`${prefix}/lib`, /^python3/).map((folder) => `${folder}/site-packages`);
}

function paths(value: string | undefined): string[] {
  return (value ?? "").split(":").filter((path) => path !== "").map((path) => path.replace(/\/+$/, "") || "/");
}

function children(folder: string, pattern: RegExp): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => pattern.test(name)).sort()
      .map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

/** This process's environment; without permission to read it, an empty one. */
export function processEnvironment(): SearchEnvironment {
  let path: readonly string[] | undefined;
  return {
    variable: (name) => {
      try {
        return Deno.env.get(name);
      } catch {
        return undefined;
      }
    },
    projectFolder: import.meta.url.startsWith("file:") ? resolve(fromFileUrl(new URL("..", import.meta.url))) : ".",
    pythonPath: () => path ??= askPython(),
  };
}

/** `sys.path` of python3, or nothing if there is none or it may not be run. */
function askPython(): string[] {
  try {
    const program = 'import sys; print("\\n".join(sys.path))';
    const { success, stdout } = new Deno.Command("python3", { args: ["-c", program], stdin: "null", stderr: "null" })
      .outputSync();
    return success ? new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith("/")) : [];
  } catch {
    return [];
  }
}
