import type { Backend } from "../../nn/backend/backend.ts";
import { ReferenceBackend } from "../helpers/reference_backend.ts";

/** Engines that can be checked. */
export const ENGINE_NAMES = ["oracle"] as const;

/** Opens an engine by name. */
export function openEngine(_name: typeof ENGINE_NAMES[number], _threads?: number): Promise<Backend> {
  return Promise.resolve(new ReferenceBackend());
}
