/** Files that spare a second start the work of the first: compiled kernels and chosen plans. Losing them costs time only. */
import { dirname, join } from "@std/path";

/** Name of the folder among those of other programs. */
const NAME = "fcr-alpha-gan";

/**
 * `$FCR_CACHE`, else `$XDG_CACHE_HOME/fcr-alpha-gan`, else where the system keeps caches: `~/.cache/fcr-alpha-gan`,
 * `~/Library/Caches/fcr-alpha-gan` on macOS, `%LOCALAPPDATA%\fcr-alpha-gan\Cache` on Windows; null if none can be told.
 */
export function defaultCacheFolder(
  os: typeof Deno.build.os = Deno.build.os,
  variable: (name: string) => string | undefined = (name) => Deno.env.get(name),
): string | null {
  try {
    const own = variable("FCR_CACHE"), shared = variable("XDG_CACHE_HOME");
    if (own) return own;
    if (shared) return join(shared, NAME);
    const root = variable(os === "windows" ? "LOCALAPPDATA" : "HOME");
    if (!root) return null;
    if (os === "windows") return join(root, NAME, "Cache");
    return os === "darwin" ? join(root, "Library", "Caches", NAME) : join(root, ".cache", NAME);
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
