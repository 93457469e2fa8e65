/** ONNX Runtime, with which tests run the graphs that this program writes. */

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

/** Fetched when a test asks for it, and not with the packages of deno.json: it has all platforms in some 100 MB. */
const PACKAGE: string = "npm:onnxruntime-node@^1.30.0";

/** The package, or null where it cannot be had or has nothing for this platform. */
export async function onnxRuntime(): Promise<OnnxRuntime | null> {
  try {
    const module = await import(PACKAGE);
    return module.InferenceSession ? module : module.default;
  } catch {
    return null;
  }
}
