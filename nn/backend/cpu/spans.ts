/** From spans to addresses, with the checks that keep kernels inside their operands. */
import type { Span } from "../backend.ts";
import type { Block, LinearMemory } from "./linear_memory.ts";

/** Address of `span`, of which `byteLength` bytes are used. @throws {RangeError} if they are not all in a live buffer */
export function addressOf(
  heap: LinearMemory,
  { buffer, byteOffset }: Span,
  byteLength: number,
  alignment: number,
): number {
  const block = buffer as Block;
  if (!heap.has(block)) throw new RangeError(`buffer "${buffer.tag}" was released or belongs to another engine`);
  if (byteOffset % alignment !== 0 || !(byteOffset >= 0 && byteLength >= 0)) {
    throw new RangeError(`${byteLength} bytes from ${byteOffset} of "${buffer.tag}": not a multiple of ${alignment}`);
  }
  if (byteOffset + byteLength > buffer.byteLength) {
    throw new RangeError(
      `${byteLength} bytes from ${byteOffset} do not fit into "${buffer.tag}" (${buffer.byteLength} bytes)`,
    );
  }
  return block.address + byteOffset;
}
