import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { CudaLibraries } from "../../ffi/cuda_libraries.ts";
import { companions, driverCandidates, findLibraries, LibraryNotFoundError } from "../../ffi/library.ts";
import { libraryPlaces, type SearchEnvironment } from "../../ffi/library_places.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const TOOLKIT = (major: number) => [`libcudart.so.${major}`, `libnvrtc.so.${major}`, `libcublas.so.${major}`];
const WHEELS_13 = TOOLKIT(13).map((name) => `nvidia/cu13/lib/${name}`);
const WHEELS_12 = ["cuda_runtime/lib/libcudart", "cuda_nvrtc/lib/libnvrtc", "cublas/lib/libcublas"]
  .map((name) => `nvidia/${name}.so.12`);
const CUDNN_WHEEL = "nvidia/cudnn/lib/libcudnn.so.9";

function environment(variables: Record<string, string>, rest: Partial<SearchEnvironment> = {}): SearchEnvironment {
  return { variable: (name) => variables[name], projectFolder: "/nowhere", pythonPath: () => [], ...rest };
}

async function put(root: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    await Deno.mkdir(join(root, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(root, name), "");
  }
  return root;
}

/** Places of the found libraries. */
const placesOf = (set: ReturnType<typeof findLibraries>) =>
  Object.fromEntries(Object.entries(set.found).map(([name, library]) => [name, library.place]));

Deno.test("findLibraries: wheels of a virtual environment, CUDA 13 and CUDA 12", async () => {
  for (const [major, wheels] of [[13, WHEELS_13], [12, WHEELS_12]] as const) {
    await using folder = await TemporaryFolder.make();
    await put(join(folder.path, "lib/python3.12/site-packages"), [...wheels, CUDNN_WHEEL]);
    const set = findLibraries(environment({ VIRTUAL_ENV: folder.path }));
    assertEquals([set.cudaMajor, set.missing], [major, []]);
    assertEquals(new Set(Object.values(placesOf(set))), new Set(["wheels of VIRTUAL_ENV"]));
  }
});

Deno.test("findLibraries: a driver for CUDA 12 gets the libraries of CUDA 12 though 13 is there", async () => {
  await using folder = await TemporaryFolder.make();
  await put(folder.path, [...WHEELS_13, ...WHEELS_12, CUDNN_WHEEL]);
  const place = environment({ FCR_CUDA_PATH: folder.path });
  assertEquals(findLibraries(place).cudaMajor, 13);
  assertEquals(findLibraries(place, 12).cudaMajor, 12);
  assertEquals(new CudaLibraries(place, 12080).found.cudaMajor, 12);
});

Deno.test("findLibraries: cuDNN's wheel for CUDA 12 is not put beside a toolkit of CUDA 13", async () => {
  await using folder = await TemporaryFolder.make();
  const site = join(folder.path, "lib/python3.11/site-packages"), toolkit = join(folder.path, "toolkit");
  await put(site, [...WHEELS_12, CUDNN_WHEEL, "nvidia_cudnn_cu12-9.10.0.dist-info/METADATA"]);
  await put(toolkit, TOOLKIT(13).map((name) => `lib64/${name}`));
  const set = findLibraries(environment({ CUDA_HOME: toolkit, VIRTUAL_ENV: folder.path }));
  assertEquals([set.cudaMajor, set.missing], [12, []]);
});

Deno.test("findLibraries: FCR_CUDA_PATH before CUDA_HOME, each library where it is", async () => {
  await using folder = await TemporaryFolder.make();
  const first = await put(join(folder.path, "first"), ["libcudnn.so.9"]);
  const second = await put(join(folder.path, "second"), [...TOOLKIT(13), "libcudnn.so.9"].map((n) => `lib64/${n}`));
  const set = findLibraries(environment({ FCR_CUDA_PATH: first, CUDA_HOME: second }));
  assertEquals(placesOf(set), { cudart: "CUDA_HOME", nvrtc: "CUDA_HOME", cublas: "CUDA_HOME", cudnn: "FCR_CUDA_PATH" });
});

Deno.test("findLibraries: conda, LD_LIBRARY_PATH, deno task setup:cuda and python3's wheels", async () => {
  await using folder = await TemporaryFolder.make();
  const flat = await put(join(folder.path, "flat"), [...TOOLKIT(13), "libcudnn.so.9"]);
  await put(join(folder.path, "conda/lib"), [...TOOLKIT(12), "libcudnn.so.9"]);
  const site = await put(join(folder.path, "project/.venv/lib/python3.13/site-packages"), [...WHEELS_13, CUDNN_WHEEL]);
  const cases: [SearchEnvironment, string][] = [
    [environment({ LD_LIBRARY_PATH: `/nowhere:${flat}/` }), "LD_LIBRARY_PATH"],
    [environment({ CONDA_PREFIX: join(folder.path, "conda") }), "CONDA_PREFIX"],
    [environment({}, { projectFolder: join(folder.path, "project") }), "wheels of deno task setup:cuda"],
  ];
  for (const [place, label] of cases) assertEquals(findLibraries(place).found.cudart?.place, label);
  // Last of all, after the system's own folders.
  const last = [...libraryPlaces(environment({}, { pythonPath: () => [site] }))].at(-1);
  assertEquals([last?.label, last?.wheels?.()], ["wheels of python3", [site]]);
});

Deno.test("findLibraries: python3 is not asked where everything was found before", async () => {
  await using folder = await TemporaryFolder.make();
  await put(folder.path, [...TOOLKIT(13), "libcudnn.so.9"]);
  const place = environment({ FCR_CUDA_PATH: folder.path }, {
    pythonPath: () => {
      throw new Error("python3 was asked");
    },
  });
  assertEquals(findLibraries(place).missing, []);
});

Deno.test("CudaLibraries: what is missing, every path tried, and the remedy", async () => {
  await using folder = await TemporaryFolder.make();
  await put(folder.path, TOOLKIT(13).slice(1));
  const libraries = new CudaLibraries(environment({ FCR_CUDA_PATH: folder.path }));
  // A system-wide installation may have the rest.
  if (libraries.found.missing.length === 0) return;
  const { message } = assertThrows(() => libraries.requireAll(), LibraryNotFoundError);
  assertStringIncludes(message, `${folder.path}/lib64/libcudnn.so.9 (FCR_CUDA_PATH)`);
  assertStringIncludes(message, "deno task setup:cuda");
  assertStringIncludes(message, "FCR_CUDA_PATH (separated");
});

Deno.test("companions: cuBLAS needs its Lt, NVRTC its builtins of any minor version", async () => {
  await using folder = await TemporaryFolder.make();
  await put(folder.path, ["libcublas.so.13", "libcublasLt.so.13", "libnvrtc.so.13", "libnvrtc-builtins.so.13.2"]);
  assertEquals(companions("cublas", `${folder.path}/libcublas.so.13`), [`${folder.path}/libcublasLt.so.13`]);
  assertEquals(companions("nvrtc", `${folder.path}/libnvrtc.so.13`), [`${folder.path}/libnvrtc-builtins.so.13.2`]);
  assertEquals(companions("cudart", `${folder.path}/libcudart.so.13`), []);
});

Deno.test("driverCandidates: FCR_CUDA_PATH may hold the driver, the system's comes by its name", async () => {
  await using folder = await TemporaryFolder.make();
  await put(folder.path, ["libcuda.so.1"]);
  assertEquals(driverCandidates(environment({ FCR_CUDA_PATH: folder.path }))[0], `${folder.path}/libcuda.so.1`);
  assert(driverCandidates(environment({})).includes("libcuda.so.1"));
});
