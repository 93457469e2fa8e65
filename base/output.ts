/** What a command writes to its terminal, or to whatever stands in for one. */
import { ioError } from "./errors.ts";

/**
 * Writes a line to standard output.
 * @throws {UserError} if nobody reads it any more (`| head`), or the device behind it is full.
 */
export function print(text: string): void {
  try {
    writeAll(Deno.stdout, text.endsWith("\n") ? text : text + "\n");
  } catch (cause) {
    throw ioError("standard output", "write", cause);
  }
}

/** Writes to standard error. Where that cannot be written either there is nobody left to tell, so it never throws. */
export function tell(text: string): void {
  try {
    writeAll(Deno.stderr, text);
  } catch {
    // Closed, or on a full device.
  }
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += stream.writeSync(bytes.subarray(written));
}
