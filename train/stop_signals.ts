import { print } from "../base/command.ts";
import { UserError } from "../base/errors.ts";

/** What asks a run to stop and save: Ctrl-C, an end of the session, a closed terminal. */
const NAMES: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK", "SIGHUP"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Signals ask the run to stop, and so does an output that cannot be written any more, because its reader has ended
 * (`| head`) or its device is full. A second Ctrl-C ends the program at once; other signals may come twice, as those of
 * a closed terminal do.
 */
export class StopSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #listeners: readonly (readonly [Deno.Signal, () => void])[];
  #outputProblem: UserError | null = null;

  /**
   * Starts to listen. `outlivesTerminal`: SIGHUP changes nothing, as for processes that `nohup` started. `speaks`: whether
   * to tell that the run stops.
   */
  constructor(outlivesTerminal: boolean, private readonly speaks = true) {
    // A listener for SIGHUP there is in any case: once Deno listens to any signal it ends the process on this one.
    this.#listeners = NAMES.map((name) =>
      name === "SIGHUP" && outlivesTerminal ? [name, () => {}] : [name, () => this.#onSignal(name)]
    );
    for (const [name, listener] of this.#listeners) Deno.addSignalListener(name, listener);
  }

  #onSignal(name: Deno.Signal): void {
    if (!this.#controller.signal.aborted) {
      this.#controller.abort(); // first, as the terminal that the line goes to may be gone
      if (this.speaks) this.print("Stopping after this iteration (once more to stop at once)");
    } else if (name === "SIGINT") Deno.exit(130);
  }

  /** Aborted by the first signal, or by an output that is lost. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Writes a line to standard output. If that fails the run is to stop, and nothing more is written. */
  print(line: string): void {
    if (this.#outputProblem) return;
    try {
      print(line);
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      this.#outputProblem = cause;
      this.#controller.abort();
    }
  }

  /** To be called when all is saved. @throws {UserError} if the output was lost; `remedy` says how to go on. */
  reportOutput(remedy: string): void {
    if (this.#outputProblem) throw new UserError(`${this.#outputProblem.message}. ${remedy}`);
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) Deno.removeSignalListener(name, listener);
  }
}
