import { assertEquals } from "@std/assert";
import type { Backend } from "../../nn/backend/backend.ts";

/** Bytes held of an engine by use; not counted is its one growing workspace, which it keeps until it is disposed. */
export function heldBytes(backend: Backend): ReadonlyMap<string, number> {
  const held = backend.memory.byTag().filter(([tag, { liveBytes }]) => liveBytes > 0 && !tag.includes("workspace"));
  return new Map(held.map(([tag, { liveBytes }]) => [tag, liveBytes] as const).sort());
}

/** @throws {AssertionError} if the engine holds more or less than it did `before`. */
export function assertNothingHeld(backend: Backend, before: ReadonlyMap<string, number>): void {
  assertEquals(heldBytes(backend), before, `${backend.name}: memory was left`);
}
