import { FormatError } from "../../../base/byte_reader.ts";
import { ioError, UserError } from "../../../base/errors.ts";

/** A file of which parts are read, wherever its bytes are. */
export interface ByteSource extends Disposable {
  /** Names the file in messages. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /** Bytes `offset` to `offset + length` in memory of the caller's. @throws {FormatError} if the file ends before. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** How a path becomes a source; tests give bytes instead of files. */
export type OpenSource = (path: string) => Promise<ByteSource>;

/** @throws {FormatError} unless a source of `size` bytes has `length` bytes at `offset`; call it before allocating. */
export function checkRange(size: number, offset: number, length: number): void {
  if (offset > size || length > size - offset) {
    throw new FormatError(`it is truncated: bytes ${offset} to ${offset + length} are wanted, it has ${size}`);
  }
}

/** A file on disk. */
export class FileSource implements ByteSource {
  private constructor(readonly name: string, readonly size: number, readonly file: Deno.FsFile) {}

  /** Opens a file. @throws {UserError} if it cannot be read. */
  static async open(path: string): Promise<FileSource> {
    try {
      const file = await Deno.open(path);
      const { size, isFile } = await file.stat();
      if (isFile) return new FileSource(path, size, file);
      file.close();
    } catch (cause) {
      throw ioError(path, "read", cause);
    }
    throw new UserError(`cannot read ${path}: it is a folder, a file was expected`);
  }

  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this.size, offset, length);
    const bytes = new Uint8Array(length);
    try {
      await this.file.seek(offset, Deno.SeekMode.Start);
      for (let done = 0; done < length;) {
        const count = await this.file.read(bytes.subarray(done));
        if (count === null) throw new FormatError(`it became shorter while it was read`);
        done += count;
      }
    } catch (cause) {
      throw cause instanceof FormatError ? cause : ioError(this.name, "read", cause);
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    this.file.close();
  }
}

/** Runs `body`; a {@link FormatError} becomes a {@link UserError} that names the file and the part of it. */
export async function readingPart<T>(file: string, part: string, body: () => T | Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new UserError(`${file}: ${part}: ${error.message}`, { cause: error });
  }
}
