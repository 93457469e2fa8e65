import { assertEquals, assertThrows } from "@std/assert";
import { type SignalSystem, StopSignals } from "../../train/stop_signals.ts";

/** An operating system that sends signals when it is told to. */
class EmulatedSystem implements SignalSystem {
  readonly listeners = new Map<Deno.Signal, () => void>();
  readonly build: { readonly os: typeof Deno.build.os };

  constructor(os: typeof Deno.build.os) {
    this.build = { os };
  }

  addSignalListener = (name: Deno.Signal, listener: () => void) => void this.listeners.set(name, listener);

  removeSignalListener = (name: Deno.Signal, listener: () => void) => {
    if (this.listeners.get(name) === listener) this.listeners.delete(name);
  };

  exit = (code?: number): never => {
    throw new RangeError(`exit ${code}`);
  };

  /** False if nobody listens: the system would end the process. */
  send(name: Deno.Signal): boolean {
    this.listeners.get(name)?.();
    return this.listeners.has(name);
  }
}

Deno.test("StopSignals: each system's signals stop a run once, Ctrl-C again ends it, and none is listened to afterwards", () => {
  for (
    const [os, names, others] of [
      ["linux", ["SIGINT", "SIGTERM", "SIGHUP"], ["SIGBREAK"]],
      ["darwin", ["SIGINT", "SIGTERM", "SIGHUP"], ["SIGBREAK"]],
      ["windows", ["SIGINT", "SIGBREAK", "SIGHUP"], ["SIGTERM"]],
    ] as const
  ) {
    for (const name of names) {
      const system = new EmulatedSystem(os);
      {
        using stop = new StopSignals(false, false, system);
        assertEquals(stop.signal.aborted, false);
        assertEquals([system.send(name), stop.signal.aborted], [true, true], `${os} ${name}`);
        if (name === "SIGINT") assertThrows(() => system.send(name), RangeError, "exit 130");
        else system.send(name);
        for (const other of others) assertEquals(system.send(other), false, `${os} ${other}`);
      }
      assertEquals(system.listeners.size, 0);
    }
  }
});

Deno.test("StopSignals: what outlives its terminal does not hear a hangup, and is not ended by it", () => {
  const system = new EmulatedSystem("darwin");
  using stop = new StopSignals(true, false, system);
  assertEquals([system.send("SIGHUP"), stop.signal.aborted], [true, false]);
  assertEquals([system.send("SIGTERM"), stop.signal.aborted], [true, true]);
});
