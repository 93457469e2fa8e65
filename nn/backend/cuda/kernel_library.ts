/** The kernels of this project on a device: compiled by NVRTC or taken from the cache, loaded, launched. */
import { ArgumentArena, type KernelFunction, LibraryError, Module, type Stream } from "../../../ffi/mod.ts";
import type { CacheFolder } from "../../../base/cache_folder.ts";
import type { Device } from "./device.ts";
import type { FloatType } from "../buffer.ts";
import { kernelSources } from "./kernel_sources.ts";
import { type KernelSignature, signaturesIn } from "./kernel_signature.ts";
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
function compilerOptions(architecture: string): string[] {
  return [`--gpu-architecture=${architecture}`, "--std=c++17"];
}

/** Arguments of a launch, by the names of the kernel's parameters: addresses as bigint, 0 for what is not given. */
export type KernelArguments = Readonly<Record<string, number | bigint>>;

interface LoadedKernel extends KernelSignature {
  readonly code: KernelFunction;
}

/** Loaded kernels. */
export class KernelLibrary implements Disposable {
  readonly #stack = new DisposableStack();
  readonly #kernels: Record<FloatType, Map<string, LoadedKernel>> = { f32: new Map(), bf16: new Map() };
  readonly #arena = new ArgumentArena();
  #launches = 0;

  private constructor(readonly stream: Stream) {}

  /** Compiles what the cache has not, for activations of each of `types`. @throws {CompilationError} */
  static async open(
    { driver, libraries, facts }: Device,
    stream: Stream,
    cache: CacheFolder,
    types: readonly FloatType[] = ["f32"],
  ): Promise<KernelLibrary> {
    const { compiler } = libraries;
    const options = compilerOptions(targetArchitecture(facts.capability, compiler.architectures()));
    const version = compiler.version().join(".");
    const library = new KernelLibrary(stream);
    using building = new DisposableStack();
    for (const { name, type, source } of kernelSources(new Set(types))) {
      const key = await digest([source, version, ...options].join("\0"));
      const file = `kernels/${name}-${key.slice(0, 24)}.bin`;
      const cached = cache.read(file);
      const compile = () => {
        const { image } = compiler.compile(source, `${name}.cu`, options);
        cache.write(file, image);
        return building.use(new Module(driver, image));
      };
      const module = cached ? loadOr(() => building.use(new Module(driver, cached)), compile) : compile();
      for (const signature of signaturesIn(source)) {
        library.#kernels[type].set(signature.name, { ...signature, code: module.function(signature.name) });
      }
    }
    library.#stack.use(building.move());
    return library;
  }

  /** Launches so far. */
  get launches(): number {
    return this.#launches;
  }

  /**
   * Puts a kernel into the stream, for activations of `type`.
   *
   * @throws {TypeError} without such a kernel or one of its arguments
   */
  launch(name: string, { grid, block, sharedBytes }: Launch, values: KernelArguments, type: FloatType = "f32"): void {
    const kernel = this.#kernels[type].get(name);
    if (!kernel) throw new TypeError(`there is no kernel ${name} for ${type}`);
    kernel.parameters.forEach(([parameter, kind], slot) => {
      if (values[parameter] === undefined) throw new TypeError(`kernel ${name}: ${parameter} is missing`);
      this.#arena.set(slot, kind, values[parameter]);
    });
    kernel.code.launch(grid, block, sharedBytes, this.stream.handle, this.#arena);
    this.#launches++;
  }

  [Symbol.dispose](): void {
    for (const kernels of Object.values(this.#kernels)) kernels.clear();
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
