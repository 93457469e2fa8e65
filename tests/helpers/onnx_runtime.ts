/** ONNX Runtime, with which tests run the graphs that this program writes. */
import { createRequire } from "node:module";
import { join } from "@std/path";

/** What is used of the package `onnxruntime-node`. */
export interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array): Promise<OnnxSession> };
  readonly Tensor: new (
    type: "float32" | "uint8",
    data: Float32Array | Uint8Array,
    dims: readonly number[],
  ) => OnnxTensor;
}

/** A graph, ready to run. */
export interface OnnxSession {
  run(inputs: Readonly<Record<string, OnnxTensor>>): Promise<Record<string, OnnxTensor>>;
  release(): Promise<void>;
}

/** Numbers with their sizes. */
export interface OnnxTensor {
  readonly data: Float32Array | Uint8Array;
  readonly dims: readonly number[];
}

/** Folder in which `npm install onnxruntime-node` was called: it is no dependency, as it has 290 MB. */
const FOLDER = Deno.env.get("FCR_ONNX_RUNTIME");

/** What tests need that find no package. */
export const ONNX_RUNTIME_NEED = "needs onnxruntime-node; FCR_ONNX_RUNTIME names the folder of its npm install";

/** The package, or null where it cannot be had or has nothing for this platform. */
export function onnxRuntime(): OnnxRuntime | null {
  if (!FOLDER) return null;
  try {
    return createRequire(join(FOLDER, "package.json"))("onnxruntime-node");
  } catch {
    return null;
  }
}
