/** What checkpoints of both formats hold. */
import type { TensorData } from "../safetensors.ts";

/** A variable of a checkpoint, as its index describes it. */
export interface StoredVariable {
  /** E.g. `encode_W1` or `encode_W1/Adam`. */
  readonly name: string;
  /** Size of each axis; empty for a single number. */
  readonly shape: readonly number[];
}

/** An open TensorFlow checkpoint. Only what {@link read} is asked for is read from its data. */
export interface TensorflowCheckpoint extends Disposable {
  /** Format and place, for people. */
  readonly description: string;
  /** Every variable by its name. */
  readonly variables: ReadonlyMap<string, StoredVariable>;
  /**
   * Reads one variable and checks its checksum.
   * @throws {UserError} naming file and variable if it is missing, damaged, or of a type or layout that is not read.
   */
  read(name: string): Promise<TensorData>;
}
