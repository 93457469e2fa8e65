/** A folder for one test. */
import { dirname, join } from "@std/path";

/** Makes an empty folder that is removed with all it holds when the value is disposed: `await using folder = …`. */
export class TemporaryFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<TemporaryFolder> {
    return new TemporaryFolder(await Deno.makeTempDir({ prefix: "fcr-test-" }));
  }

  /** Path of a file or folder in it. */
  join(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  /** Writes a file, making its folder, and returns its path. */
  async write(name: string, content: Uint8Array | string): Promise<string> {
    const path = this.join(name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Runs `work` with the path of such a folder. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  await using folder = await TemporaryFolder.make();
  await work(folder.path);
}
