/** How the engine's thread and the device's thread speak: commands as messages, answers in shared memory. */
import type { Command } from "./device_link.ts";

/** For a part of a buffer, a sign that all has ended, or, as a float64, the seconds since the command to take times. */
type Ask = Readonly<{ buffer: number; byteOffset: number; byteLength: number }> | "finish" | "time";

/**
 * The first message is the shared memory, {@link WINDOW_OFFSET} + {@link WINDOW_BYTES} of it; its answer is the
 * adapter's facts as JSON. Every later one: commands, and what is to be answered after them, if anything.
 */
export interface WorkerMessage {
  readonly commands: readonly Command[];
  readonly ask: Ask | null;
}

/** Words of the shared memory: an answer's state, the length of its text, messages that were dealt with. */
export const WORD = { state: 0, textBytes: 1, messagesDone: 2 } as const;

/** States of an answer. A part of it is followed by others as soon as it was taken. */
export const STATE = { waiting: 0, part: 1, done: 2, failed: 3 } as const;

/** Where a text, an error's or that of the facts, lies in the shared memory, and the longest. */
export const TEXT_OFFSET = 64, TEXT_BYTES = 4096 - TEXT_OFFSET;

/** Where what was read lies, and the most of it at once. */
export const WINDOW_OFFSET = 4096, WINDOW_BYTES = 8 * 2 ** 20;
