/** Whether WebGPU is worth using on this machine: what `deno task bench` found, kept by adapter in the cache folder. */
import { CacheFolder, defaultCacheFolder } from "../../base/cache_folder.ts";
import type { AdapterFacts } from "./webgpu/device_link.ts";
import { WorkerLink } from "./webgpu/worker_link.ts";

const FILE = "webgpu_speed.json";

/** Seconds of the same work on both engines, by adapter. */
type SpeedRecord = Readonly<Record<string, { readonly cpuSeconds: number; readonly webGpuSeconds: number }>>;

function read(cache: CacheFolder): SpeedRecord {
  const content = cache.read(FILE);
  try {
    const found: unknown = content && JSON.parse(new TextDecoder().decode(content));
    return found !== null && typeof found === "object" ? found as SpeedRecord : {};
  } catch {
    return {};
  }
}

/** Keeps what was measured. */
export function recordSpeed(
  { name }: AdapterFacts,
  cpuSeconds: number,
  webGpuSeconds: number,
  cache: CacheFolder = new CacheFolder(defaultCacheFolder()),
): void {
  const record = { ...read(cache), [name]: { cpuSeconds, webGpuSeconds } };
  cache.write(FILE, new TextEncoder().encode(JSON.stringify(record)));
}

/** Whether the adapter that the engine would use is real, and was faster than the processor. */
export function isWebGpuFaster(
  cache: CacheFolder = new CacheFolder(defaultCacheFolder()),
  factsOf: () => AdapterFacts | null = currentAdapter,
): boolean {
  const record = read(cache);
  // Opening an adapter takes a while: only where there is something to find.
  if (!Object.values(record).some((each) => each?.webGpuSeconds < each?.cpuSeconds)) return false;
  const facts = factsOf(), found = facts && record[facts.name];
  return !!found && !facts.software && found.webGpuSeconds < found.cpuSeconds;
}

/** The adapter that the engine would use; null if none can be opened. */
function currentAdapter(): AdapterFacts | null {
  try {
    using link = new WorkerLink();
    return link.facts;
  } catch {
    return null;
  }
}
