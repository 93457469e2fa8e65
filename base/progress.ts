import { format as formatDuration } from "@std/fmt/duration";
import { tell } from "./output.ts";

/** `1h 2m 3s`, without parts that are zero; "0s" for less than half a second. */
export function seconds(value: number): string {
  return formatDuration(Math.round(value) * 1000, { style: "narrow", ignoreZero: true }) || "0s";
}

/**
 * One line on stderr that tells how far a long job is: rewritten in place on a terminal, printed every ten seconds
 * elsewhere. Call {@link update} as often as you like; dispose it to end the line.
 */
export class Progress implements Disposable {
  #started = performance.now();
  #printed = 0;
  #width = 0;
  readonly #terminal = Deno.stderr.isTerminal();

  constructor(readonly label: string, readonly total: number, readonly unit: string) {}

  /** Says that `done` of `total` units are finished. */
  update(done: number): void {
    const now = performance.now();
    const due = this.#terminal ? 100 : 10_000;
    if (now - Math.max(this.#printed, this.#started) < due && (done < this.total || !this.#printed)) return;
    this.#printed = now;
    const elapsed = (now - this.#started) / 1000;
    const left = done > 0 ? `, ${seconds(elapsed / done * (this.total - done))} left` : "";
    this.#write(`${this.label}: ${done}/${this.total} ${this.unit} (${(done / elapsed).toFixed(1)}/s${left})`);
  }

  #write(text: string): void {
    const line = this.#terminal ? `\r${text.padEnd(this.#width)}` : `${text}\n`;
    this.#width = text.length;
    tell(line);
  }

  /** Ends the line on a terminal. */
  [Symbol.dispose](): void {
    if (this.#terminal && this.#width > 0) tell("\n");
  }
}

/** A {@link Progress} for a job that tells its own length, in the calls that it makes; it ends with the last of them. */
export function progressOf(label: string, unit: string): (done: number, total: number) => void {
  let progress: Progress | undefined;
  return (done, total) => {
    progress ??= new Progress(label, total, unit);
    progress.update(done);
    if (done === total) progress[Symbol.dispose]();
  };
}
