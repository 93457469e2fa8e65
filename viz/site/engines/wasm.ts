/** The CPU engine in WebAssembly, for a page: a file of its own, so that only what is used is fetched. */
import { openOnOwnThread } from "../../../nn/backend/cpu/engine_backend.ts";
import type { AwaitedEngine } from "../../../nn/work.ts";

/** So long the thread may work without taking messages, in milliseconds. */
const TURN_MILLISECONDS = 30;

/** Opens it on this thread alone. It waits for nothing, but now and then for messages that came meanwhile. */
export async function open(): Promise<AwaitedEngine> {
  const backend = await openOnOwnThread();
  let turned = performance.now();
  return {
    backend,
    async fetch({ tensor, target }) {
      backend.download(tensor, target);
      if (performance.now() - turned < TURN_MILLISECONDS) return;
      await new Promise((resolve) => setTimeout(resolve));
      turned = performance.now();
    },
  };
}
