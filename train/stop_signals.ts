import { print } from "../base/command.ts";

/** Ctrl-C and termination ask the run to stop; a second Ctrl-C ends the program at once. */
export class StopSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #names: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  readonly #listener = () => {
    if (this.#controller.signal.aborted) Deno.exit(130);
    print("Stopping after this iteration (once more to stop at once)");
    this.#controller.abort();
  };

  /** Starts to listen. */
  constructor() {
    for (const name of this.#names) Deno.addSignalListener(name, this.#listener);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const name of this.#names) Deno.removeSignalListener(name, this.#listener);
  }
}
