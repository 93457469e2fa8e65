import { UserError } from "../../base/errors.ts";
import { type ByteSource, checkRange, type OpenSource } from "../../data/formats/tensorflow/byte_source.ts";

/** Bytes in place of a file. */
export class MemorySource implements ByteSource {
  constructor(readonly name: string, readonly bytes: Uint8Array) {}

  get size(): number {
    return this.bytes.length;
  }

  // deno-lint-ignore require-await -- files are read asynchronously
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this.size, offset, length);
    const part = new Uint8Array(length);
    part.set(this.bytes.subarray(offset, offset + length));
    return part;
  }

  [Symbol.dispose](): void {}
}

/** Opens the files of a map by name. */
export function memoryFiles(files: Readonly<Record<string, Uint8Array>>): OpenSource {
  // deno-lint-ignore require-await
  return async (name) => {
    if (!(name in files)) throw new UserError(`cannot read ${name}: it does not exist`);
    return new MemorySource(name, files[name]);
  };
}
