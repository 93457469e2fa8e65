/** TensorFlow checkpoints: both formats read, V2 written. */
export * from "./bundle_writer.ts";
export { openTensorflowCheckpoint } from "./checkpoint.ts";
export type { StoredVariable, TensorflowCheckpoint } from "./stored_variable.ts";
