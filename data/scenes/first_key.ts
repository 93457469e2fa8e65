/** What a file in JSON is about, told by its beginning. */
import { ioError } from "../../base/errors.ts";

/** As far as a file is read for its first key. */
const MOST_BYTES = 4096;

/**
 * The first key of the first object in a file of JSON or JSON lines, packed with gzip if its name ends in `.gz`; null if
 * it begins with anything else.
 * @throws {UserError} if the file cannot be read.
 */
export async function firstKey(path: string): Promise<string | null> {
  const bytes = await beginning(path);
  const text = new TextDecoder().decode(/\.gz$/i.test(path) ? await unpacked(bytes) : bytes);
  const [, key] = /^\s*(?:\[\s*)?\{\s*("(?:[^"\\]|\\.)*")/.exec(text) ?? [];
  try {
    return key === undefined ? null : JSON.parse(key);
  } catch {
    return null;
  }
}

async function beginning(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(MOST_BYTES);
    return bytes.subarray(0, await file.read(bytes) ?? 0);
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
}

/** What can be unpacked of a beginning: its end is missing, which is an error after the last piece. */
async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    return (await reader.read()).value ?? new Uint8Array(0);
  } catch {
    return new Uint8Array(0); // no gzip: whoever reads it says so
  } finally {
    await reader.cancel().catch(() => {});
  }
}
