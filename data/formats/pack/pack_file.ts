/** One `.pack` file open for reading, scene by scene in any order. */
import { crc32 } from "node:zlib";
import { FormatError } from "../../../base/byte_reader.ts";
import { ioError, UserError } from "../../../base/errors.ts";
import { classSetOf } from "../../class_file.ts";
import type { ClassSet } from "../../classes.ts";
import { voxelCount } from "../../grid.ts";
import { unpackLabels } from "./pack_codec.ts";
import {
  checkPackHeader,
  PACK_FOOTER_BYTES,
  PACK_HEADER_BYTES,
  type PackIndex,
  parsePackFooter,
  parsePackIndex,
} from "./pack_format.ts";

/**
 * A pack whose index is in memory. A scene takes a few hundred bytes, which the system holds ready after the first
 * time, and tens of microseconds to unpack: so reads are synchronous.
 */
export class PackFile implements Disposable {
  /** What the labels stand for. */
  readonly classes: ClassSet;
  readonly #file: Deno.FsFile;

  private constructor(readonly path: string, readonly bytes: number, readonly index: PackIndex, file: Deno.FsFile) {
    this.#file = file;
    this.classes = classSetOf(index.classes);
  }

  /** Opens a pack and checks its index. @throws {UserError} if it cannot be read, is no pack or is damaged. */
  static open(path: string): PackFile {
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path);
    } catch (cause) {
      throw ioError(path, "read", cause);
    }
    try {
      const bytes = file.statSync().size;
      checkPackHeader(readAt(file, path, 0, Math.min(bytes, PACK_HEADER_BYTES)), path);
      if (bytes < PACK_HEADER_BYTES + PACK_FOOTER_BYTES) throw new UserError(`${path} is truncated: ${bytes} bytes`);
      const end = bytes - PACK_FOOTER_BYTES;
      const footer = parsePackFooter(readAt(file, path, end, PACK_FOOTER_BYTES), bytes, path);
      const index = parsePackIndex(readAt(file, path, footer.indexOffset, footer.indexBytes), footer, path);
      return new PackFile(path, bytes, index, file);
    } catch (error) {
      file.close();
      throw error instanceof UserError ? error : ioError(path, "read", error);
    }
  }

  /** Labels `[D, H, W]` of a scene, checked. @throws {UserError} if the file was changed or is damaged. */
  read(index: number): Uint8Array<ArrayBuffer> {
    const { grid, ids, offsets, checksums } = this.index;
    const packed = readAt(this.#file, this.path, offsets[index], offsets[index + 1] - offsets[index]);
    const labels = new Uint8Array(voxelCount(grid));
    try {
      if (crc32(packed) !== checksums[index]) throw new FormatError("its checksum does not match");
      unpackLabels(packed, grid, this.classes.names.length, labels);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new UserError(`${this.path}: scene ${ids[index]} is damaged: ${error.message}; pack the scenes again`);
    }
    return labels;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function readAt(file: Deno.FsFile, path: string, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let read = 0;
  try {
    file.seekSync(offset, Deno.SeekMode.Start);
    for (let n: number | null = 0; n !== null && read < length; read += n ?? 0) n = file.readSync(bytes.subarray(read));
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
  if (read < length) throw new UserError(`${path} is truncated, or changed while it was in use; start again`);
  return bytes;
}
