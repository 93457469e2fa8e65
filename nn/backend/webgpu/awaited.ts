/** The engine on WebGPU in a thread that must not wait, such as a page's: what it computed is awaited. */
import { UserError } from "../../../base/errors.ts";
import type { AwaitedEngine, Wanted } from "../../work.ts";
import type { AdapterFacts, Command, DeviceLink } from "./device_link.ts";
import { Executor } from "./executor.ts";
import type { Block } from "./pool.ts";
import { WebGpuBackend, type WebGpuOptions } from "./webgpu_backend.ts";

/** Opens a device of the adapter in this thread. The backend's own methods that wait throw. */
export async function openAwaited(adapter: GPUAdapter, options: WebGpuOptions = {}): Promise<AwaitedEngine> {
  const executor = await Executor.open(adapter), backend = new WebGpuBackend(new OwnLink(executor), options);
  return {
    backend,
    async fetch({ tensor: { buffer, byteOffset }, target }: Wanted): Promise<void> {
      const { byteLength } = target, skipped = byteOffset % 4, words = Math.ceil((skipped + byteLength) / 4);
      const bytes = await executor.read((buffer as Block).number, byteOffset - skipped, 4 * words);
      if (executor.failure !== null) throw new UserError(`device webgpu: ${executor.failure}`);
      new Uint8Array(target.buffer, target.byteOffset, byteLength).set(bytes.subarray(skipped, skipped + byteLength));
    },
  };
}

/** A device in the thread of the engine. */
class OwnLink implements DeviceLink {
  constructor(readonly executor: Executor) {}

  get facts(): AdapterFacts {
    return this.executor.facts;
  }

  send(command: Command): void {
    this.executor.perform(command);
  }

  read(): never {
    throw new TypeError("this thread cannot wait for the WebGPU device; fetch what it computed");
  }

  finish(): never {
    throw new TypeError("this thread cannot wait for the WebGPU device; fetch what it computed");
  }

  /** Its times would have to be waited for. */
  time(): null {
    return null;
  }

  [Symbol.dispose](): void {
    this.executor[Symbol.dispose]();
  }
}
