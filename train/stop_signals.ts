import { print } from "../base/command.ts";
import { UserError } from "../base/errors.ts";

/**
 * What asks a run to stop and save: Ctrl-C, an end of the session, a closed terminal. Windows has no signals; Deno calls
 * Ctrl-C, Ctrl-Break and the end of a console by these names, and ends a closed console's programs after five seconds.
 */
function stopSignalNames(os: typeof Deno.build.os): readonly Deno.Signal[] {
  return os === "windows" ? ["SIGINT", "SIGBREAK", "SIGHUP"] : ["SIGINT", "SIGTERM", "SIGHUP"];
}

/** The part of Deno that signals come through. */
export type SignalSystem =
  & Pick<typeof Deno, "addSignalListener" | "removeSignalListener" | "exit">
  & { readonly build: Pick<typeof Deno.build, "os"> };

/**
 * Signals ask the run to stop, and so does an output that cannot be written any more, because its reader has ended
 * (`| head`) or its device is full. A second Ctrl-C ends the program at once; other signals may come twice, as those of
 * a closed terminal do.
 */
export class StopSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #system: SignalSystem;
  readonly #listeners: readonly (readonly [Deno.Signal, () => void])[];
  #outputProblem: UserError | null = null;

  /**
   * Starts to listen. `outlivesTerminal`: SIGHUP changes nothing, as for processes that `nohup` started. `speaks`: whether
   * to tell that the run stops.
   */
  constructor(outlivesTerminal: boolean, private readonly speaks = true, system: SignalSystem = Deno) {
    this.#system = system;
    // A listener for SIGHUP there is in any case: once Deno listens to any signal it ends the process on this one.
    this.#listeners = stopSignalNames(system.build.os).map((name) =>
      name === "SIGHUP" && outlivesTerminal ? [name, () => {}] : [name, () => this.#onSignal(name)]
    );
    for (const [name, listener] of this.#listeners) system.addSignalListener(name, listener);
  }

  #onSignal(name: Deno.Signal): void {
    if (!this.#controller.signal.aborted) {
      this.#controller.abort(); // first, as the terminal that the line goes to may be gone
      if (this.speaks) this.print("Stopping after this iteration (once more to stop at once)");
    } else if (name === "SIGINT") this.#system.exit(130);
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
    for (const [name, listener] of this.#listeners) this.#system.removeSignalListener(name, listener);
  }
}
