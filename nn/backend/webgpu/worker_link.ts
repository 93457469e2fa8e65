/** A device in a thread of its own, of which this thread can wait. */
import { UserError } from "../../../base/errors.ts";
import type { AdapterFacts, Command, DeviceLink } from "./device_link.ts";
import { STATE, TEXT_OFFSET, WINDOW_BYTES, WINDOW_OFFSET, WORD, type WorkerMessage } from "./worker_protocol.ts";

/** Commands of a message: more of them at once cost less, fewer start earlier. */
const MESSAGE_COMMANDS = 64;

/** Messages that the device may be behind. */
const MESSAGES_AHEAD = 16;

/** After so long without a sign of life the device is given up; software renders large volumes for minutes. */
const PATIENCE_MS = 30 * 60 * 1000;

/** How long a device may take to open. */
const OPENING_PATIENCE_MS = 60 * 1000;

/** How long a process outlives the threads of devices. */
const TEARDOWN_MS = 300;

/**
 * A thread that was ended is torn down, and its device with it, while the process goes on, and nobody is told when that
 * is done. A process that ends meanwhile takes the driver's memory from under it: one in seven did so with a
 * segmentation fault on Mesa's software device, after all its work.
 */
function outliveThreads(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TEARDOWN_MS);
}

/** See the file's comment. */
export class WorkerLink implements DeviceLink {
  readonly facts: AdapterFacts;
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "webgpu" });
  readonly #shared = new SharedArrayBuffer(WINDOW_OFFSET + WINDOW_BYTES);
  readonly #words = new Int32Array(this.#shared, 0, TEXT_OFFSET / 4);
  #commands: Command[] = [];
  #messages = 0;
  #open = true;

  /** Opens the device of the fastest adapter and waits for it. @throws {UserError} if there is none, or it refuses */
  constructor() {
    try {
      this.#worker.postMessage(this.#shared);
      this.#wait(WORD.state, STATE.waiting, "no adapter", OPENING_PATIENCE_MS);
      if (Atomics.load(this.#words, WORD.state) === STATE.failed) {
        throw new UserError(
          `device webgpu: ${this.#text()}; "deno task doctor" lists adapters, --device cpu needs none`,
        );
      }
      this.facts = JSON.parse(this.#text());
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  send(command: Command): void {
    if (!this.#open) throw new TypeError("the WebGPU engine is closed");
    this.#commands.push(command);
    if (this.#commands.length >= MESSAGE_COMMANDS) this.#post(null);
  }

  read(buffer: number, byteOffset: number, target: Uint8Array): void {
    this.#answer({ buffer, byteOffset, byteLength: target.length }, target);
  }

  time(work: () => void): number | null {
    if (!this.facts.timeStamps) return null;
    this.send({ do: "time" });
    work();
    const seconds = new Float64Array(1);
    this.#answer("time", new Uint8Array(seconds.buffer));
    return seconds[0];
  }

  finish(): void {
    this.#answer("finish", new Uint8Array());
  }

  [Symbol.dispose](): void {
    this.#open = false;
    this.#worker.terminate();
    addEventListener("unload", outliveThreads);
  }

  /** Posts the commands, and waits while the device is too far behind. */
  #post(ask: WorkerMessage["ask"]): void {
    const message: WorkerMessage = { commands: this.#commands, ask };
    this.#commands = [];
    this.#worker.postMessage(message);
    this.#messages++;
    for (;;) {
      const done = Atomics.load(this.#words, WORD.messagesDone);
      if (ask || this.#messages - done <= MESSAGES_AHEAD) return;
      this.#wait(WORD.messagesDone, done, this.facts.name);
    }
  }

  /** Fills `target` with the answer. */
  #answer(ask: WorkerMessage["ask"], target: Uint8Array): void {
    if (!this.#open) throw new TypeError("the WebGPU engine is closed");
    this.#set(STATE.waiting);
    this.#post(ask);
    for (let at = 0;; at += WINDOW_BYTES) {
      this.#wait(WORD.state, STATE.waiting, this.facts.name);
      const state = Atomics.load(this.#words, WORD.state);
      if (state === STATE.failed) throw new UserError(`device webgpu: ${this.#text()}`);
      if (state === STATE.done) return;
      const length = Math.min(WINDOW_BYTES, target.length - at);
      target.set(new Uint8Array(this.#shared, WINDOW_OFFSET, length), at);
      this.#set(STATE.waiting);
    }
  }

  #wait(word: number, value: number, who: string, patience = PATIENCE_MS): void {
    if (Atomics.wait(this.#words, word, value, patience) !== "timed-out") return;
    throw new UserError(`device webgpu: ${who} answers; update its driver or use --device cpu`);
  }

  #set(state: number): void {
    Atomics.store(this.#words, WORD.state, state);
    Atomics.notify(this.#words, WORD.state);
  }

  #text(): string {
    return new TextDecoder().decode(new Uint8Array(this.#shared, TEXT_OFFSET, this.#words[WORD.textBytes]).slice());
  }
}
