/** Keeps a run folder to one process. */
import { ioError, UserError } from "../base/errors.ts";

/**
 * A lock of the operating system on an empty file. It ends with the process, however that ends, and holds between
 * containers and, where their server keeps locks, between machines that share a folder. The file itself stays: who
 * removed it could take it from under the next process.
 */
export class RunLock implements Disposable {
  #file: Deno.FsFile | null;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Takes the lock at `path` for the run in `root`.
   * @throws {UserError} if another process has it, or the file cannot be written.
   */
  static async take(path: string, root: string): Promise<RunLock> {
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { write: true, create: true });
    } catch (cause) {
      throw ioError(path, "write", cause);
    }
    // Some file systems know no locks; a run there goes on without one.
    if (await file.tryLock(true).catch(() => true)) return new RunLock(file);
    file.close();
    throw new UserError(
      `${root} is being written by another process that trains there; let it end or stop it, or train in another ` +
        `folder (--out)`,
    );
  }

  /** Gives the lock back; once more does nothing. */
  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = null;
  }
}
