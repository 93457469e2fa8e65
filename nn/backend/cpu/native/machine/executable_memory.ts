/** Memory that code can run in: written first, then executable, never both. */
import { type Libc, openLibc } from "./libc.ts";

const READ = 1, WRITE = 2, EXECUTE = 4;
const PRIVATE_ANONYMOUS = 0x22;
const PAGE_BYTES = 4096;

/** Code in executable memory, freed on dispose; the owner makes sure that no thread is in it then. */
export class ExecutableMemory implements Disposable {
  readonly #libc: Libc;
  readonly #start: Deno.PointerObject;
  /** Size of the memory, in whole pages. */
  readonly byteLength: number;
  #open = true;

  /** Maps memory, copies `code` to its start and makes it executable. @throws {Error} if the system refuses */
  constructor(code: Uint8Array) {
    this.byteLength = Math.max(1, Math.ceil(code.length / PAGE_BYTES)) * PAGE_BYTES;
    this.#libc = openLibc();
    const { mmap, mprotect, munmap } = this.#libc.symbols, size = BigInt(this.byteLength);
    const start = mmap(null, size, READ | WRITE, PRIVATE_ANONYMOUS, -1, 0n);
    // MAP_FAILED is −1.
    if (start === null || BigInt.asIntN(64, Deno.UnsafePointer.value(start)) === -1n) {
      this.#libc.close();
      throw new Error(`the system gave no memory for ${code.length} bytes of code`);
    }
    this.#start = start;
    new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(start, this.byteLength)).set(code);
    if (mprotect(start, size, READ | EXECUTE) !== 0) {
      munmap(start, size);
      this.#libc.close();
      throw new Error("the system does not let memory be executable (mprotect failed)");
    }
  }

  /** Address of the byte at `offset`. @throws {TypeError} after dispose */
  address<T = unknown>(offset = 0): Deno.PointerObject<T> {
    if (!this.#open) throw new TypeError("executable memory used after it was freed");
    return Deno.UnsafePointer.offset(this.#start, offset) as Deno.PointerObject<T>;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.symbols.munmap(this.#start, BigInt(this.byteLength));
    this.#libc.close();
  }
}
