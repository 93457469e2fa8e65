/** The suite applied to the oracle itself: its cases are consistent and the checks of operands work. */
import { assertThrows } from "@std/assert";
import { ReferenceBackend } from "../../helpers/reference_backend.ts";
import { backendSuite } from "./suite.ts";

backendSuite("reference", () => Promise.resolve(new ReferenceBackend()));

Deno.test("ReferenceBackend: refuses overlapping operands and use after release", () => {
  using backend = new ReferenceBackend();
  const buffer = backend.allocate(64, "x");
  const at = (byteOffset: number) => ({ buffer, byteOffset });
  assertThrows(() => backend.activation(8, { slope: 0 }, at(0), at(4)), RangeError, "overlaps");
  assertThrows(() => backend.axpby(8, 1, at(0), 1, at(0)), RangeError, "overlaps");
  assertThrows(() => backend.fill(1, 0, at(2)), RangeError, "multiple of 4");
  backend.release(buffer);
  assertThrows(() => backend.fill(1, 0, at(0)), Error, "after its release");
});
