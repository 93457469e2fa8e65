/** The suite applied to the oracle itself: its cases are consistent and the checks of operands work. */
import { assertThrows } from "@std/assert";
import { ReferenceBackend } from "../../helpers/reference_backend.ts";
import { backendSuite } from "./suite.ts";

backendSuite("reference", () => Promise.resolve(new ReferenceBackend()));

Deno.test("ReferenceBackend: refuses overlapping operands and use after release", () => {
  using backend = new ReferenceBackend();
  const buffer = backend.allocate(64, "x");
  const at = (byteOffset: number) => ({ buffer, byteOffset });
  assertThrows(() => backend.activation({ count: 8, slope: 0 }, { x: at(0), y: at(4) }), RangeError, "overlaps");
  const transpose = { sizes: [2, 4, 1], order: [1, 0, 2] };
  assertThrows(() => backend.permute(transpose, { x: at(0), y: at(0) }), RangeError, "overlaps");
  assertThrows(() => backend.fill({ count: 1, value: 0 }, { x: at(2) }), RangeError, "multiple of 4");
  backend.release(buffer);
  assertThrows(() => backend.fill({ count: 1, value: 0 }, { x: at(0) }), Error, "after its release");
});
