/** Rows of statistics for another program, such as a tracker of experiments (docs/trackers). */
import { ioError, UserError } from "../base/errors.ts";

/**
 * A JSON object a line, into a file, which grows, or a named pipe. Lines are written behind the back of the training:
 * a reader that is slow does not keep it waiting, and one that ends does not end it.
 */
export class RowStream implements AsyncDisposable {
  #written: Promise<void> = Promise.resolve();
  #lost = false;

  private constructor(
    private readonly path: string,
    private readonly file: Deno.FsFile,
    private readonly onLost: (error: UserError) => void,
  ) {}

  /**
   * Opens a file, or a named pipe as soon as a program reads it.
   *
   * @param onWaiting told that there is a pipe that nobody may read yet.
   * @param onLost told once why no more lines can be written.
   * @throws {UserError} if the file cannot be written.
   */
  static async open(path: string, onWaiting: () => void, onLost: (error: UserError) => void): Promise<RowStream> {
    try {
      const there = await Deno.stat(path).catch(() => null);
      if (there?.isFifo) onWaiting();
      return new RowStream(path, await Deno.open(path, { append: true, create: true }), onLost);
    } catch (cause) {
      throw ioError(path, "write", cause);
    }
  }

  /** Has a value written behind those before it. */
  write(value: unknown): void {
    const line = new TextEncoder().encode(JSON.stringify(value) + "\n");
    this.#written = this.#written.then(() => this.#writeLine(line));
  }

  async #writeLine(line: Uint8Array): Promise<void> {
    if (this.#lost) return;
    try {
      for (let written = 0; written < line.length;) written += await this.file.write(line.subarray(written));
    } catch (cause) {
      this.#lost = true;
      this.onLost(ioError(this.path, "write", cause));
    }
  }

  /** Waits until everything is written, and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#written;
    this.file.close();
  }
}
