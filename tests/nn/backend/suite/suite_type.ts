import type { Backend } from "../../../../nn/backend/backend.ts";
import type { Twin } from "./twin.ts";

/** What a group of cases needs to register its tests. */
export interface Suite {
  /** Registers a test named after the engine. */
  readonly test: (what: string, body: () => void) => void;
  /** The engine under test; open while tests run. */
  readonly backend: () => Backend;
  /** A {@link Twin} of the engine under test, to be disposed by the test. */
  readonly twin: () => Twin;
  /** Rounding error of a sum of n products of numbers around 1 is below this times √n. */
  readonly sumTolerance: number;
}
