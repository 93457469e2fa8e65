/** Files that spare a second start the work of the first: compiled kernels and chosen plans. Losing them costs time only. */
import { dirname, join } from "@std/path";

/** `$FCR_CACHE`, else `$XDG_CACHE_HOME/fcr-alpha-gan`, else `~/.cache/fcr-alpha-gan`; null if none can be told. */
export function defaultCacheFolder(): string | null {
  try {
    const own = Deno.env.get("FCR_CACHE");
    if (own) return own;
    const shared = Deno.env.get("XDG_CACHE_HOME"), home = Deno.env.get("HOME");
    return shared ? join(shared, "fcr-alpha-gan") : home ? join(home, ".cache", "fcr-alpha-gan") : null;
  } catch {
    return null;
  }
}

/** A folder of cached files by name. Failures to read or write are misses: a cache must never stop the program. */
export class CacheFolder {
  /** `folder` null: nothing is kept. */
  constructor(readonly folder: string | null) {}

  /** Content of a file, or null. */
  read(name: string): Uint8Array<ArrayBuffer> | null {
    if (this.folder === null) return null;
    try {
      return Deno.readFileSync(join(this.folder, name));
    } catch {
      return null;
    }
  }

  /** Writes a file under its name only when it is complete. */
  write(name: string, content: Uint8Array): void {
    if (this.folder === null) return;
    const path = join(this.folder, name), temporary = `${path}.${crypto.randomUUID()}.partial`;
    try {
      Deno.mkdirSync(dirname(path), { recursive: true });
      Deno.writeFileSync(temporary, content);
      Deno.renameSync(temporary, path);
    } catch {
      try {
        Deno.removeSync(temporary);
      } catch {
        // It was never made.
      }
    }
  }
}
