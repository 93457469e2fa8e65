/** The kernels of this project on a device: compiled by NVRTC or taken from the cache, loaded, launched. */
import { ArgumentArena, type KernelFunction, LibraryError, Module, type Stream } from "../../../ffi/mod.ts";
import type { CacheFolder } from "../../../base/cache_folder.ts";
import type { Device } from "./device.ts";
import { KERNEL_SOURCES } from "./kernel_sources.ts";
import { type KernelArguments, type KernelModule, type KernelName, KERNELS } from "./kernels.ts";
import type { Launch } from "./launches.ts";

/** `--gpu-architecture` for a device: its own, else the nearest that its machine code or its driver can run. */
export function targetArchitecture([major, minor]: readonly [number, number], supported: readonly number[]): string {
  const own = major * 10 + minor;
  if (supported.includes(own)) return `sm_${own}`;
  const sameMajor = supported.filter((arch) => Math.floor(arch / 10) === major && arch <= own);
  if (sameMajor.length > 0) return `sm_${Math.max(...sameMajor)}`;
  // Newer than the compiler: text that the driver compiles.
  const older = supported.filter((arch) => arch <= own);
  if (older.length === 0) throw new RangeError(`NVRTC compiles for sm_${supported.join(", sm_")}, not for sm_${own}`);
  return `compute_${Math.max(...older)}`;
}

/** Options that every module is compiled with. No fast mathematics: losses must match the reference. */
export function compilerOptions(architecture: string): string[] {
  return [`--gpu-architecture=${architecture}`, "--std=c++17"];
}

/** Loaded kernels. */
export class KernelLibrary implements Disposable {
  readonly #stack = new DisposableStack();
  readonly #functions = new Map<KernelName, KernelFunction>();
  readonly #arena = new ArgumentArena();
  #launches = 0;

  private constructor(readonly stream: Stream) {}

  /** Compiles what the cache has not. @throws {CompilationError} */
  static async open({ driver, libraries, facts }: Device, stream: Stream, cache: CacheFolder): Promise<KernelLibrary> {
    const { compiler } = libraries;
    const options = compilerOptions(targetArchitecture(facts.capability, compiler.architectures()));
    const version = compiler.version().join(".");
    const library = new KernelLibrary(stream);
    using building = new DisposableStack();
    const modules = new Map<KernelModule, Module>();
    for (const [name, source] of Object.entries(KERNEL_SOURCES) as [KernelModule, string][]) {
      const key = await digest([source, version, ...options].join("\0"));
      const file = `kernels/${name}-${key.slice(0, 24)}.bin`;
      const cached = cache.read(file);
      const compile = () => {
        const { image } = compiler.compile(source, `${name}.cu`, options);
        cache.write(file, image);
        return building.use(new Module(driver, image));
      };
      modules.set(name, cached ? loadOr(() => building.use(new Module(driver, cached)), compile) : compile());
    }
    for (const [name, { module }] of Object.entries(KERNELS) as [KernelName, (typeof KERNELS)[KernelName]][]) {
      const loaded = modules.get(module);
      if (!loaded) throw new Error(`kernel ${name}: no module ${module}`);
      library.#functions.set(name, loaded.function(name));
    }
    library.#stack.use(building.move());
    return library;
  }

  /** Launches so far. */
  get launches(): number {
    return this.#launches;
  }

  /** Puts a kernel into the stream. */
  launch<Name extends KernelName>(
    name: Name,
    { grid, block, sharedBytes }: Launch,
    values: KernelArguments<Name>,
  ): void {
    const kernel = this.#functions.get(name);
    if (!kernel) throw new Error(`kernel ${name} is not loaded`);
    const { parameters } = KERNELS[name], given = values as Readonly<Record<string, number | bigint>>;
    for (let slot = 0; slot < parameters.length; slot++) {
      const [parameter, kind] = parameters[slot];
      this.#arena.set(slot, kind, given[parameter]);
    }
    kernel.launch(grid, block, sharedBytes, this.stream.handle, this.#arena);
    this.#launches++;
  }

  [Symbol.dispose](): void {
    this.#functions.clear();
    this.#stack.dispose();
  }
}

/** A cached image that the driver does not take is made anew. */
function loadOr(load: () => Module, compile: () => Module): Module {
  try {
    return load();
  } catch (error) {
    if (error instanceof LibraryError) return compile();
    throw error;
  }
}

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
