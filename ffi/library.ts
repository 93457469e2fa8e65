/** Finds the CUDA libraries: which folder has which of them, from the most to the least explicit wish of the person. */
import { LIBRARIES, type LibraryName } from "./library_names.ts";
import { type LibraryPlace, libraryPlaces, type SearchEnvironment } from "./library_places.ts";

/** Where one library is. */
export interface FoundLibrary {
  /** Absolute path. */
  readonly path: string;
  /** Why it was looked for there, e.g. "wheels of VIRTUAL_ENV". */
  readonly place: string;
}

/** A set of libraries of one CUDA version. */
export interface FoundLibraries {
  /** 12 or 13. */
  readonly cudaMajor: number;
  /** The libraries that were found; `cuda` (the driver) is looked for by {@link findDriver}. */
  readonly found: Readonly<Partial<Record<LibraryName, FoundLibrary>>>;
  /** Libraries that are missing, optional ones aside. */
  readonly missing: readonly LibraryName[];
}

/** Versions of CUDA that this project works with, the preferred first. */
const CUDA_MAJORS = [13, 12] as const;

/** Libraries were not found; the message lists every path tried and what to do. */
export class LibraryNotFoundError extends Error {
  /** Tells it from other errors where classes are not at hand. */
  override readonly name: string = "LibraryNotFoundError";

  /** `missing`: names for people; `tried`: every path that was looked at. */
  constructor(readonly missing: readonly string[], readonly tried: readonly string[]) {
    const paths = tried.map((path) => `\n  ${path}`).join("");
    super(
      `CUDA libraries not found: ${missing.join(", ")}. Install them with "deno task setup:cuda", or install a CUDA ` +
        `toolkit 12 or 13 with cuDNN 9, or name their folders in FCR_CUDA_PATH (separated by ":"). Tried:${paths}`,
    );
  }
}

/** Looks for one library of one CUDA version; `tried` collects the paths without it. */
function findOne(
  name: LibraryName,
  cudaMajor: number,
  places: Iterable<LibraryPlace>,
  tried: string[],
): FoundLibrary | null {
  const { soname, wheelFolders } = LIBRARIES[name];
  for (const { label, folders, wheels } of places) {
    const candidates = wheels
      ? wheels().filter((root) => name !== "cudnn" || wheelFits(root, cudaMajor))
        .flatMap((root) => wheelFolders(cudaMajor).map((folder) => `${root}/${folder}`))
      : folders;
    for (const folder of candidates) {
      const path = `${folder}/${soname(cudaMajor)}`;
      if (isFile(path)) return { path, place: label };
      tried.push(`${path} (${label})`);
    }
  }
  return null;
}

/** cuDNN's wheels for CUDA 12 and 13 put their libraries into the same folder; their metadata tells them apart. */
function wheelFits(sitePackages: string, cudaMajor: number): boolean {
  const made = entries(sitePackages).flatMap((name) => name.match(/^nvidia_cudnn_cu(\d+)-.*\.dist-info$/)?.[1] ?? []);
  return made.length === 0 || made.includes(String(cudaMajor));
}

/**
 * The libraries of the first CUDA version of which all are found, or of the one with the fewest missing.
 *
 * `highestMajor`: newest version that the driver runs; default any. `tried` collects the paths without a library.
 */
export function findLibraries(
  environment: SearchEnvironment,
  highestMajor = Infinity,
  tried: string[] = [],
): FoundLibraries {
  const places = [...libraryPlaces(environment)];
  const names = (Object.keys(LIBRARIES) as LibraryName[]).filter((name) =>
    name !== "cuda" && !LIBRARIES[name].optional
  );
  let best: FoundLibraries | null = null;
  for (const cudaMajor of CUDA_MAJORS.filter((major) => major <= highestMajor)) {
    const found: Partial<Record<LibraryName, FoundLibrary>> = {};
    for (const name of names) {
      const library = findOne(name, cudaMajor, places, tried);
      if (library) found[name] = library;
    }
    const set = { cudaMajor, found, missing: names.filter((name) => !(name in found)) };
    if (!best || set.missing.length < best.missing.length) best = set;
    if (set.missing.length === 0) break;
  }
  if (!best) return { cudaMajor: Math.min(...CUDA_MAJORS), found: {}, missing: names };
  return { ...best, found: { ...best.found, ...optionalOnes(best, places) } };
}

/** Libraries that may be missing. The last place, python3, is asked for them if it had one of the others. */
function optionalOnes({ cudaMajor, found }: FoundLibraries, places: readonly LibraryPlace[]): FoundLibraries["found"] {
  const python = places.at(-1)!.label, asked = Object.values(found).some(({ place }) => place === python);
  const names = (Object.keys(LIBRARIES) as LibraryName[]).filter((name) => LIBRARIES[name].optional);
  return Object.fromEntries(names.flatMap((name) => {
    const library = findOne(name, cudaMajor, asked ? places : places.slice(0, -1), []);
    return library ? [[name, library]] : [];
  }));
}

/** Paths of the driver's library, `libcuda.so.1`: explicit folders first, then by its bare name for the system. */
export function driverCandidates(environment: SearchEnvironment): string[] {
  const explicit = [...libraryPlaces(environment)].filter(({ explicit }) => explicit)
    .flatMap(({ folders }) => folders.map((folder) => `${folder}/${LIBRARIES.cuda.soname(0)}`)).filter(isFile);
  return [...explicit, LIBRARIES.cuda.soname(0), `/usr/lib/wsl/lib/${LIBRARIES.cuda.soname(0)}`];
}

/**
 * Libraries beside `path` that must be loaded before it (their names are matched later), because it cannot find them
 * itself without LD_LIBRARY_PATH.
 */
export function companions(name: LibraryName, path: string): string[] {
  const folder = path.slice(0, path.lastIndexOf("/")), version = path.match(/\.so\.(\d+)$/)?.[1] ?? "";
  if (name === "cublas") return [`${folder}/libcublasLt.so.${version}`].filter(isFile);
  if (name !== "nvrtc") return [];
  return entries(folder).filter((file) => file.startsWith(`libnvrtc-builtins.so.${version}.`)).sort()
    .map((file) => `${folder}/${file}`);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function entries(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}
