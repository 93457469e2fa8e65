/** The thread that owns the device: WebGPU answers to promises, the engine waits for answers. */
/// <reference lib="webworker" />
import { NO_ADAPTER, requestAdapter } from "./adapter.ts";
import { Executor } from "./executor.ts";
import {
  STATE,
  TEXT_BYTES,
  TEXT_OFFSET,
  WINDOW_BYTES,
  WINDOW_OFFSET,
  WORD,
  type WorkerMessage,
} from "./worker_protocol.ts";

/** Answers by way of the shared memory. */
class Answers {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(readonly shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared, 0, TEXT_OFFSET / 4);
  }

  /** Gives `bytes` window by window; the other side takes each before the next. */
  give(bytes: Uint8Array): void {
    const window = new Uint8Array(this.shared, WINDOW_OFFSET, WINDOW_BYTES);
    for (let at = 0; at < bytes.length; at += WINDOW_BYTES) {
      window.set(bytes.subarray(at, at + WINDOW_BYTES));
      this.#set(STATE.part);
      Atomics.wait(this.#words, WORD.state, STATE.part);
    }
    this.#set(STATE.done);
  }

  /** Gives the facts, or an error's text. */
  tell(text: string, state: typeof STATE.done | typeof STATE.failed): void {
    const bytes = new TextEncoder().encode(text).subarray(0, TEXT_BYTES);
    new Uint8Array(this.shared, TEXT_OFFSET, TEXT_BYTES).set(bytes);
    Atomics.store(this.#words, WORD.textBytes, bytes.length);
    this.#set(state);
  }

  /** Counts a message that was dealt with. */
  count(): void {
    Atomics.add(this.#words, WORD.messagesDone, 1);
    Atomics.notify(this.#words, WORD.messagesDone);
  }

  #set(state: number): void {
    Atomics.store(this.#words, WORD.state, state);
    Atomics.notify(this.#words, WORD.state);
  }
}

async function handle(executor: Executor, answers: Answers, { commands, ask }: WorkerMessage): Promise<void> {
  for (const command of commands) executor.perform(command);
  let bytes: Uint8Array = new Uint8Array();
  if (ask === "finish" || (!ask && executor.isAhead)) await executor.settle();
  else if (ask === "time") bytes = new Uint8Array(new Float64Array([await executor.seconds()]).buffer);
  else if (ask) bytes = await executor.read(ask.buffer, ask.byteOffset, ask.byteLength);
  answers.count();
  if (!ask) return;
  if (executor.failure === null) answers.give(bytes);
  else answers.tell(executor.failure, STATE.failed);
}

self.onmessage = async ({ data: shared }: MessageEvent<SharedArrayBuffer>) => {
  const answers = new Answers(shared);
  try {
    const adapter = await requestAdapter();
    if (!adapter) return answers.tell(NO_ADAPTER, STATE.failed);
    const executor = await Executor.open(adapter);
    let tail = Promise.resolve();
    self.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      tail = tail.then(() => handle(executor, answers, data));
    };
    answers.tell(JSON.stringify(executor.facts), STATE.done);
  } catch (error) {
    answers.tell(error instanceof Error ? error.message : String(error), STATE.failed);
  }
};
