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
  type WorkerReady,
  type WorkerStart,
} from "./worker_protocol.ts";

/** Answers by way of the shared memory. */
class Answers {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(readonly shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared, 0, TEXT_OFFSET / 4);
  }

  /** Gives `bytes` window by window; the other side takes each before the next. */
  give(bytes: Uint8Array, failure: string | null): void {
    const window = new Uint8Array(this.shared, WINDOW_OFFSET, WINDOW_BYTES);
    for (let at = 0; at < bytes.length && failure === null; at += WINDOW_BYTES) {
      window.set(bytes.subarray(at, at + WINDOW_BYTES));
      this.#set(STATE.part);
      Atomics.wait(this.#words, WORD.state, STATE.part);
    }
    if (failure !== null) {
      const text = new Uint8Array(this.shared, TEXT_OFFSET, TEXT_BYTES), encoded = new TextEncoder().encode(failure);
      text.set(encoded.subarray(0, TEXT_BYTES));
      Atomics.store(this.#words, WORD.textBytes, Math.min(encoded.length, TEXT_BYTES));
    }
    this.#set(failure === null ? STATE.done : STATE.failed);
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
  if (ask === "finish") {
    await executor.settle();
    answers.give(new Uint8Array(), executor.failure);
  } else if (ask) {
    const bytes = await executor.read(ask.buffer, ask.byteOffset, ask.byteLength);
    answers.give(bytes, executor.failure);
  } else if (executor.isAhead) await executor.settle();
  answers.count();
}

async function start({ shared }: WorkerStart): Promise<WorkerReady> {
  try {
    const adapter = await requestAdapter();
    if (!adapter) return { facts: null, problem: NO_ADAPTER };
    const executor = await Executor.open(adapter), answers = new Answers(shared);
    let tail = Promise.resolve();
    self.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      tail = tail.then(() => handle(executor, answers, data));
    };
    return { facts: executor.facts, problem: null };
  } catch (error) {
    return { facts: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

self.onmessage = async ({ data }: MessageEvent<WorkerStart>) => self.postMessage(await start(data));
