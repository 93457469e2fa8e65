/** TensorFlow checkpoints: both formats read, V2 written. */
export * from "./bundle_writer.ts";
export { openTensorflowCheckpoint, type StoredVariable, type TensorflowCheckpoint } from "./checkpoint.ts";
